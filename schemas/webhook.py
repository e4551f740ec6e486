"""What webhooks carry: the body of each type, and what a system sends to register an endpoint.

A body follows the Standard Webhooks specification 1.0 (``type``, ``timestamp``, ``data``). It is
thin: it names things and says how they stand, and no contact data is ever in it (design, I6);
whoever may know more asks the API, or opens its page. A body stays below 20 kB.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from schemas.match import CloseReason, MatchState, Probability
from schemas.values import (
    Email,
    Event,
    Identifier,
    NeedStatus,
    Owner,
    Reach,
    Submission,
    Timestamp,
    Title,
)

LARGEST_BODY = 20_000
"""Bytes of a body."""

SystemEvent = Literal["demand.changed", "match.changed"]
"""What a system can be told: the state of a demand that it sent, and of each match of it, or on an
offer that it sent.
"""

Count = Annotated[int, Field(ge=0)]
Number = Annotated[int, Field(ge=1)]


class DemandState(Event):
    """How a demand stands. ``change`` counts its changes: of two bodies the higher one is newer,
    whatever order they arrive in; ``version`` is that of the demand as it was sent.
    """

    demand_id: Identifier
    external_id: Identifier | None = None
    city: Identifier | None = None
    title: Title
    version: Number
    state: NeedStatus
    wave: Number
    waves: Number
    reach: Reach
    wanted: Number
    introduced: Count
    expires_at: Timestamp | None = None
    extended: bool = False
    archived: bool = False
    change: Number


class MatchStanding(Event):
    """How one match stands. ``change`` counts its changes, as in a demand's state.

    What a system calls its own things is told to no other: ``external_id`` is null to who sent
    the offer alone, ``offer_external_id`` to who sent the demand alone.
    """

    match_id: Identifier
    yours: tuple[Literal["demand", "offer"], ...] = Field(
        description="What of it your system has sent."
    )
    demand_id: Identifier = Field(
        description="The hub's own id of the demand, or of the member's interest."
    )
    external_id: Identifier | None = Field(default=None, description="The demand's, if yours.")
    need_kind: str
    title: Title
    city: Identifier | None = None
    asker: Owner = Field(description="Who asks: a city, or the member whose interest it is.")
    offer_id: Identifier | None = Field(
        default=None, description="The offer that is proposed; null where it is a member."
    )
    offer_external_id: Identifier | None = Field(default=None, description="The offer's, if yours.")
    supply: Owner
    name: Title
    state: MatchState
    wave: Number
    rank: Number
    score: Probability
    decline_reason: str | None = None
    closed_because: CloseReason | None = None
    place: Literal["none", "held", "waiting"] = "none"
    answer_by: Timestamp | None = None
    change: Number


class Told(Event):
    """Something that stands on an inbox page. What it asks for is answered there, or by the API."""

    entry_id: Identifier
    need_id: Identifier
    match_id: Identifier | None = None
    need_kind: str
    title: Title
    city: Identifier | None = None
    score: Probability | None = None
    answer_by: Timestamp | None = None
    deadline: Timestamp | None = None


class Tested(Event):
    """Sent when the owner of an endpoint asks for it."""

    endpoint_id: Identifier


class DemandChanged(Event):
    """A demand is in another state."""

    type: Literal["demand.changed"] = "demand.changed"
    timestamp: Timestamp
    data: DemandState


class MatchChanged(Event):
    """A match of a demand, or on an offer, is in another state."""

    type: Literal["match.changed"] = "match.changed"
    timestamp: Timestamp
    data: MatchStanding


MessageType = Annotated[str, StringConstraints(pattern=r"^message\.[a-z-]+$", max_length=60)]


class MessageTold(Event):
    """Somebody with an inbox was told something; ``type`` is ``message.`` and what was told."""

    type: MessageType
    timestamp: Timestamp
    data: Told


class Test(Event):
    """Nothing happened: the owner of the endpoint wanted to see that it works."""

    __test__ = False  # no test case, whatever pytest makes of its name

    type: Literal["test"] = "test"
    timestamp: Timestamp
    data: Tested


BODIES: dict[str, type[Event]] = {
    "demand.changed": DemandChanged,
    "match.changed": MatchChanged,
    "message": MessageTold,
    "test": Test,
}
"""The model of each type of body."""


class WebhookSubmission(Submission):
    """An endpoint as a system registers it."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=2000)] = Field(
        description="Where the events go: https, a public host, port 443 or 8443."
    )
    types: Annotated[tuple[SystemEvent, ...], Field(max_length=10)] = Field(
        default=(), description="The types of events that it wants; none named: all."
    )
    note: Annotated[str, StringConstraints(max_length=200)] = Field(
        default="", description="What it is, for people."
    )
    email: Email | None = Field(
        default=None,
        description="Who is written to when it is switched off. It goes to the vault.",
    )


class MessageWebhookSubmission(Submission):
    """An endpoint as somebody with an inbox registers it."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    types: Annotated[tuple[MessageType, ...], Field(max_length=30)] = ()
    note: Annotated[str, StringConstraints(max_length=200)] = ""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("there is no such time in UTC") from error


class ReplaySubmission(Submission):
    """From when on what failed is sent again."""

    since: Annotated[Timestamp, AfterValidator(_in_utc)]
