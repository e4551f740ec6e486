"""The judged pairs of a set, with the evidence that the hub's own ranking has of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from services.cli.evaluate import facts
from services.cli.evaluate.facts import Classifier
from services.cli.evaluate.loading import Grades, Judged
from services.cli.evaluate.running import Engine, embedded_need, whole
from services.matcher.domain.model import Evidence
from services.matcher.training.score import Pairs

_NEAREST = 60
_FARTHER = 40
_SEED = 20_26


@dataclass(frozen=True, slots=True)
class _Pair:
    evidence: Evidence
    right: bool
    weight: float
    need: int


def right_from(judged: Judged) -> int:
    """The least grade of a right pair: 2, or 1 in a set that knows no higher one."""
    highest = max((g for grades in judged.grades.values() for g in grades.values()), default=0)
    return 2 if highest >= 2 else 1


def pairs_of(judged: Judged, engine: Engine, classifier: Classifier, first: int = 0) -> Pairs:
    """The pairs of every judged demand, which are numbered from ``first``.

    Of the many that nobody judged the nearest are kept, and of the rest some (seeded) that weigh
    as much as all of them. Where a hub's answers are the judgements nothing is known of the
    nearest, for they were not asked, or said nothing: they are left out.
    """
    chosen = np.random.default_rng(_SEED)
    found: list[_Pair] = []
    least = right_from(judged)
    for number, (grades, candidates) in enumerate(_ranked(judged, engine, classifier), start=first):
        known = [place for place, (member, _) in enumerate(candidates) if member in grades]
        near = range(min(_NEAREST, len(candidates)))
        kept = known if judged.answers else sorted({*known, *near})
        rest = sorted(set(range(len(candidates))) - {*known, *near})
        some = chosen.choice(rest, min(_FARTHER, len(rest)), replace=False).tolist() if rest else []
        for place, weight in [
            *((place, 1.0) for place in kept),
            *((place, len(rest) / len(some)) for place in some),
        ]:
            member, evidence = candidates[place]
            found.append(_Pair(evidence, grades.get(member, 0) >= least, weight, number))
    return Pairs(
        [pair.evidence for pair in found],
        np.array([float(pair.right) for pair in found]),
        np.array([pair.weight for pair in found]),
        np.array([pair.need for pair in found], np.intp),
    )


def _ranked(
    judged: Judged, engine: Engine, classifier: Classifier
) -> Iterator[tuple[Grades, list[tuple[str, Evidence]]]]:
    for row in judged.demands:
        need, _ = embedded_need(facts.need_of(row, classifier), engine)
        ranking = whole(need, engine)
        engine.index.saw(need, datetime.now(UTC))
        if row.id in judged.grades:
            listed = [(c.supply.supply_id, c.evidence) for c in ranking.members]
            yield judged.grades[row.id], listed


def joined(sets: list[Pairs]) -> Pairs:
    """The pairs of several sets as one."""
    return Pairs(
        [evidence for one in sets for evidence in one.evidence],
        np.concatenate([one.right for one in sets]),
        np.concatenate([one.weight for one in sets]),
        np.concatenate([one.need for one in sets]),
    )
