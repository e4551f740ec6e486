"""Messages to try routing and wording with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from services.notifier.domain.messages import (
    Addressee,
    AmbassadorNote,
    Candidate,
    Need,
    Notice,
    NoticeKind,
    Party,
    Proposal,
    Recipient,
    Supply,
)

AT_ONCE = {"pace": "instant", "quiet_hours": "none", "most_a_day": 1_000}
"""The choice of whoever wants everything by itself, at any hour."""
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CITY = Party("city", "settat")
MEMBER = Party("member", "khlasspay")
NEED = Need("demand", "d-1", CITY, "service", "Paiement mobile", "fr", 1, city="settat")
PROPOSAL = Proposal(
    "m-1",
    NEED,
    Supply("member", "khlasspay", MEMBER, "KhlassPay"),
    Recipient("member", "khlasspay", "KhlassPay", "fr"),
    "proposed",
    0.7,
    1,
)
NOTE = AmbassadorNote(NEED, "proposed", 1, (Candidate("KhlassPay", 1, 0.7),))


TO_CITY = Addressee("city", "settat")
TO_MEMBER = Addressee("member", "khlasspay")
TO_AMBASSADOR = Addressee("ambassador", "settat", "mnc")
# To whom the matcher raises each kind, with what it then says besides.
ADDRESSED: dict[NoticeKind, tuple[Addressee, ...]] = {
    "reminder": (TO_MEMBER, TO_CITY),
    "answer-asked": (TO_CITY, TO_MEMBER),
    "introduced": (TO_CITY, TO_MEMBER),
    "declined": (TO_CITY, TO_MEMBER),
    "closed": (TO_MEMBER, TO_CITY),
    "outcome-asked": (TO_CITY, TO_MEMBER),
    "outcome-reminder": (TO_CITY, TO_MEMBER),
    "expiry-near": (TO_CITY,),
    "expired": (TO_CITY,),
    "question": (TO_AMBASSADOR, TO_CITY),
    "confirmation-asked": (TO_AMBASSADOR,),
    "asker-silent": (TO_AMBASSADOR,),
    "lead": (TO_AMBASSADOR,),
    "duplicate": (TO_AMBASSADOR,),
    "waiting": (TO_MEMBER,),
    "place-free": (TO_MEMBER,),
    "kept-after-edit": (TO_MEMBER, TO_CITY),
}


def notice(kind: NoticeKind, to: Addressee | None = None, **changes: Any) -> Notice:
    """A notice of ``kind`` about the proposal, to the first whom the matcher tells it."""
    plain = Notice(f"n-{kind}", kind, to or ADDRESSED[kind][0], NEED, PROPOSAL)
    return replace(plain, **changes)


def proposal(**changes: Any) -> Proposal:
    """The proposal with some fields changed."""
    return replace(PROPOSAL, **changes)


def note(**changes: Any) -> AmbassadorNote:
    """The note with some fields changed."""
    return replace(NOTE, **changes)
