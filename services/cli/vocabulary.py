"""The vocabulary of niches, as a command gives it to the matcher's index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.cli.evaluate.vectors import Vectors
from services.matcher.domain.inference import Niche
from services.matcher.domain.model import Vector


def niches_of(entries: Iterable[Mapping[str, Any]]) -> list[Niche]:
    """The active niches of directory ``entries``; of one id the last."""
    told = {
        str(entry["id"]): Niche(
            str(entry["id"]), dict(entry.get("labels") or {}), tuple(entry.get("synonyms") or ())
        )
        for entry in entries
        if entry["entry"] == "niche" and entry.get("active", True)
    }
    return list(told.values())


def label_vectors(niches: Iterable[Niche], vectors: Vectors | None) -> dict[str, Vector]:
    """The vectors of `Niche.texts`, by text; none without a model."""
    texts = (text for niche in niches for text in niche.texts().values())
    return vectors.of_passages(texts, lambda _, __: None) if vectors else {}
