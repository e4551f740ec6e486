"""The vectors of the niches' labels, by which demands are understood that name no niche."""

from __future__ import annotations

from collections.abc import Sequence

from services.matcher.domain.inference import FEWEST, Niche, lacking
from services.matcher.domain.model import Vector
from services.matcher.use_cases.need_vectors import Ask


async def of_niches(ask: Ask, niches: Sequence[Niche]) -> dict[str, Vector]:
    """The vectors there are of `Niche.texts`, by text; none of a vocabulary that is too small."""
    if len(niches) < FEWEST:
        return {}
    texts = lacking(niches, {})
    found = await ask(texts, "passage")
    return {text: v for text, v in zip(texts, found, strict=True) if v is not None}
