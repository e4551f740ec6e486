"""The models that come with Jisr: files beside its code, which `jisr train --write` makes anew."""

from __future__ import annotations

from pathlib import Path

MODELS = Path(__file__).parent.parent / "models"
SCORE_MODEL = MODELS / "score.json"
