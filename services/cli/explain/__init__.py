"""`jisr explain`: why a member was proposed for a demand, or why not."""

from services.cli.explain.command import explain

__all__ = ["explain"]
