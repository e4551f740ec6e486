"""`jisr simulate`: a year of demands before the engine, with and without fair spread."""

from services.cli.simulate.command import simulate

__all__ = ["simulate"]
