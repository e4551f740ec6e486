"""What a notifier is told of: needs, matches, notices, decisions."""

from __future__ import annotations

from typing import Any

from schemas.life import Notice
from schemas.match import Decision, Match


def need(**changes: Any) -> dict[str, Any]:
    """A demand of the city of Marrakesh, in French."""
    return {
        "kind": "demand",
        "id": "d-1",
        "owner": {"type": "city", "id": "marrakech"},
        "city": "marrakech",
        "structure": {"name": "Régie Eau de la médina", "kind": "project"},
        "need_kind": "technology",
        "title": "Trouver les fuites sous la médina",
        "description": "Nous cherchons un procédé d'écoute qui localise les fuites sans creuser.",
        "language": "fr",
        "deadline": "2027-03-31T23:59:00+01:00",
        "version": 1,
    } | changes


def match(**changes: Any) -> Match:
    """The proposal of that demand to the member Atlas Data."""
    values = {
        "match_id": "m-1",
        "need": need(),
        "supply": {
            "kind": "member",
            "id": "atlas-data",
            "owner": {"type": "member", "id": "atlas-data"},
            "title": "Atlas Data",
            "version": 1,
        },
        "recipient": {"kind": "member", "id": "atlas-data", "name": "Atlas Data", "locale": "fr"},
        "state": "proposed",
        "rank": 1,
        "score": 0.83,
        "reasons": [
            {"kind": "terms", "terms": ["fuites", "eau potable"], "weight": 0.4},
            {"kind": "niche", "id": "water-networks", "weight": 0.3},
            {"kind": "portfolio", "text": "Écoute des conduites", "year": 2023, "weight": 0.2},
        ],
        "policy_version": "p1",
    }
    return Match.model_validate(values | changes)


def notice(kind: str, to: str, /, **changes: Any) -> Notice:
    """A notice of ``kind`` about that match, to "kind/id", or to "ambassador/id" of the cluster."""
    whom, _, name = to.partition("/")
    values = {
        "notice_id": f"n-{kind}-{whom}",
        "kind": kind,
        "to": {"kind": whom, "id": name, "cluster": "mnc" if whom == "ambassador" else None},
        "need": need(),
        "match": match(state="accepted", version=2),
        "raised_at": "2026-11-23T09:00:00Z",
    }
    return Notice.model_validate(values | changes)


def decision(**changes: Any) -> Decision:
    """The decision that proposed it."""
    values = {
        "need": need(),
        "outcome": "proposed",
        "proposed": [
            {
                "supply_kind": "member",
                "supply_id": "atlas-data",
                "owner": {"type": "member", "id": "atlas-data"},
                "name": "Atlas Data",
                "rank": 1,
                "score": 0.83,
                "reasons": [{"kind": "terms", "terms": ["fuites"], "weight": 0.4}],
            }
        ],
        "policy_version": "p1",
        "decided_at": "2026-11-23T09:00:00Z",
    }
    return Decision.model_validate(values | changes)
