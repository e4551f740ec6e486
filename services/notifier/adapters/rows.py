"""What is planned, as rows of the notifier's tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.notifier.domain.attempts import Delivered, Retry, Verdict
from services.notifier.domain.messages import AmbassadorNote, Proposal, match_of
from services.notifier.domain.routing import Planned
from services.notifier.use_cases.ports import Claimed, News


def state_of(claimed: Claimed, verdict: Verdict) -> str:
    """The state of a delivery after ``verdict``."""
    match verdict:
        case Delivered():
            return "delivered"
        case Retry():
            return "waiting"
    return "failed" if claimed.address else "undeliverable"


def entry_row(planned: Planned, news: News) -> dict[str, Any]:
    """A line of ``entries``, for ``sql/put_entries.sql``."""
    message, match = news.message, match_of(news.message)
    match message:
        case AmbassadorNote():
            state = str(message.outcome)
        case Proposal():
            state = str(message.state)
        case _:
            state = "told"
    return {
        "entry_id": str(planned.entry_id),
        "recipient_kind": planned.recipient.inbox.kind,
        "recipient_id": planned.recipient.inbox.id,
        "message": planned.message,
        "match_id": match.match_id if match else None,
        "need_id": message.need.id,
        "state": state,
        "version": message.version if isinstance(message, Proposal) else 1,
        "content": dict(news.content),
        "office": planned.office,
    }


def delivery_row(planned: Planned, news: News, now: datetime) -> dict[str, Any]:
    """A line of ``deliveries``, for ``sql/put_deliveries.sql``."""
    match = match_of(news.message)
    return {
        "delivery_id": str(planned.delivery_id),
        "entry_id": str(planned.entry_id) if planned.entry_id else None,
        "recipient_kind": planned.recipient.kind,
        "recipient_id": planned.recipient.id,
        "channel": planned.channel,
        "message": planned.message,
        "match_id": match.match_id if match else None,
        "need_id": news.message.need.id,
        "locale": planned.recipient.locale,
        "state": "undeliverable" if planned.undeliverable else "waiting",
        "wait_s": max(0.0, (planned.due_at - now).total_seconds()),
        "detail": planned.undeliverable or "",
        "content": None if planned.entry_id else dict(news.content),
        "slot": planned.slot.isoformat() if planned.slot else None,
    }
