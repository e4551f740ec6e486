"""Whether two demands of a city say the same: a question for its ambassador, never an answer.

With embeddings their nearness in meaning decides, by the stored centres alone (not the running
ones), so that every replica finds the same; without, the words that they share. How near is near
enough was measured (docs/decisions/0024-duplicates.md).
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain import analysis
from services.matcher.domain.centres import Centres, unit
from services.matcher.domain.index import said_by
from services.matcher.domain.model import Need

IN_ONE_LANGUAGE = 0.66
"""The cosine from which on two demands in one language may be duplicates."""
ACROSS_LANGUAGES = 0.48
"""The same for demands in two languages, whose vectors lie farther apart."""
BY_WORDS = 0.49
"""The share of words from which on they may be, where there is no cosine."""

_NAMESPACE = uuid.UUID("6a697372-0000-4000-8000-6475706c6963")


@dataclass(frozen=True, slots=True)
class Said:
    """What a demand says, ready to be compared. ``vector`` is centred, of unit length; None where
    there is none, or none in a space in which the cosines were measured.
    """

    language: str
    terms: Mapping[str, float]
    vector: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """How far two demands say the same, between -1 and 1, and from where on they may be one."""

    by_meaning: bool
    value: float
    least: float

    @property
    def is_near(self) -> bool:
        """Whether the ambassador is to look."""
        return self.value >= self.least


def said(need: Need, centres: Centres | None) -> Said:
    """``need`` as it is compared; ``centres`` are those of the model of its vector."""
    language = analysis.primary(need.language)
    vector = None
    if need.vector is not None and centres is not None and centres.queries:
        vector = unit(centres.mapped(need.vector) - centres.of_query(language))
    return Said(language, said_by(need).weights, vector)


def likeness(one: Said, other: Said) -> Likeness:
    """How near two demands are, the same in either order."""
    if one.vector is None or other.vector is None:
        return Likeness(by_meaning=False, value=shared(one.terms, other.terms), least=BY_WORDS)
    near = float(one.vector @ other.vector)
    least = IN_ONE_LANGUAGE if one.language == other.language else ACROSS_LANGUAGES
    return Likeness(by_meaning=True, value=near, least=least)


def shared(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The share of words that two texts have in common, by weight, between 0 and 1 (Dice, 1945)."""
    whole = math.fsum((*one.values(), *other.values()))
    both = math.fsum(min(weight, other[term]) for term, weight in one.items() if term in other)
    return 2 * both / whole if whole else 0.0


def duplicates(one: Said, others: Mapping[str, Said]) -> dict[str, Likeness]:
    """Those of ``others``, by id, that may say the same as ``one``."""
    found = {need_id: likeness(one, other) for need_id, other in others.items()}
    return {need_id: near for need_id, near in sorted(found.items()) if near.is_near}


def pair_id(one: str, other: str) -> str:
    """The one id of two demands, whichever came second and however often they are compared."""
    return str(uuid.uuid5(_NAMESPACE, "\n".join(sorted((one, other)))))
