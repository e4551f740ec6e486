"""`jisr evaluate`: how well the hub's ranking finds those that somebody judged to be right."""

from services.cli.evaluate.command import evaluate

__all__ = ["evaluate"]
