"""Messages to try routing and wording with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from services.notifier.domain.messages import (
    AmbassadorNote,
    Candidate,
    Need,
    Party,
    Proposal,
    Recipient,
    Supply,
)

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


def proposal(**changes: Any) -> Proposal:
    """The proposal with some fields changed."""
    return replace(PROPOSAL, **changes)


def note(**changes: Any) -> AmbassadorNote:
    """The note with some fields changed."""
    return replace(NOTE, **changes)
