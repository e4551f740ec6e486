"""A batch of events taken in steps: a transaction for each thing, prepared while another is used.

Embedding a text takes longer than all that follows. So that the first of a burst does not wait
for the last, each thing is judged and committed as soon as its texts are embedded, while those of
the next are under way. A step writes its events into the inbox with their effect; when a batch
comes again after a crash between two steps, those that were done are left out.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

from services.runtime.consumer import Batch
from services.runtime.records import Received

Identity = tuple[str, str]
T = TypeVar("T")
S = TypeVar("S")


def identity(received: Received) -> Identity:
    """What makes it the same event when it comes again (CloudEvents 1.0, section 3.1.1)."""
    return received.event.source, received.event.id


def newest(received: Sequence[Received], name: str) -> list[Received]:
    """Of several versions in a batch the newest of each thing; ``name`` is the field of its id."""
    kept: dict[str, Received] = {}
    for one in received:
        known = getattr(one.data, name)
        present = kept.get(known)
        if present is None or one.data.version >= present.data.version:
            kept[known] = one
    return list(kept.values())


@dataclass(frozen=True, slots=True)
class Step:
    """Part of a batch; ``latest`` are those of its events that say something new of a thing."""

    batch: Batch
    latest: Sequence[Received]


def steps(batch: Batch, name: str, *, at_once: bool) -> list[Step]:
    """``batch`` as steps of one thing each, in order, or as one step ``at_once``.

    An event that a later one of the batch makes old goes with the step before which it came. The
    dead letters go with the last: what was committed with an earlier one would be written again
    when a later one fails.
    """
    latest = newest(batch.events, name)
    if at_once or len(latest) < 2:
        return [Step(batch, latest)]
    wanted = {identity(one) for one in latest}
    found: list[Step] = []
    events: list[Received] = []
    for event in batch.events:
        events.append(event)
        if identity(event) in wanted:
            found.append(Step(replace(batch, events=events, unreadable=()), [event]))
            wanted.discard(identity(event))
            events = []
    last = found[-1]  # with what was repeated once more
    events = [*last.batch.events, *events]
    found[-1] = Step(replace(last.batch, events=events, unreadable=batch.unreadable), last.latest)
    return found


async def ahead(
    items: Sequence[S], prepare: Callable[[S], Awaitable[T]]
) -> AsyncGenerator[tuple[S, T], None]:
    """Each of ``items`` with what ``prepare`` made for it, the next one under way meanwhile.

    To be closed (`contextlib.aclosing`), so that nothing goes on after a failure.
    """
    waiting = iter(items)
    under_way: deque[tuple[S, asyncio.Future[T]]] = deque()
    try:
        while True:
            for item in islice(waiting, 2 - len(under_way)):
                under_way.append((item, asyncio.ensure_future(prepare(item))))
            if not under_way:
                return
            item, prepared = under_way[0]
            made = await prepared
            under_way.popleft()
            yield item, made
    finally:
        for _, prepared in under_way:
            prepared.cancel()
        await asyncio.gather(*(prepared for _, prepared in under_way), return_exceptions=True)
