"""What a message is about, as its reader thinks of it: the groups by which it chooses how it is
told.
"""

from __future__ import annotations

from typing import Literal, get_args

from services.notifier.domain.messages import MessageKind

Concern = Literal["proposals", "answers", "introductions", "news", "office"]
CONCERNS: tuple[Concern, ...] = get_args(Concern)

CONCERN: dict[MessageKind, Concern] = {
    "proposal": "proposals",
    # Somebody waits for the reader's word.
    "reminder": "answers",
    "answer-asked": "answers",
    "confirmation-asked": "answers",
    "question": "answers",
    "outcome-asked": "answers",
    "outcome-reminder": "answers",
    "expiry-near": "answers",
    # Somebody is there for the reader now.
    "introduced": "introductions",
    "place-free": "introductions",
    # How things go; nothing is asked.
    "declined": "news",
    "closed": "news",
    "expired": "news",
    "waiting": "news",
    "kept-after-edit": "news",
    "asker-silent": "news",
    # What an ambassador is told of its city.
    "ambassador-note": "office",
    "lead": "office",
    "duplicate": "office",
}
"""The concern of every kind of message."""
