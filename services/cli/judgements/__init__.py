"""`jisr judgements`: what a hub's answers say of who fits whom, as `jisr train` reads it."""

from services.cli.judgements.command import judgements

__all__ = ["judgements"]
