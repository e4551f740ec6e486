"""What was told to whom. Topic ``jisr.deliveries.v1``, key: recipient id."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.life import NoticeKind
from schemas.values import Event, Identifier, Locale, Timestamp

OwnKind = Literal[
    "proposal", "ambassador-note", "digest", "demand-state", "match-state", "test", "endpoint-off"
]
"""What the notifier tells of its own accord: a ``digest`` of several messages; the state of a
demand or of a match, to the system that sent the demand; a ``test`` of an endpoint; and that one
was switched off.
"""


class Delivery(Event):
    """The result of one attempt. No address: who is (recipient_kind, recipient_id), and of a
    webhook or a push ``endpoint_id``. ``recipient_kind`` is source for a system that speaks to the
    hub.
    """

    delivery_id: Identifier
    recipient_kind: Literal["member", "city", "committee", "ambassador", "source"]
    recipient_id: Identifier
    channel: Literal["inbox", "mail", "webhook", "push"]
    endpoint_id: Identifier | None = None
    message: OwnKind | NoticeKind
    match_id: Identifier | None = None
    need_id: Identifier | None = None
    locale: Locale
    state: Literal["delivered", "retrying", "failed"]
    attempt: Annotated[int, Field(ge=1)]
    detail: str = ""
    at: Timestamp
