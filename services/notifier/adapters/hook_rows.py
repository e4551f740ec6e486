"""Webhooks as rows of the notifier's tables, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from schemas.delivery import Delivery
from services.notifier.adapters.events import restore
from services.notifier.adapters.hook_bodies import Hook
from services.notifier.adapters.postgres_readers import published_of
from services.notifier.domain.attempts import Retry
from services.notifier.domain.choices import Choices, preferences_of
from services.notifier.domain.concerns import CONCERN
from services.notifier.domain.gate import Push, push_of
from services.notifier.domain.identity import hook_id
from services.notifier.domain.messages import Party
from services.notifier.domain.muting import FLAT, Tree
from services.notifier.domain.webhooks import Failing, Health
from services.notifier.use_cases.hook_gate import Told
from services.notifier.use_cases.hooks import Attempted, HookClaim
from services.notifier.use_cases.reader_ports import Reader


def hook_row(hook: Hook, endpoint: Mapping[str, Any]) -> dict[str, Any] | None:
    """The planned delivery of ``hook`` to ``endpoint``; None when it does not want it."""
    if (endpoint["owner_kind"], endpoint["owner_id"]) != (hook.owner.kind, hook.owner.id):
        return None
    if endpoint["channel"] != hook.channel:
        return None
    if endpoint["wants"] and hook.type not in endpoint["wants"]:
        return None
    return {
        "delivery_id": str(hook_id(*hook.subject, endpoint["endpoint_id"])),
        "entry_id": str(hook.entry_id) if hook.entry_id else None,
        "owner_kind": hook.owner.kind,
        "owner_id": hook.owner.id,
        "channel": endpoint["channel"],
        "message": hook.message,
        "match_id": hook.match_id,
        "need_id": hook.need_id,
        "locale": hook.locale,
        "wait_s": hook.wait_s,
        "at": hook.body["timestamp"],
        "slot": hook.slot.isoformat() if hook.slot else None,
        "content": hook.body,
        "endpoint_id": endpoint["endpoint_id"],
        "lane": endpoint["lane"],
        "is_on": endpoint["state"] == "on",
    }


def told_of(
    row: Mapping[str, Any], defaults: Choices, read_at: float, tree: Tree = FLAT
) -> Told | None:
    """What the gate looks at, of what is told to somebody with an inbox (``sql/hook_told.sql``).
    ``tree``: of the niches.
    """
    told = row["told"]
    if told is None:
        return None
    party, message = Party(row["recipient_kind"], row["recipient_id"]), row["message"]
    content = told["content"]
    return Told(
        Reader(party),
        push_of(restore(message, content), party, "webhook", tree)
        if content is not None
        else Push("webhook", CONCERN[message]),
        preferences_of(defaults, published_of(told), told["chosen"]),
        read_at,
        (told["kind"], told["id"]) == (party.kind, party.id),
    )


def claim_of(row: Mapping[str, Any], told: Told | None) -> HookClaim:
    """One claim of ``sql/claim_hooks.sql``."""
    secrets = [bytes(one) for one in (row["secret"], row["old_secret"]) if one is not None]
    return HookClaim(
        row["delivery_id"],
        row["recipient_kind"],
        row["recipient_id"],
        row["channel"],
        row["endpoint_id"],
        row["lane"],
        row["attempt"],
        row["tries"],
        row["message"],
        row["match_id"],
        row["need_id"],
        row["locale"],
        row["body"],
        row["url"],
        tuple(secrets),
        row["state"] == "on",
        row["failing_since"],
        row["last_ok_at"],
        told,
    )


def result_row(one: Attempted, now: datetime) -> dict[str, Any]:
    """A line for ``sql/finish_hooks.sql``."""
    verdict = one.verdict
    return {
        "delivery_id": str(one.claim.delivery_id),
        "attempt": one.claim.attempt,
        "state": "waiting" if isinstance(verdict, Retry) else one.result,
        "detail": verdict.detail,
        "wait_s": (verdict.at - now).total_seconds() if isinstance(verdict, Retry) else None,
    }


def fare_row(name: str, one: Health) -> dict[str, Any]:
    """A line for ``sql/endpoint_fares.sql``."""
    failing = one if isinstance(one, Failing) else None
    return {
        "endpoint_id": name,
        "failing_since": failing.since.isoformat() if failing else None,
        "failure": failing.detail if failing else None,
    }


def event_of(one: Attempted, now: datetime) -> Delivery:
    """The result as ``jisr.deliveries.v1`` has it."""
    claim = one.claim
    return Delivery.model_validate(
        {
            "delivery_id": str(claim.delivery_id),
            "recipient_kind": claim.owner_kind,
            "recipient_id": claim.owner_id,
            "channel": claim.channel,
            "endpoint_id": claim.endpoint_id,
            "message": claim.message,
            "match_id": claim.match_id,
            "need_id": claim.need_id,
            "locale": claim.locale,
            "state": one.result,
            "attempt": claim.tries + 1,
            "detail": one.verdict.detail,
            "at": now,
        }
    )
