"""What people say to the hub. Topic ``jisr.responses.v1``, key: the need's id."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.match import AskedQuestion, OutcomeKind, Rating
from schemas.values import (
    DeclineReason,
    Event,
    Identifier,
    Owner,
    Submission,
    Summary,
    Timestamp,
    Version,
)

Door = Literal["inbox", "api", "kafka"]
SupplyIds = Annotated[tuple[Identifier, ...], Field(max_length=100)]


class Response(Event):
    """One answer to one match. ``by`` is who answered, ``via`` the door it came through.

    Who answers must be the owner of the need or of the supply. ``match_version`` is the state it
    was given on; an answer that the present state does not allow changes nothing.
    """

    response_id: Identifier
    match_id: Identifier
    need_id: Identifier
    by: Owner
    answer: Literal["accept", "decline", "withdraw", "outcome"]
    reason: DeclineReason | None = None
    text: Summary = ""
    outcome: OutcomeKind | None = None
    rating: Rating | None = None
    match_version: Version | None = None
    via: Door
    answered_at: Timestamp


class Question(Event):
    """A question about a proposal, asked through the ambassador of the need's city."""

    question_id: Identifier
    match_id: Identifier
    need_id: Identifier
    by: Owner
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    via: Door
    asked_at: Timestamp


class Reply(Event):
    """The answer to a question, by the other side of the match or by the ambassador of the need's
    city (as a member). The first answer to a question counts.
    """

    reply_id: Identifier
    match_id: Identifier
    need_id: Identifier
    question: AskedQuestion
    by: Owner
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    via: Door
    replied_at: Timestamp


class Confirmation(Event):
    """What an ambassador makes of the candidates for a demand before they are asked.

    ``struck`` are not asked, ``added`` are asked too where the rules allow it, ``order`` is the
    order wanted; whoever it leaves out follows in the hub's own order.
    """

    confirmation_id: Identifier
    need_id: Identifier
    by: Owner
    wave: Annotated[int, Field(ge=1)]
    struck: SupplyIds = ()
    added: SupplyIds = ()
    order: SupplyIds = ()
    via: Door
    confirmed_at: Timestamp


class Extension(Event):
    """The asker wants its demand to stay open longer: possible once, for the policy's time."""

    extension_id: Identifier
    need_id: Identifier
    by: Owner
    via: Door
    extended_at: Timestamp


By = Annotated[
    Owner | None,
    Field(description="Who says it; needed where the sender may speak for several."),
]


class AnswerBody(Submission):
    """An answer to a match, as a system sends it for its city or for a member of its cluster."""

    by: By = None
    answer: Literal["accept", "decline", "withdraw", "outcome"]
    reason: DeclineReason | None = Field(default=None, description="Of a decline, which needs one.")
    text: Summary = ""
    outcome: OutcomeKind | None = None
    rating: Rating | None = None


class AnswerSubmission(AnswerBody):
    """The same on Kafka (``jisr.response.submitted``); ``match_version`` stands for If-Match."""

    match_id: Identifier
    match_version: Version | None = None


class QuestionBody(Submission):
    """A question about a proposal, for the ambassador of the need's city."""

    by: By = None
    text: Annotated[str, Field(min_length=1, max_length=2000)]


class ReplyBody(Submission):
    """The answer to a question, for whoever asked it."""

    by: By = None
    text: Annotated[str, Field(min_length=1, max_length=2000)]


class ConfirmationBody(Submission):
    """What an ambassador makes of the candidates of one wave."""

    by: By = None
    wave: Annotated[int, Field(ge=1)]
    struck: SupplyIds = ()
    added: SupplyIds = ()
    order: SupplyIds = ()


class ExtensionBody(Submission):
    """A wish that a demand stay open longer."""

    by: By = None
