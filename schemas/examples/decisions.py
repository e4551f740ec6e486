"""What the matcher decides, what the two sides answer, and who was told."""

from __future__ import annotations

from typing import Any

from schemas.examples.record import Example

NEED_ID = "dem-01JNBX3V5Q"
MATCH_ID = "mat-01JNBX3W80"
NEED: dict[str, Any] = {
    "kind": "demand",
    "id": NEED_ID,
    "external_id": "SET-2026-014",
    "source": "settat-city",
    "owner": {"type": "city", "id": "settat"},
    "city": "settat",
    "structure": {"name": "Zraâ Market", "kind": "spin-off"},
    "need_kind": "service",
    "title": "Paiement mobile sécurisé pour une place de marché agricole",
    "language": "fr",
    "deadline": "2036-06-30T22:59:59Z",
    "version": 1,
}
_REASONS: list[dict[str, Any]] = [
    {
        "kind": "portfolio",
        "text": "Encaissement mobile pour 40 coopératives du Souss",
        "year": 2024,
        "weight": 0.46,
    },
    {
        "kind": "niche",
        "id": "electronic-payment-security",
        "path": ["mobile-payment", "electronic-payment-security", "fraud-detection"],
        "weight": 0.31,
    },
    {"kind": "terms", "terms": ["paiement", "fraude"], "weight": 0.23},
]

MATCH: dict[str, Any] = {
    "match_id": MATCH_ID,
    "need": NEED,
    "supply": {
        "kind": "member",
        "id": "atlas-pay",
        "owner": {"type": "member", "id": "atlas-pay"},
        "title": "Atlas Pay",
        "version": 4,
    },
    "recipient": {"kind": "member", "id": "atlas-pay", "name": "Atlas Pay"},
    "state": "proposed",
    "rank": 1,
    "score": 0.71,
    "reasons": _REASONS,
    "wave": 1,
    "policy_version": "2026-02",
    "score_model": "2026-02-01.3fa9c1d2",
    "version": 1,
    "proposed_at": "2026-03-02T09:12:05.020Z",
    "changed_at": "2026-03-02T09:12:05.020Z",
    "answer_by": "2026-03-09T09:12:05.020Z",
}

DECISIONS: dict[str, tuple[Example, ...]] = {
    "jisr.match.changed": (
        Example(
            title="A member is proposed, and is told why",
            key=NEED_ID,
            id="9a0b52e0-51a5-4a28-bb6e-4b7f6c1f0a01",
            source="/jisr/matcher",
            subject=MATCH_ID,
            time="2026-03-02T09:12:05.020Z",
            data=MATCH,
        ),
    ),
    "jisr.need.decided": (
        Example(
            title="One of 42 members is worth asking",
            key=NEED_ID,
            id="9a0b52e0-51a5-4a28-bb6e-4b7f6c1f0a02",
            source="/jisr/matcher",
            subject=NEED_ID,
            time="2026-03-02T09:12:05.020Z",
            data={
                "need": NEED,
                "outcome": "proposed",
                "wave": 1,
                "proposed": [
                    {
                        "match_id": MATCH_ID,
                        "supply_kind": "member",
                        "supply_id": "atlas-pay",
                        "owner": {"type": "member", "id": "atlas-pay"},
                        "name": "Atlas Pay",
                        "rank": 1,
                        "score": 0.71,
                        "reasons": _REASONS,
                    }
                ],
                "considered": 42,
                "policy_version": "2026-02",
                "score_model": "2026-02-01.3fa9c1d2",
                "decided_at": "2026-03-02T09:12:05.020Z",
            },
        ),
    ),
    "jisr.response.given": (
        Example(
            title="The member accepts on its inbox page",
            key=NEED_ID,
            id="9a0b52e0-51a5-4a28-bb6e-4b7f6c1f0a03",
            source="/jisr/notifier",
            subject=MATCH_ID,
            time="2026-03-02T14:05:40Z",
            data={
                "response_id": "res-01JNCE8D2K",
                "match_id": MATCH_ID,
                "need_id": NEED_ID,
                "by": {"type": "member", "id": "atlas-pay"},
                "answer": "accept",
                "text": "Nous pouvons commencer en avril.",
                "via": "inbox",
                "answered_at": "2026-03-02T14:05:40Z",
            },
        ),
    ),
    "jisr.delivery.attempted": (
        Example(
            title="The proposal reached the member by mail",
            key="atlas-pay",
            id="9a0b52e0-51a5-4a28-bb6e-4b7f6c1f0a04",
            source="/jisr/notifier",
            subject="atlas-pay",
            time="2026-03-02T09:12:07Z",
            data={
                "delivery_id": "del-01JNBX40AA",
                "recipient_kind": "member",
                "recipient_id": "atlas-pay",
                "channel": "mail",
                "message": "proposal",
                "match_id": MATCH_ID,
                "need_id": NEED_ID,
                "locale": "fr",
                "state": "delivered",
                "attempt": 1,
                "detail": "250 2.0.0 Ok",
                "at": "2026-03-02T09:12:07Z",
            },
        ),
        Example(
            title="The city's system was away when its demand was proposed, and is tried again",
            key="city:settat",
            id="0f6f6a3c-9f0f-4a2f-8a43-0d2c7f1f5a11",
            source="/jisr/notifier",
            subject="city:settat",
            time="2026-03-02T09:12:12Z",
            data={
                "delivery_id": "5b0f2f3e-7f0c-5b7e-9c53-0f5b7c1f2a44",
                "recipient_kind": "source",
                "recipient_id": "city:settat",
                "channel": "webhook",
                "endpoint_id": "ep-4f0b6c1d2e3a",
                "message": "demand-state",
                "need_id": NEED_ID,
                "locale": "fr",
                "state": "retrying",
                "attempt": 1,
                "detail": "503 Service Unavailable",
                "at": "2026-03-02T09:12:12Z",
            },
        ),
    ),
}
