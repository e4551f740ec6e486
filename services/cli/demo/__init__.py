"""`jisr demo`: the whole hub on sample data, through the doors that users use."""

from services.cli.demo.command import demo

__all__ = ["demo"]
