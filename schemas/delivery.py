"""What was told to whom. Topic ``jisr.deliveries.v1``, key: recipient id."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.life import NoticeKind
from schemas.values import Event, Identifier, Locale, Timestamp


class Delivery(Event):
    """The result of one attempt. No address: who is (recipient_kind, recipient_id)."""

    delivery_id: Identifier
    recipient_kind: Literal["member", "city", "committee", "ambassador"]
    recipient_id: Identifier
    channel: Literal["inbox", "mail"]
    message: Literal["proposal", "ambassador-note"] | NoticeKind
    match_id: Identifier | None = None
    need_id: Identifier | None = None
    locale: Locale
    state: Literal["delivered", "retrying", "failed"]
    attempt: Annotated[int, Field(ge=1)]
    detail: str = ""
    at: Timestamp
