"""Vectors of the texts of a set, computed in small batches, and kept between runs if asked to."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.cli.errors import CommandFailed
from services.matcher.adapters.embedder import Model
from services.matcher.domain.model import Vector
from services.matcher.domain.passages import MOST, mean, parts
from services.matcher.exceptions import TextRefused
from services.matcher.use_cases.ports import Side

_AT_ONCE = 8
# Without a wait for the disk at each vector, which would count as time of embedding.
_SETTINGS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL")
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (hash BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"


class Vectors:
    """Vectors of one model, each text embedded once; ``kept`` holds those of earlier runs.

    The model is asked on the loop of ``runner``, one batch after another. ``refused`` are the texts
    that it refuses for themselves; they stay without a vector, as in the service.
    """

    def __init__(
        self, model: Model, runner: asyncio.Runner, kept: sqlite3.Connection | None = None
    ) -> None:
        self.model = model
        self.computed = 0
        self.refused: set[str] = set()
        self._runner = runner
        self._kept = kept

    def of_passages(
        self, texts: Iterable[str], advance: Callable[[int, int], None]
    ) -> dict[str, Vector]:
        """The vector of each text that is neither blank nor refused; ``advance`` hears of all."""
        wanted = list(dict.fromkeys(text for text in texts if text.strip()))
        found: dict[str, Vector] = {}
        many = max(_AT_ONCE, self.model.at_once)
        for start in range(0, len(wanted), many):
            batch = wanted[start : start + many]
            found |= self._many(batch, "passage")
            advance(len(batch), len(wanted))
        return found

    def many(
        self, texts: Sequence[str], side: Side, advance: Callable[[int, int], None]
    ) -> NDArray[np.float32]:
        """The vectors (n, d) of ``texts``, none of them blank."""
        found: list[Vector] = []
        for start in range(0, len(texts), _AT_ONCE):
            batch = texts[start : start + _AT_ONCE]
            vectors = self._many(batch, side)
            found += [vectors[text] for text in batch]
            advance(len(batch), 2 * len(texts))
        return np.array(found, np.float32)

    def of_query(self, text: str) -> Vector | None:
        """The vector of one demand's text; None when it is blank, or a part of it refused."""
        if not text.strip():
            return None
        cut = parts(text)[:MOST]  # as the service embeds a need
        vectors = self._many(cut, "query")
        if any(part not in vectors for part in cut):
            return None
        found = [vectors[part] for part in cut]
        return found[0] if len(found) == 1 else mean(found, [len(part) for part in cut])

    def _many(self, texts: Sequence[str], side: Side) -> dict[str, Vector]:
        """The vectors of ``texts``, but of those that are refused."""
        recalled = {text: self._recall(text, side) for text in texts}
        found = {text: vector for text, vector in recalled.items() if vector is not None}
        missing = [text for text in recalled if text not in found and text not in self.refused]
        if missing:
            computed = self._compute(missing, side)
            self.computed += len(computed)
            for text, vector in computed.items():
                self._keep(text, side, vector)
            found |= computed
        return found

    def _compute(self, texts: list[str], side: Side) -> dict[str, Vector]:
        try:
            return dict(zip(texts, self._ask(texts, side), strict=True))
        except TextRefused:
            if len(texts) > 1:
                alone = [self._compute([text], side) for text in texts]
                return {text: vector for one in alone for text, vector in one.items()}
            self._ask(["jisr"], "query")  # else it refuses everything, and the text is not at fault
            self.refused.add(texts[0])
            return {}

    def _ask(self, texts: list[str], side: Side) -> list[Vector]:
        return self._runner.run(self.model.vectors(texts, side))

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
def vectors_of(model: Model | None, folder: Path | None) -> Iterator[Vectors | None]:
    """The vectors of ``model``, which is closed at the end; None without a model.

    They are kept in ``folder``, which is made if need be; None keeps them nowhere.
    """
    if model is None:
        yield None
        return
    with ExitStack() as held:
        kept = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            kept = held.enter_context(closing(_opened(folder / "vectors.sqlite")))
        runner = held.enter_context(asyncio.Runner())
        held.callback(lambda: runner.run(model.close()))
        yield Vectors(model, runner, kept)


def _opened(path: Path) -> sqlite3.Connection:
    kept = sqlite3.connect(path)
    try:
        for statement in (*_SETTINGS, _TABLE):
            kept.execute(statement)
    except sqlite3.DatabaseError as error:
        kept.close()
        raise CommandFailed(f"{path} holds no kept vectors ({error}). Delete it.") from error
    return kept
