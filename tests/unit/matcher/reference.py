"""`rank` once more, slowly: one pair at a time, every number from its definition.

Nothing here is shared with the engine but the analysis of texts, the rules for one pair, and the
logistic model for one pair. No arrays, no postings, no bounds: what is obvious.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from services.matcher.domain import analysis, niches
from services.matcher.domain.eligibility import World, barrier
from services.matcher.domain.index import said_by
from services.matcher.domain.model import Evidence, Need, Piece, Supply, Vector
from services.matcher.domain.policy import Policy
from services.matcher.domain.preparing import said_of
from services.matcher.domain.scoring import ScoreModel
from services.matcher.domain.semantic import Centres
from services.matcher.domain.spelling import Spelling

K1, B, PRIOR = 1.2, 0.6, 10.0
Numbers = list[float]
Listed = tuple[str, float]


@dataclass(frozen=True)
class Expected:
    """Ids and scores of a ranking."""

    members: list[Listed]
    offers: list[Listed]
    nearest: list[Listed]
    considered: int


def halved(numbers: Sequence[float]) -> Numbers:
    """Numbers as they travel: in half precision."""
    return [float(np.float16(n)) for n in numbers]


def kept(numbers: Sequence[float]) -> Numbers:
    """Numbers as the index keeps them: in 65,025 equal steps, as wide as the largest asks for."""
    step = float(np.float32(max(abs(n) for n in numbers) / (127 * 256)))
    return [round(n / step) * step if step else 0.0 for n in numbers]


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    """The scalar product."""
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """The cosine of an angle."""
    return dot(a, b) / math.sqrt(dot(a, a) * dot(b, b))


def less(a: Sequence[float], b: Sequence[float]) -> Numbers:
    """``a`` without ``b``."""
    return [x - y for x, y in zip(a, b, strict=True)]


def together(cosines: list[float]) -> float:
    """Four pieces count, each seven tenths of the one before, and none takes anything away."""
    first, *others = [*sorted(cosines, reverse=True)[:4], *([] if cosines else [-1.0])]
    return first + sum(0.7**n * max(one, 0.0) for n, one in enumerate(others, start=1))


def fresh(piece: Piece, year: int, near: float) -> float:
    """Older work counts less: from 1 down to 0.7, halfway after eight years."""
    age = max(year - piece.year, 0) if piece.year else 0
    return near * (0.7 + 0.3 * 0.5 ** (age / 8)) if near > 0 else near


class Reference:
    """Every supply, and what a ranking of them must be."""

    def __init__(self, supplies: Sequence[Supply], centres: Centres | None, world: World) -> None:
        self.supplies = list(supplies)
        self._centres = centres
        self._world = world
        self._documents = {s.supply_id: self._document(s) for s in self.supplies}
        self._spelling = Spelling()
        for slot, supply in enumerate(self.supplies):
            self._spelling.put(slot, said_of(supply, self._language(supply)).words)
        self._vectors = {s.supply_id: self._pieces(s) for s in self.supplies}

    @staticmethod
    def _language(supply: Supply) -> str:
        return analysis.language_of(" ".join(piece.text for piece in supply.pieces))

    def _document(self, supply: Supply) -> Mapping[str, float]:
        return said_of(supply, self._language(supply)).weights

    def _query(self, need: Need) -> Mapping[str, float]:
        """The words of ``need``, corrected by a spelling that never saw another version."""
        there = set().union(*self._documents.values())
        said = said_by(need)
        return self._spelling.corrected(said.weights, said.words, there.__contains__).weights

    def _pieces(self, supply: Supply) -> list[tuple[str, Numbers] | None]:
        """Language and vector of each piece, None for a piece without vector."""
        language = self._language(supply)
        found: list[tuple[str, Numbers] | None] = []
        for piece in supply.pieces:
            there = self._centres is not None and supply.active and piece.vector is not None
            vector = (
                halved(self._mapped(piece.vector)) if there and piece.vector is not None else []
            )
            spoken = analysis.language_of(piece.text, language)
            found.append((spoken, self._centred(vector, spoken)) if any(vector) else None)
        return found

    def _centred(self, vector: Numbers, language: str) -> Numbers:
        """What is kept of a vector: how it differs from the stored centre of its language."""
        assert self._centres is not None
        centre = self._centres.of_passage(language).tolist()
        return kept([float(np.float32(x)) for x in less(vector, centre)])

    def _mapped(self, vector: Vector) -> Numbers:
        """A vector times the map of the centres."""
        if self._centres is None or self._centres.map is None:
            return vector.tolist()
        rows = self._centres.map.tolist()
        return [dot(vector.tolist(), column) for column in zip(*rows, strict=True)]

    def _centre(self, language: str) -> Numbers:
        """Where the pieces of a language lie, seen from its stored centre, which counts ten."""
        assert self._centres is not None
        total = [0.0] * self._centres.dimension
        count = PRIOR
        for pieces in self._vectors.values():
            for piece in pieces:
                if piece is not None and piece[0] == language:
                    total = [x + y for x, y in zip(total, piece[1], strict=True)]
                    count += 1
        return [x / count for x in total]

    def _closeness(self, need: Need, supply: Supply, year: int) -> float | None:
        if self._centres is None or need.vector is None:
            return None
        query = self._centres.of_query(analysis.primary(need.language)).tolist()
        asked = less(self._mapped(need.vector), query)
        return together(
            [
                -1.0
                if vector is None
                else fresh(piece, year, cosine(less(vector[1], self._centre(vector[0])), asked))
                for piece, vector in zip(
                    supply.pieces, self._vectors[supply.supply_id], strict=True
                )
            ]
        )

    def _crowd(self, need: Need, supply: Supply) -> float:
        """The mean closeness of the ten nearest stored queries in the language of ``need``."""
        language = analysis.primary(need.language)
        if self._centres is None or language == self._language(supply):
            return 0.0
        near = []
        for query in self._centres.background.get(language, ()):
            asked = less(self._mapped(query), self._centres.of_query(language).tolist())
            cosines = [
                cosine(vector[1], asked)
                for vector in self._vectors[supply.supply_id]
                if vector is not None
            ]
            near.append(max(together(cosines), 0.0) if cosines else 0.0)
        return sum(sorted(near, reverse=True)[:10]) / 10

    def _idf(self, term: str) -> float:
        having = sum(term in document for document in self._documents.values())
        return math.log(1 + (len(self.supplies) - having + 0.5) / (having + 0.5))

    def _coverage(self, need: Need, supply: Supply) -> float:
        query = self._query(need)
        document = self._documents[supply.supply_id]
        lengths = [sum(d.values()) for d in self._documents.values()]
        mean = max(sum(lengths) / len(lengths), 1e-9)
        score = 0.0
        for term, weight in query.items():
            often = document.get(term, 0.0)
            norm = K1 * (1 - B + B * sum(document.values()) / mean)
            score += weight * self._idf(term) * often / (often + norm)
        ceiling = sum(weight * self._idf(term) for term, weight in query.items())
        return score / ceiling if ceiling else 0.0

    def evidence(self, need: Need, supply: Supply, year: int) -> Evidence:
        """What is known of one pair."""
        niche = niches.covered(need.niches, supply.niches, self._world.parents)
        return Evidence(
            closeness=self._closeness(need, supply, year),
            coverage=self._coverage(need, supply),
            niche=niche if need.niches else None,
            shared_language=self._language(supply) == analysis.primary(need.language),
            crowd=self._crowd(need, supply),
            same_city=need.city is not None and need.city == supply.city,
        )

    def rank(
        self, need: Need, policy: Policy, model: ScoreModel, now: datetime, depth: int
    ) -> Expected:
        """What `rank` must find."""
        judged = sorted(
            (
                -model.probability(self.evidence(need, supply, now.year)),
                supply.supply_id,
                supply.kind,
            )
            for supply in self.supplies
            if barrier(need, supply, self._world, now) is None
        )
        by_words = self._centres is None or need.vector is None
        least = max(policy.threshold, policy.lexical_threshold) if by_words else policy.threshold
        good = [(i, -score, kind) for score, i, kind in judged if -score >= least]
        poor = [(i, -score) for score, i, _ in judged if -score < least]
        return Expected(
            [(i, score) for i, score, kind in good if kind == "member"][:depth],
            [(i, score) for i, score, kind in good if kind == "offer"][:depth],
            poor[: policy.nearest],
            len(self.supplies),
        )
