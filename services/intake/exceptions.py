"""Why intake refuses something; an exception's docstring is the title that the sender reads.

``handlers/problems.py`` maps each to a status and a problem+json body, ``handlers/kafka.py``
to an event on the rejections topic.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_FAULTS = 100
"""How many faults one refusal lists."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong. ``pointer`` is an RFC 6901 JSON Pointer into the body, "" for the whole."""

    pointer: str
    code: str
    detail: str


class Refusal(Exception):
    """The submission was refused"""

    def __init__(
        self,
        detail: str = "",
        faults: Sequence[Fault] = (),
        present: Mapping[str, Any] | None = None,
        *,
        may_pass: bool = False,
    ) -> None:
        super().__init__(detail or self.title())
        self.detail = detail or f"{self.title()}."
        self.faults = tuple(faults[:MOST_FAULTS])
        # The state that stood in the way, as JSON values.
        self.present = present
        # Whether the same may be taken in a moment, when intake has read what others were told.
        self.may_pass = may_pass

    @classmethod
    def title(cls) -> str:
        """The docstring: one short sentence, the same for every occurrence."""
        return (cls.__doc__ or "").strip()

    @classmethod
    def slug(cls) -> str:
        """The class's name in kebab case, the stable name of this kind of refusal."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


class Malformed(Refusal):
    """The body is not the JSON that intake reads"""


class TooLarge(Refusal):
    """The body is larger than intake reads"""


class Invalid(Refusal):
    """The submission does not follow its schema"""


class DoesNotFit(Refusal):
    """The submission does not fit what the hub knows"""


class Stale(Refusal):
    """A newer version is already stored"""


class ChangedSince(Refusal):
    """It has changed since the state that was named"""


class PreconditionRequired(Refusal):
    """Say by If-Match which state this answers"""


class NotPossible(Refusal):
    """The present state does not allow this"""


class Unauthenticated(Refusal):
    """A valid API key is required"""


class Forbidden(Refusal):
    """This source may not say that"""


class NotFound(Refusal):
    """There is nothing here under this address"""


class UnknownSource(Refusal):
    """The source is not registered"""


class UnknownType(Refusal):
    """Submissions of this type are not taken"""


class UnreadableEnvelope(Refusal):
    """The record is not a CloudEvent in binary mode"""


class UnsupportedMedia(Refusal):
    """The body's media type or encoding is not one that intake reads"""


class NotAcceptable(Refusal):
    """None of the accepted media types can be produced"""


class TooSlow(Refusal):
    """The body did not arrive in time"""
