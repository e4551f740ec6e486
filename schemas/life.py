"""The life of a need, and what is to be told of it. Topic ``jisr.matches.v1``, key: the need's id.

The matcher decides that something is to be told, and to whom; when, how and in which language is
the notifier's matter.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.match import (
    AskedQuestion,
    Candidate,
    CloseReason,
    Match,
    NeedBrief,
    QuestionReply,
)
from schemas.values import DeclineReason, Event, Identifier, NeedStatus, Reach, Timestamp

NoticeKind = Literal[
    "reminder",
    "answer-asked",
    "introduced",
    "declined",
    "closed",
    "outcome-asked",
    "outcome-reminder",
    "expiry-near",
    "expired",
    "question",
    "confirmation-asked",
    "asker-silent",
    "lead",
    "duplicate",
    "waiting",
    "place-free",
    "kept-after-edit",
]
"""What is told:

- ``reminder``: an answer is awaited still;
- ``answer-asked``: the side asked first has accepted, what does the other say;
- ``introduced``: both have accepted, here is whom to talk to;
- ``declined``: the other side said no, ``reason`` says why in general;
- ``closed``: the hub ended the match, ``because`` says why;
- ``outcome-asked``, ``outcome-reminder``: what came of the introduction;
- ``expiry-near``, ``expired``: of a demand, to its asker;
- ``question``: ``text`` is for the ambassador to answer, and for the other side of the match, each
  is told; with a ``reply``, it is answered, and told to who asked;
- ``confirmation-asked``: ``candidates`` are for the ambassador to confirm until ``until``;
- ``asker-silent``: a member accepted and the asker does not answer, to the ambassador;
- ``lead``: an initiative fits the ambassador's city;
- ``duplicate``: the demand says the same as ``text`` (another demand's id), to the ambassador;
- ``waiting``, ``place-free``: a place of an offer;
- ``kept-after-edit``: the demand changed, and the match that was accepted stays.
"""


class NeedChanged(Event):
    """The state of a need, each time it changes. ``version`` counts these changes."""

    need: NeedBrief
    state: NeedStatus
    wave: Annotated[int, Field(ge=1)] = 1
    waves: Annotated[int, Field(ge=1)] = 1
    reach: Reach
    wanted: Annotated[int, Field(ge=1)] = 1
    introduced: Annotated[int, Field(ge=0)] = 0
    expires_at: Timestamp | None = None
    extended: bool = False
    archived: bool = False
    policy_version: Identifier
    version: Annotated[int, Field(ge=1)]
    changed_at: Timestamp


class Addressee(Event):
    """Who is told. An ambassador is named by its ``cluster`` and ``id``, the city it serves."""

    kind: Literal["member", "city", "committee", "ambassador"]
    id: Identifier
    cluster: Identifier | None = None


class Notice(Event):
    """Something to tell somebody, once: ``notice_id`` is the same however often it is decided.

    ``wave`` is that of the candidates of a ``confirmation-asked``: what is confirmed holds for it.
    """

    notice_id: Identifier
    kind: NoticeKind
    to: Addressee
    need: NeedBrief
    match: Match | None = None
    reason: DeclineReason | None = None
    because: CloseReason | None = None
    text: Annotated[str, Field(max_length=2000)] = ""
    question: AskedQuestion | None = None
    reply: QuestionReply | None = None
    candidates: tuple[Candidate, ...] = ()
    wave: Annotated[int, Field(ge=1)] | None = None
    until: Timestamp | None = None
    raised_at: Timestamp
