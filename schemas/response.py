"""What the two sides answer. Topic ``jisr.responses.v1``, key: the need's id."""

from __future__ import annotations

from typing import Literal

from schemas.values import Event, Identifier, Owner, Summary, Timestamp

DeclineReason = Literal["too-busy", "not-my-field", "conflict-of-interest", "terms", "other"]


class Response(Event):
    """One answer to one match. ``by`` is who answered, ``via`` the door it came through."""

    response_id: Identifier
    match_id: Identifier
    need_id: Identifier
    by: Owner
    answer: Literal["accept", "decline", "withdraw", "outcome"]
    reason: DeclineReason | None = None
    text: Summary = ""
    via: Literal["inbox", "api", "kafka"]
    answered_at: Timestamp
