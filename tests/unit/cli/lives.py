"""Demands and proposals with everything that a test does not care about filled in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from services.cli.lives import Life, Proposal, Word

START = datetime(2026, 11, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    """A moment, in days from the start."""
    return START + timedelta(days=number)


def life(demand_id: str = "d-1", *proposals: Proposal, **more: Any) -> Life:
    """A demand of Settat for a service, opened at the start."""
    facts: dict[str, Any] = {
        "city": "settat",
        "kind": "service",
        "niches": ("mobile-payment",),
        "state": "proposed" if proposals else "open",
        "opened_at": START,
        "decided": bool(proposals),
    }
    return Life(demand_id=demand_id, proposals=proposals, **(facts | more))


def proposal(state: str = "proposed", at: float = 0, **more: Any) -> Proposal:
    """A member that was asked."""
    facts: dict[str, Any] = {"supply_kind": "member", "supply_id": "m-1", "proposed_at": day(at)}
    return Proposal(state=state, **(facts | more))


def accepted(at: float, asked: float = 0, **more: Any) -> Proposal:
    """A member that was asked on day ``asked`` and accepted on day ``at``."""
    facts: dict[str, Any] = {
        "state": "accepted",
        "accepted_at": day(at),
        "supply": Word("accept", None, day(at)),
    }
    return proposal(at=asked, **(facts | more))


def declined(at: float, reason: str = "too-busy", asked: float = 0, **more: Any) -> Proposal:
    """A member that was asked on day ``asked`` and declined on day ``at``."""
    facts: dict[str, Any] = {"state": "declined", "supply": Word("decline", reason, day(at))}
    return proposal(at=asked, **(facts | more))


def introduced(at: float, accepted_at: float = 1, **more: Any) -> Proposal:
    """A member that accepted, and so did the city."""
    facts: dict[str, Any] = {"state": "introduced", "introduced_at": day(at)}
    return accepted(accepted_at, **(facts | more))
