"""`jisr train`: from judged pairs to what the matcher stores."""

from services.cli.train.command import train

__all__ = ["train"]
