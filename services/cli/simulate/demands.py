"""A year of demands, made from the themes of a folder.

Each is a theme told otherwise: sentences left out, now and then one of a related theme put in,
keywords left out, niches left out or replaced by a parent or a sibling, another city, reach and
number wanted. Some themes are asked for more often than others: their weights are drawn
from a lognormal distribution. How many come in a day follows a Poisson distribution. The vector
of such a demand is the mean of its parts' vectors, weighted by their lengths, with a little noise,
so nothing is embedded but the parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from services.cli.simulate.folder import Folder, Theme
from services.matcher.domain.model import Need, Vector

KEEP_SENTENCE = 0.7
BORROW_SENTENCE = 0.3
KEEP_KEYWORD = 0.6
NO_NICHE, OTHER_NICHE = 0.15, 0.25
OTHER_REACH = 0.3
NOISE = 0.15
"""The length of the random vector that is added to a unit vector."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A demand, when it comes (days from the start), and the place of its theme in the folder."""

    need: Need
    at: float
    theme: int


def weights_of(folder: Folder, skew: float, seed: int) -> list[float]:
    """How often each theme is asked for; they sum to 1.

    ``skew`` is the standard deviation of their logarithms: 0 asks for all alike.
    """
    drawn = np.random.default_rng([seed, 2]).standard_normal(len(folder.themes))
    weights = np.exp(skew * drawn)
    return [float(weight) for weight in weights / weights.sum()]


def year_of(
    folder: Folder, weights: Sequence[float], days: int, a_day: float, seed: int
) -> list[Coming]:
    """The demands of ``days`` days, in the order of their coming; the same for the same seed.

    ``a_day`` is their mean number.
    """
    chance = np.random.default_rng([seed, 6])
    variations = Variations(folder, np.random.default_rng([seed, 3]))
    coming: list[Coming] = []
    for day, many in enumerate(chance.poisson(a_day, days)):
        for at in sorted(day + chance.random(many)):
            theme = int(chance.choice(len(folder.themes), p=weights))
            need = variations.of(folder.themes[theme], f"s-{len(coming):05}")
            coming.append(Coming(need, float(at), theme))
    return coming


class Variations:
    """Tells a theme in ever other words; what it draws depends on ``chance`` alone."""

    def __init__(self, folder: Folder, chance: np.random.Generator) -> None:
        self._folder = folder
        self._chance = chance
        self._parents = folder.world.parents
        self._related = _related(folder.themes, self._parents)

    def of(self, theme: Theme, need_id: str) -> Need:
        """One demand for ``theme``."""
        told = [0, *self._some(range(1, len(theme.parts)), KEEP_SENTENCE, at_least=1)]
        parts = [theme.parts[place] for place in told]
        vectors = [theme.vectors[place] for place in told]
        other = self._related[theme.need.need_id]
        if other and self._chance.random() < BORROW_SENTENCE:
            lender = other[int(self._chance.integers(len(other)))]
            place = int(self._chance.integers(len(lender.parts)))
            parts.append(lender.parts[place])
            vectors.append(lender.vectors[place])
        keywords = theme.need.keywords
        kept = self._some(range(len(keywords)), KEEP_KEYWORD, at_least=0)
        return replace(
            theme.need,
            need_id=need_id,
            title=parts[0],
            summary="",
            description=" ".join(parts[1:]),
            keywords=tuple(keywords[place] for place in kept),
            niches=self._niches(theme.need.niches),
            city=self._one(self._folder.cities) or theme.need.city,
            reach=self._reach(theme.need.reach),
            wanted=int(self._chance.choice(self._folder.wanted)),
            vector=self._vector(parts, vectors),
        )

    def _some(self, places: Sequence[int], keep: float, at_least: int) -> list[int]:
        kept = [place for place in places if self._chance.random() < keep]
        if len(kept) < at_least and places:
            kept = [places[int(self._chance.integers(len(places)))]]
        return kept

    def _one(self, of: Sequence[str]) -> str | None:
        return of[int(self._chance.integers(len(of)))] if of else None

    def _reach(self, reach: str) -> str:
        other = self._chance.random() < OTHER_REACH
        return (self._one(self._folder.reaches) if other else None) or reach

    def _niches(self, niches: tuple[str, ...]) -> tuple[str, ...]:
        drawn = self._chance.random()
        if not niches or drawn < NO_NICHE:
            return ()
        if drawn >= NO_NICHE + OTHER_NICHE:
            return niches
        place = int(self._chance.integers(len(niches)))
        parent = self._parents.get(niches[place])
        siblings = sorted(n for n, of in self._parents.items() if of == parent and parent)
        instead = self._one([*siblings, *([parent] if parent else [])]) or niches[place]
        return tuple(dict.fromkeys((*niches[:place], instead, *niches[place + 1 :])))

    def _vector(self, parts: Sequence[str], vectors: Sequence[Vector | None]) -> Vector | None:
        known = [vector for vector in vectors if vector is not None]
        if len(known) < len(vectors):
            return None
        mean = np.average(known, axis=0, weights=[len(part) for part in parts])
        noise = self._chance.standard_normal(len(mean))
        mixed = mean / np.linalg.norm(mean) + NOISE * noise / np.linalg.norm(noise)
        found: Vector = (mixed / np.linalg.norm(mixed)).astype(np.float32)
        return found


def _related(themes: Sequence[Theme], parents: Mapping[str, str | None]) -> dict[str, list[Theme]]:
    """For each theme the others of its language that share a branch of the vocabulary."""

    def root(niche: str) -> str:
        seen = {niche}
        while (above := parents.get(niche)) and above not in seen:
            niche = above
            seen.add(niche)
        return niche

    branches = [{root(niche) for niche in theme.need.niches} for theme in themes]
    return {
        theme.need.need_id: [
            other
            for other, others in zip(themes, branches, strict=True)
            if other is not theme and others & own and other.need.language == theme.need.language
        ]
        for theme, own in zip(themes, branches, strict=True)
    }
