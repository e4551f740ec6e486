"""`jisr report`: how well a hub's matching does, by its own answers."""

from services.cli.report.command import report

__all__ = ["report"]
