"""`jisr simulate`: a year of lives under laws, or of choices with and without fair spread."""

from services.cli.simulate.command import simulate

__all__ = ["simulate"]
