"""What can go wrong in the matcher; an exception's docstring is its message."""

from __future__ import annotations

from services.runtime.exceptions import HubError


class MatcherError(HubError):
    """The matcher failed"""


class WrongSettings(MatcherError):
    """The embedder's settings do not fit together"""


class ModelAway(MatcherError):
    """The embedding model cannot be used now"""


class TextRefused(MatcherError):
    """The embedding model refuses a text"""


class PolicyRefused(MatcherError):
    """The policy is refused"""


class FittedRefused(MatcherError):
    """What was fitted to a model cannot be used"""


class LifeUnreadable(HubError):
    """The stored life of a need cannot be read"""
