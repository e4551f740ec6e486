"""From folders of judged demands to a stored model, and to what can be said of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np

from services.cli.errors import CommandFailed, ExitCode
from services.cli.evaluate import loading
from services.cli.evaluate.evaluation import classifier, machine_embedder
from services.cli.evaluate.loading import Judged
from services.cli.evaluate.running import engine
from services.cli.evaluate.vectors import Vectors, vectors_of
from services.cli.evaluate.waiting import step
from services.cli.train.pairs import joined, pairs_of
from services.cli.train.sending import Sent, sent
from services.matcher.adapters import fitted
from services.matcher.adapters.shipped import MODELS, SCORE_MODEL
from services.matcher.domain import scoring
from services.matcher.domain.scoring import ScoreModel
from services.matcher.training import calibration, corpus, naming, score, space
from services.matcher.training.calibration import Bin
from services.matcher.training.score import Pairs

LEAST_NEEDS = 10
"""Fewer judged demands cannot be held out in turns (`score.held_out`)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. ``models`` is the folder to write to; ``version`` None: a name is made of
    ``day`` and the weights.
    """

    folders: tuple[Path, ...]
    models: Path
    space: bool
    version: str | None
    day: date
    threads: int
    cache: Path | None


@dataclass(frozen=True, slots=True)
class Trained:
    """What came out: the model, and how it did on demands it was not fitted on.

    ``embedder`` is the embedding model that it is for. ``seen_error`` is the calibration error over
    the ``seen`` pairs of a score that somebody might see (`calibration.SEEN`). ``sent_by_words`` is
    what a hub without embeddings would send.
    """

    model: ScoreModel
    embedder: str
    pairs: int
    right: int
    needs: int
    bins: list[Bin]
    expected_error: float
    seen: float
    seen_error: float
    sent: list[Sent]
    sent_by_words: list[Sent]
    written: list[Path]


def trained(wanted: Wanted) -> Trained:
    """Fit, judge and store.

    Raises CommandFailed when nothing in the folders is judged, or the version is taken.
    """
    sets = [_judged(folder) for folder in wanted.folders]
    model = machine_embedder(wanted.threads)
    wanted.models.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    with vectors_of(model, wanted.cache) as vectors:
        assert vectors is not None
        if wanted.space:
            written.append(_space(vectors, wanted.models / fitted.space_file(model.name)))
        pairs = _pairs(sets, vectors, wanted.models)
    made = score.fit(pairs, wanted.version or "")
    made = made if wanted.version else naming.named(made, wanted.day)
    other = naming.taken(made, (wanted.models, MODELS))
    if other is not None:
        raise CommandFailed(
            f"{other} has other weights by the name {made.version}, and a name stands for one "
            "score in all that was matched: give another --version, or none.",
            ExitCode.USAGE,
        )
    result = _judge(made, model.name, pairs, written)
    path = wanted.models / fitted.score_file(model.name)
    path.write_text(scoring.dump(made), encoding="utf-8")
    beside = wanted.models / fitted.calibration_file(model.name)
    beside.write_text(json.dumps(as_data(result), indent=2) + "\n", encoding="utf-8")
    written += [path, beside]
    return result


def _judge(model: ScoreModel, embedder: str, pairs: Pairs, written: list[Path]) -> Trained:
    held = score.held_out(pairs)
    found = calibration.bins(held, pairs.right, pairs.weight)
    seen = calibration.seen(held, pairs.right, pairs.weight)
    return Trained(
        model,
        embedder,
        len(pairs.right),
        int(pairs.right.sum()),
        int(pairs.need.max()) + 1,
        found,
        calibration.expected_error(found),
        sum(one.pairs for one in seen),
        calibration.expected_error(seen),
        sent(pairs, held),
        sent(pairs, score.held_out(pairs.by_words())),
        written,
    )


def as_data(result: Trained) -> dict[str, object]:
    """How far a score can be believed, as it is stored beside it."""
    return {
        "version": result.model.version,
        "embedder": result.embedder,
        "pairs": result.pairs,
        "right": result.right,
        "demands": result.needs,
        "expected_error": round(result.expected_error, 6),
        "seen_from": calibration.SEEN,
        "seen_pairs": round(result.seen, 3),
        "seen_error": round(result.seen_error, 6),
        "bins": [{name: round(v, 6) for name, v in asdict(one).items()} for one in result.bins],
    }


def _space(vectors: Vectors, path: Path) -> Path:
    texts = corpus.read()
    said = [text.text for text in texts]
    with step(f"Embedding {len(texts)} texts of the corpus, twice") as advance:
        sides = {
            "query": vectors.many(said, "query", advance),
            "passage": vectors.many(said, "passage", advance),
        }
    space.save(space.fit(texts, sides, vectors.model.name), path)
    return path


def _judged(folder: Path) -> Judged:
    judged = loading.read(folder)
    if not judged.grades.keys() & {row.id for row in judged.demands}:
        raise CommandFailed(
            f"{folder}: no judgement in {loading.JUDGEMENTS} can be used: {_first(judged)}",
            ExitCode.USAGE,
        )
    return judged


def _pairs(sets: list[Judged], vectors: Vectors, models: Path) -> Pairs:
    # Always the same score chooses which pairs are near, so that fitting again fits the same.
    stored = scoring.load(SCORE_MODEL)
    found: list[Pairs] = []
    first = 0
    for judged in sets:
        with step(f"{judged.name}: indexing {len(judged.members)} members") as advance:
            made = engine(judged, stored, vectors, advance, models)
        found.append(pairs_of(judged, made, classifier, first))
        first = int(found[-1].need.max(initial=first - 1)) + 1
    whole = joined(found)
    _enough(whole)
    return whole


def _enough(pairs: Pairs) -> None:
    needs = len(np.unique(pairs.need))
    right = int(pairs.right.sum())
    if needs < LEAST_NEEDS or not 0 < right < len(pairs.right):
        raise CommandFailed(
            f"{needs} judged demands with {right} right pairs and {len(pairs.right) - right} wrong "
            f"ones are too few to learn from: at least {LEAST_NEEDS} demands, and pairs of both "
            "kinds. Give more folders beside them, as in `jisr train samples --from-hub`.",
            ExitCode.USAGE,
        )


def _first(judged: Judged) -> str:
    return judged.faults.told[0] if judged.faults.told else "the file is empty"
