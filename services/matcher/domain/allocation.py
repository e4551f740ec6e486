"""Who gets a place where more want in than there are places: the greatest total score, exactly.

Asking one after another, best pair first, wastes places: whoever could go nowhere else finds the
one place taken by somebody who had a choice. So all who applied are looked at together, by an
integer programme (HiGHS, in SciPy). What a ranking binds, and what lost: decision 0024.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.optimize import LinearConstraint

_UNIT = 1_000_000
"""Scores are compared in millionths, so that sums are exact and equal ones are equal."""
_LAST = 1 << 30
"""The rank of whoever was not ranked: behind all who were, and equal among themselves."""
_AT_ONCE = 16  # pairs that one solution decides by their ids; powers of two below 2**53


@dataclass(frozen=True, slots=True)
class Application:
    """``need_id`` wants a place of ``offer_id``; ``score`` is the probability that it comes to
    something. ``theirs`` is the rank that the offerer gave the applicant: 1 is best, equal ranks
    are no preference, and who has none (None) comes after all who have one.
    """

    need_id: str
    offer_id: str
    score: float
    theirs: int | None = None

    @property
    def value(self) -> int:
        """The score in millionths."""
        return round(self.score * _UNIT)

    @property
    def their_rank(self) -> int:
        """How the offerer ranks the applicant."""
        return _LAST if self.theirs is None else self.theirs


@dataclass(frozen=True, slots=True)
class Allocation:
    """``given`` are (need id, offer id) in the order of their ids; ``lines`` are the needs that
    wait for each offer, next in line first.
    """

    given: tuple[tuple[str, str], ...] = ()
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def share(
    applications: Collection[Application],
    places: Mapping[str, int],
    *,
    holders: Collection[str] = (),
    binding: bool = True,
) -> Allocation:
    """Give the free ``places`` of each offer, and put who is left in line.

    Nobody gets a second place while somebody who could have it has none: ``holders`` are needs
    that have one of this kind already. Whatever is left then is given in the same way once more.
    ``binding``: stated rankings come before the total score (see `allocate`).
    """
    left = dict(places)
    waiting = set(applications)
    having = set(holders)
    given: list[tuple[str, str]] = []
    first = [one for one in waiting if one.need_id not in having]
    while waiting:
        found = allocate(first, left, binding=binding)
        for one in found:
            left[one.offer_id] -= 1
            having.add(one.need_id)
            given.append((one.need_id, one.offer_id))
        if not found and len(first) == len(waiting):
            break
        waiting -= found
        first = list(waiting)
    return Allocation(tuple(sorted(given)), in_line(waiting, having, binding=binding))


def in_line(
    applications: Iterable[Application], holders: Collection[str], *, binding: bool = True
) -> Mapping[str, tuple[str, ...]]:
    """The needs that wait for each offer, next in line first: who has no place before who has one;
    then by the offerer's ranking and by the score (by the score first, where rankings do not
    bind); then by id.
    """

    def key(one: Application) -> tuple[object, ...]:
        wanted = (one.their_rank, -one.value) if binding else (-one.value, one.their_rank)
        return (one.need_id in holders, *wanted, one.need_id)

    lines: dict[str, list[Application]] = defaultdict(list)
    for one in applications:
        lines[one.offer_id].append(one)
    return {
        offer_id: tuple(one.need_id for one in sorted(line, key=key))
        for offer_id, line in sorted(lines.items())
    }


def allocate(
    applications: Iterable[Application], places: Mapping[str, int], *, binding: bool = True
) -> set[Application]:
    """The applications that get a place: at most one for each need, at most ``places`` for each
    offer, with the greatest total score.

    ``binding``: first as many as can be get a place of those whom their offerer ranks 1, then of
    those it ranks 2, and so on. So nobody is left without a place that somebody has whom the
    offerer would rather not have in its stead. Of equal totals the one that serves the smallest
    ids, so the order of ``applications`` makes no difference.
    """
    known = {(one.need_id, one.offer_id): one for one in applications}
    pairs = [one for _, one in sorted(known.items()) if places.get(one.offer_id, 0) > 0]
    if not pairs:
        return set()
    ranks = {one.theirs for one in pairs if one.theirs is not None} if binding else set()
    wishes = [[int(one.theirs == rank) for one in pairs] for rank in sorted(ranks)]
    wishes.append([one.value for one in pairs])
    return {pairs[n] for n in _Programme(pairs, places).best_by(wishes)}


class _Programme:
    """Which pairs get a place, as variables that are 0 or 1."""

    def __init__(self, pairs: Sequence[Application], places: Mapping[str, int]) -> None:
        # Here, for to import it takes long, and 50 MB, and most commands never need it.
        from scipy.optimize import LinearConstraint
        from scipy.sparse import csr_array

        needs = sorted({one.need_id for one in pairs})
        offers = sorted({one.offer_id for one in pairs})
        number = {name: n for n, name in enumerate((*needs, *offers))}
        rows = [*(number[one.need_id] for one in pairs), *(number[one.offer_id] for one in pairs)]
        columns = [*range(len(pairs))] * 2
        matrix = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(number), len(pairs)))
        most = np.array([*[1] * len(needs), *(places[offer_id] for offer_id in offers)])
        self._rules = [LinearConstraint(matrix, ub=most)]
        self._low, self._high = np.zeros(len(pairs)), np.ones(len(pairs))

    def best_by(self, wishes: Sequence[Sequence[int]]) -> list[int]:
        """The numbers of the pairs of the best allocation by the first wish, of equal ones by the
        next, and of those that are equal by all of them the one with the smallest numbers.
        """
        best = np.zeros(len(self._low))
        for stated in wishes:
            wish = np.array(stated, dtype=np.float64)
            best = self._greatest(wish)
            self._keep(wish, best)
        for begin in range(0, len(best), _AT_ONCE):
            if np.array_equal(self._greatest(1.0 - 2.0 * best), best):
                break  # none that differs is as good
            part = slice(begin, min(begin + _AT_ONCE, len(best)))
            wish = np.zeros(len(best))
            wish[part] = 2.0 ** np.arange(_AT_ONCE)[::-1][: part.stop - begin]
            best = self._greatest(wish)
            self._low[part] = self._high[part] = best[part]
        return [int(n) for n in np.flatnonzero(best)]

    def _keep(self, wish: NDArray[np.float64], best: NDArray[np.float64]) -> None:
        """What follows may not be worse by ``wish``, whose sums are whole numbers."""
        from scipy.optimize import LinearConstraint

        self._rules.append(LinearConstraint(wish, lb=wish @ best - 0.5))

    def _greatest(self, wish: NDArray[np.float64]) -> NDArray[np.float64]:
        from scipy.optimize import Bounds, milp

        found = milp(
            -wish,
            integrality=np.ones(len(wish)),
            bounds=Bounds(self._low, self._high),
            constraints=self._rules,
            options={"mip_rel_gap": 0.0},
        )
        best = np.asarray(np.round(found.x if found.x is not None else -1.0), dtype=np.float64)
        if found.x is None or not all(_holds(rule, best) for rule in self._rules):
            raise ArithmeticError(f"the solver found no allocation: {found.message}")
        return best


def _holds(rule: LinearConstraint, best: NDArray[np.float64]) -> bool:
    """Whether the rounded solution keeps the rule exactly."""
    sums = rule.A @ best
    return bool(np.all(sums >= rule.lb) and np.all(sums <= rule.ub))
