"""Names of fitted scores: a version says which weights, and never two of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

from services.matcher.domain.scoring import ScoreModel

_DIGITS = 8


def named(model: ScoreModel, day: date) -> ScoreModel:
    """``model`` with a version of its own: the day, and a hash of its weights."""
    weights = json.dumps(_weights(model), sort_keys=True)
    digest = hashlib.sha256(weights.encode()).hexdigest()[:_DIGITS]
    return replace(model, version=f"{day:%Y-%m-%d}.{digest}")


def taken(model: ScoreModel, folders: Iterable[Path]) -> Path | None:
    """The stored score of the same version and other weights, in any of ``folders``, if any is."""
    for folder in folders:
        for path in sorted(folder.glob("score*.json")):
            try:
                stored = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                continue  # it names nothing
            same = isinstance(stored, dict) and stored.get("version") == model.version
            if same and stored != asdict(model):
                return path
    return None


def _weights(model: ScoreModel) -> dict[str, float]:
    return {name: value for name, value in asdict(model).items() if name != "version"}
