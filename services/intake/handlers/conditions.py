"""The headers that say on which state a request builds, and under which name it is the same."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Header

from services.intake.exceptions import Malformed
from services.intake.use_cases.answering import Condition

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x20-\x7e]+$",
        description="The same key of the same source is the same request, however often it is "
        "sent. Without one, the same content on the same state is.",
    ),
]
IfMatch = Annotated[
    list[str] | None,
    Header(
        alias="If-Match",
        description="The ETag of the match as you saw it, or `*` (RFC 9110, section 13.1.1).",
    ),
]


def condition_of(lines: list[str] | None, *, required: bool) -> Condition:
    """What the lines of If-Match say. Weak tags never match (RFC 9110, section 8.8.3.2).

    Raises `Malformed` for what is no list of entity tags.
    """
    if not lines:
        return Condition(None, required)
    text = ",".join(lines).strip()
    if text == "*":
        return Condition(frozenset("*"), required)
    items = [item.strip() for item in text.split(",")]
    tags = [_TAG.fullmatch(item) for item in items if item]
    if not tags or not all(tags):
        raise Malformed('If-Match is * or a list of entity tags, as in "3".')
    return Condition(frozenset(f'"{t[2]}"' for t in tags if t is not None and not t[1]), required)
