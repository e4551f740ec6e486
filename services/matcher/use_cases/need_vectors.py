"""One vector for all that a need says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from services.matcher import metrics
from services.matcher.domain.index import text_of
from services.matcher.domain.model import Need, Vector
from services.matcher.domain.passages import MOST, mean, parts
from services.matcher.use_cases.ports import Side

Ask = Callable[[Sequence[str], Side], Awaitable[list[Vector | None]]]
"""`Embedder.embed`, or `Embedder.known`."""


async def of_needs(ask: Ask, needs: Sequence[Need]) -> list[Vector | None]:
    """The vector of each need: of a long one the mean of its parts', each weighing its length.

    None where a part has none.
    """
    cut = [parts(text_of(need))[:MOST] for need in needs]
    found = iter(await ask([part for of_need in cut for part in of_need], "query"))
    return [_whole(of_need, [next(found) for _ in of_need]) for of_need in cut]


def count_unread(need: Need) -> None:
    """Count what `of_needs` leaves out of a very long need."""
    metrics.UNREAD.labels("need").inc(sum(map(len, parts(text_of(need))[MOST:])))


def _whole(texts: Sequence[str], vectors: Sequence[Vector | None]) -> Vector | None:
    known = [vector for vector in vectors if vector is not None]
    if len(known) < len(texts):
        return None
    return known[0] if len(known) == 1 else mean(known, [len(text) for text in texts])
