"""Vectors, each computed once: kept in PostgreSQL by the hash of (model, side, text)."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Sequence

import numpy as np

from services.matcher import metrics
from services.matcher.adapters.embedder import Model
from services.matcher.domain.model import Vector
from services.matcher.exceptions import ModelAway, TextRefused
from services.matcher.use_cases.ports import Side
from services.runtime.database import Database

logger = logging.getLogger(__name__)

_CHECK_S = 3.0
_FIRST_ABSENCE_S, _LONGEST_ABSENCE_S = 2.0, 60.0

_KNOWN = "SELECT hash, vector FROM vectors WHERE hash = ANY($1::bytea[])"
_KEEP = """
INSERT INTO vectors (hash, model, vector) SELECT h, $3, v
FROM unnest($1::bytea[], $2::bytea[]) AS new(h, v) ON CONFLICT DO NOTHING
"""

Found = dict[bytes, Vector]


class StoredEmbedder:
    """See `ports.Embedder`: vectors from PostgreSQL, or else from ``model``.

    When the model cannot be used, texts get no vector and none is sent to it until `check` finds
    it back: nobody waits for a model that is known to be away.
    """

    def __init__(
        self,
        database: Database,
        model: Model | None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._model = model
        self._clock = clock
        self._refused: set[bytes] = set()
        self._absence = 0.0
        self._asked_again_at = 0.0
        self.away: str | None = None

    @property
    def model_name(self) -> str | None:
        """See `ports.Embedder.model_name`."""
        return self._model.name if self._model else None

    @property
    def away_for(self) -> float:
        """See `ports.Embedder.away_for`."""
        return max(0.0, self._asked_again_at - self._clock()) if self.away else 0.0

    async def known(self, texts: Sequence[str], side: Side) -> list[Vector | None]:
        """See `ports.Embedder.known`."""
        if self._model is None or not texts:
            return [None] * len(texts)
        hashes = [self._hash(text, side) for text in texts]
        found = await self._stored(hashes)
        return [found.get(known) for known in hashes]

    async def embed(self, texts: Sequence[str], side: Side) -> list[Vector | None]:
        """See `ports.Embedder.embed`."""
        if self._model is None or not texts:
            return [None] * len(texts)
        wanted = {self._hash(text, side): text for text in texts if text.strip()}
        found = await self._stored(list(wanted))
        missing = [h for h in wanted if h not in found and h not in self._refused]
        try:
            for start in range(0, len(missing), self._model.at_once):
                if self.away is not None:
                    break  # `check` says when it is back
                hashes = missing[start : start + self._model.at_once]
                found.update(await self._compute(self._model, wanted, hashes, side))
        except ModelAway as error:
            self._went_away(str(error))
        return [found.get(self._hash(text, side)) for text in texts]

    async def check(self) -> bool:
        """Ask the model for one short vector; False, with the reason in `away`, without."""
        if self._model is None:
            return False
        try:
            await self._model.vectors(["jisr"], "query", _CHECK_S)
        except (ModelAway, TextRefused) as error:
            self._went_away(str(error))
            return False
        self._came_back()
        return True

    async def close(self) -> None:
        """Give back what the model holds."""
        if self._model is not None:
            await self._model.close()

    def _hash(self, text: str, side: Side) -> bytes:
        return hashlib.sha256(f"{self.model_name}\0{side}\0{text}".encode()).digest()

    async def _stored(self, hashes: list[bytes]) -> Found:
        rows = await self._database.pool.fetch(_KNOWN, hashes)
        return {row["hash"]: np.frombuffer(row["vector"], "<f4") for row in rows}

    async def _compute(
        self, model: Model, wanted: dict[bytes, str], hashes: list[bytes], side: Side
    ) -> Found:
        started = time.perf_counter()
        try:
            vectors = await model.vectors([wanted[h] for h in hashes], side)
        except TextRefused as error:
            return await self._one_by_one(model, wanted, hashes, side, error)
        metrics.EMBED_SECONDS.observe((time.perf_counter() - started) / len(hashes))
        self._came_back()
        packed = [v.astype("<f4").tobytes() for v in vectors]
        await self._database.pool.execute(_KEEP, hashes, packed, model.name)
        return dict(zip(hashes, vectors, strict=True))

    async def _one_by_one(
        self,
        model: Model,
        wanted: dict[bytes, str],
        hashes: list[bytes],
        side: Side,
        error: TextRefused,
    ) -> Found:
        """One text that the model refuses keeps no other from its vector, and is not sent again."""
        found: Found = {}
        if len(hashes) > 1:
            for one in hashes:
                found.update(await self._compute(model, wanted, [one], side))
        elif await self.check():  # else it refuses everything, and the text is not at fault
            self._refused.update(hashes)
            metrics.EMBED_REFUSED.inc()
            logger.error("a text of %d characters stays without: %s", len(wanted[hashes[0]]), error)
        return found

    def _went_away(self, reason: str) -> None:
        longer = max(_FIRST_ABSENCE_S, 2 * self._absence)
        self._absence = min(longer, _LONGEST_ABSENCE_S)
        self._asked_again_at = self._clock() + self._absence
        self.away = reason
        metrics.EMBED_AWAY.inc()
        logger.warning("%s; matching by words, asking again in %g s", reason, self._absence)

    def _came_back(self) -> None:
        if self.away is not None:
            logger.warning("the embedding model answers again")
        self.away, self._absence = None, 0.0
