"""What the matcher decided about pairs. Topic ``jisr.matches.v1``, key: the need's id.

A ``Match`` each time one pair changes its state, and a ``Decision`` each time a need as a whole
was judged (so that nobody has to count matches to learn that there are none). What else the
topic carries, the state of the need and what is to be told, is in ``life.py``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.values import (
    DeclineReason,
    Event,
    Identifier,
    LanguageTag,
    Locale,
    Niches,
    OfferText,
    Owner,
    Reach,
    Structure,
    Summary,
    Timestamp,
    Title,
)

Probability = Annotated[float, Field(ge=0.0, le=1.0)]


class MatchState(StrEnum):
    """The life of a match (design, section 6)."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    SUPERSEDED = "superseded"
    INTRODUCED = "introduced"


CloseReason = Literal[
    "enough", "withdrawn", "edited", "expired", "supply-gone", "full", "asker-silent", "struck"
]
"""Why the hub ended a match that nobody declined."""

OutcomeKind = Literal["met", "contract", "nothing"]
Rating = Annotated[int, Field(ge=0, le=5)]


class Said(Event):
    """The last word of one side; what it wrote besides stands nowhere here."""

    answer: Literal["accept", "decline", "withdraw"]
    reason: DeclineReason | None = None
    at: Timestamp


class Outcome(Event):
    """What one side says came of an introduction, and how glad of it it is (5 is best)."""

    outcome: OutcomeKind
    rating: Rating | None = None
    at: Timestamp


class Reason(Event):
    """What spoke for a match, as data; the notifier says it in the reader's language.

    ``kind`` says how to read the rest: ``terms`` (words that both sides use), ``meaning`` (the
    texts are close in meaning though their words differ), ``niche`` (``id`` of the niche that
    both name, or of the nearest one above both; ``path`` leads from the need's niche up to it and
    down to the supply's, empty in events of older versions; ``inferred`` when the need names no
    niche and the hub took it from what the need says), ``portfolio`` (``text`` is the title of the
    piece of past work, ``year`` when; one for each piece that speaks for the match), ``city``
    (same city), ``certification``.
    ``weight`` is the share of the score that it explains, between 0 and 1.
    """

    kind: Literal["terms", "meaning", "niche", "portfolio", "city", "certification"]
    terms: tuple[str, ...] = ()
    id: Identifier | None = None
    text: str | None = None
    year: int | None = None
    inferred: bool = False
    path: tuple[Identifier, ...] = ()
    weight: Probability = 0.0


class Recipient(Event):
    """Who is asked. Contact data is in the vault under (kind, id), never here."""

    kind: Literal["member", "city", "committee"]
    id: Identifier
    name: str = ""
    locale: Locale = "fr"


class NeedBrief(Event):
    """What a reader must know of the need to answer; a demand, with the ``niches`` that it names, a
    member's interest, or what a city wants of an initiative (of a lead): ``niches`` are then those
    of its axes that speak for it.
    """

    kind: Literal["demand", "interest"]
    id: Identifier
    external_id: Identifier | None = None
    source: Identifier | None = None
    owner: Owner
    city: Identifier | None = None
    structure: Structure | None = None
    need_kind: str
    title: Title
    summary: Summary = ""
    description: str = ""
    language: LanguageTag
    deadline: Timestamp | None = None
    niches: Niches = ()
    version: int


class AskedQuestion(Event):
    """What somebody asked about a match before answering it, without contact data."""

    question_id: Identifier
    by: Owner
    text: Annotated[str, Field(max_length=2000)]


class QuestionReply(Event):
    """What was answered to a question, without contact data. ``by``: the other side of the match,
    or the member that is ambassador of the need's city.
    """

    by: Owner
    text: Annotated[str, Field(min_length=1, max_length=2000)]


class SupplyBrief(Event):
    """What a reader must know of the supply. ``external_id`` and ``source`` are an offer's, and so
    are ``summary``, ``description`` (cut where it is longer), their ``language`` and ``niches``.
    """

    kind: Literal["member", "offer"]
    id: Identifier
    external_id: Identifier | None = None
    source: Identifier | None = None
    owner: Owner
    title: Title
    summary: Summary = ""
    description: OfferText = ""
    language: LanguageTag | None = None
    niches: Niches = ()
    version: int


class Match(Event):
    """One (need, supply) pair in its present state.

    ``recipient`` is the side that is asked first: the supply's for a demand, the need's for an
    interest. ``accepted``: that side has; ``introduced``: both have. The other side may say yes
    before it is asked (``need_said``, ``supply_said``). ``place`` says whether a place of the
    supply is kept for it, or whether it waits for one as number ``waiting``.
    """

    match_id: Identifier
    need: NeedBrief
    supply: SupplyBrief
    recipient: Recipient
    state: MatchState
    rank: Annotated[int, Field(ge=1)]
    score: Probability
    reasons: tuple[Reason, ...] = ()
    wave: Annotated[int, Field(ge=1)] = 1
    policy_version: Identifier
    score_model: Identifier | None = None
    decline_reason: str | None = None
    version: Annotated[int, Field(ge=1)] = 1
    proposed_at: Timestamp | None = None
    changed_at: Timestamp | None = None
    answer_by: Timestamp | None = None
    accepted_at: Timestamp | None = None
    introduced_at: Timestamp | None = None
    need_said: Said | None = None
    supply_said: Said | None = None
    closed_because: CloseReason | None = None
    crosses_border: bool = False
    across_border: Literal["contact", "organisation"] = "contact"
    place: Literal["none", "held", "waiting"] = "none"
    waiting: Annotated[int, Field(ge=1)] | None = None
    need_outcome: Outcome | None = None
    supply_outcome: Outcome | None = None


class Candidate(Event):
    """One line of a decision: who, with which rank and score."""

    match_id: Identifier | None = None
    supply_kind: Literal["member", "offer"]
    supply_id: Identifier
    owner: Owner
    name: str
    rank: Annotated[int, Field(ge=1)]
    score: Probability
    reasons: tuple[Reason, ...] = ()


class Tried(Event):
    """Somebody who was asked before, and what became of it."""

    supply_id: Identifier
    name: str
    wave: Annotated[int, Field(ge=1)]
    state: MatchState
    reason: DeclineReason | None = None


class Decision(Event):
    """What was decided about a need at one of its versions.

    ``proposed`` lists the pairs first proposed by this decision; ``nearest`` the best that
    stayed below the threshold when nobody was proposed, and ``tried`` who was asked before.
    """

    need: NeedBrief
    outcome: Literal["proposed", "unmatched", "withdrawn"]
    reach: Reach | None = None
    wave: Annotated[int, Field(ge=1)] = 1
    proposed: tuple[Candidate, ...] = ()
    nearest: tuple[Candidate, ...] = ()
    tried: tuple[Tried, ...] = ()
    considered: Annotated[int, Field(ge=0)] = 0
    policy_version: Identifier
    score_model: Identifier | None = None
    decided_at: Timestamp
