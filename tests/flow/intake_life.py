"""What the matcher tells of a demand's life, as intake follows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.life import NeedChanged, Notice
from schemas.match import Decision, Match
from services.intake.adapters.store import PostgresStore
from services.intake.use_cases.following import follow
from services.intake.use_cases.telling import Told
from tests.flow.intake_door import Door

START = datetime.now(UTC) + timedelta(hours=1)
"""Later than what the tests submit, and the same for all that one of them tells."""


def at(minutes: float) -> datetime:
    """A moment of the story."""
    return START + timedelta(minutes=minutes)


def need(demand_id: str, version: int = 1, **changes: Any) -> dict[str, Any]:
    """A demand of Settat as the matcher names it."""
    return {
        "kind": "demand",
        "id": demand_id,
        "owner": {"type": "city", "id": "settat"},
        "city": "settat",
        "need_kind": "service",
        "title": "Paiement mobile sécurisé",
        "language": "fr",
        "version": version,
    } | changes


def interest(member_id: str) -> dict[str, Any]:
    """A member's interests as a need."""
    return {
        "kind": "interest",
        "id": f"interest:{member_id}",
        "owner": {"type": "member", "id": member_id},
        "need_kind": "interest",
        "title": "Places d'incubation",
        "language": "fr",
        "version": 1,
    }


def match(demand_id: str | dict[str, Any], state: str = "proposed", **more: Any) -> Match:
    """A match of a demand (or of the need that is given) with the member khlass."""
    return Match.model_validate(
        {
            "match_id": "m-1",
            "need": need(demand_id) if isinstance(demand_id, str) else demand_id,
            "supply": {
                "kind": "member",
                "id": "khlass",
                "owner": {"type": "member", "id": "khlass"},
                "title": "KhlassPay",
                "version": 1,
            },
            "recipient": {"kind": "member", "id": "khlass", "name": "KhlassPay"},
            "state": state,
            "rank": 1,
            "score": 0.8,
            "policy_version": "1",
            "proposed_at": at(0),
        }
        | more
    )


def changed(demand_id: str, state: str, version: int, of: int = 1, **more: Any) -> NeedChanged:
    """The state of a demand."""
    return NeedChanged.model_validate(
        {
            "need": need(demand_id, of),
            "state": state,
            "waves": 3,
            "reach": "own",
            "policy_version": "1",
            "version": version,
            "changed_at": at(version),
        }
        | more
    )


def notice(demand_id: str, kind: str, minutes: float, **more: Any) -> Notice:
    """Something to tell the member khlass."""
    return Notice.model_validate(
        {
            "notice_id": f"n-{kind}-{minutes}",
            "kind": kind,
            "to": {"kind": "member", "id": "khlass"},
            "need": need(demand_id),
            "raised_at": at(minutes),
        }
        | more
    )


def decision(demand_id: str, outcome: str, minutes: float, **more: Any) -> Decision:
    """A judgement of a demand."""
    return Decision.model_validate(
        {
            "need": need(demand_id),
            "outcome": outcome,
            "considered": 150,
            "policy_version": "1",
            "decided_at": at(minutes),
        }
        | more
    )


async def tell(door: Door, *told: Told) -> None:
    """Let intake follow these, in one transaction."""
    async with door.database.transaction() as connection:
        await follow(PostgresStore(connection), told)
