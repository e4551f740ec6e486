"""What the hub has stored of a pair, read to explain it: nothing is written or computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from schemas.match import Match
from services.matcher.adapters import cases, events, publish, supply_events
from services.matcher.adapters.embedder import Model
from services.matcher.adapters.needs import PostgresNeeds
from services.matcher.adapters.stored_vectors import StoredEmbedder
from services.matcher.adapters.supplies import PostgresSupplies
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.inference import Niche
from services.matcher.domain.life.case import Case
from services.matcher.domain.model import Need
from services.matcher.exceptions import ModelAway
from services.matcher.use_cases import supplies
from services.matcher.use_cases.labels import of_niches
from services.matcher.use_cases.need_ports import OpenNeed
from services.matcher.use_cases.need_vectors import of_needs
from services.matcher.use_cases.ports import Side
from services.runtime.database import Connection, Database

_NEED = "SELECT need_id, kind, facts, topic, partition, created_at FROM needs WHERE need_id = $1"
_NAMED = """
SELECT need_id, whole, need_id = $1 OR whole = $1 AS exact
FROM needs, concat_ws('/', facts->>'source', facts->>'external_id') AS whole
WHERE need_id = $1 OR whole = $1 OR facts->>'external_id' = $1
    OR right($1, length(facts->>'external_id') + 1) = '/' || (facts->>'external_id')
ORDER BY need_id = $1 DESC, whole = $1 DESC, whole LIMIT 20
"""
_HISTORY = "SELECT supply_id, state FROM matches WHERE need_id = $1"
_LIFE = "SELECT life FROM needs WHERE need_id = $1"
_BODIES = "SELECT body FROM matches WHERE need_id = $1 ORDER BY match_id"
_BEFORE = """
SELECT need_id, kind, facts, topic, partition FROM needs
WHERE kind = 'demand' AND created_at < $1 ORDER BY created_at DESC LIMIT $2
"""
_SERVING = """
SELECT name, (SELECT octet_length(vector) / 4 FROM vectors WHERE model = name LIMIT 1) AS dimension
FROM models WHERE state = 'serving'
"""
_MATCH = "SELECT body FROM matches WHERE need_id = $1 AND supply_id = $2"
_PAGE = 500
_REMEMBERED = 200


@dataclass
class Serving:
    """The model that serves, by name alone: its vectors are stored."""

    name: str
    dimension: int
    at_once: int = 1

    async def vectors(
        self,
        texts: Sequence[str],  # noqa: ARG002
        side: Side,  # noqa: ARG002
        patience: float | None = None,  # noqa: ARG002
    ) -> list[Any]:
        """Raises `ModelAway`: only what is stored is read."""
        raise ModelAway("the model is not loaded")

    async def close(self) -> None:
        """Holds nothing."""


async def serving(connection: Connection) -> Serving | None:
    """The model whose vectors serve; None where there are none."""
    row = await connection.fetchrow(_SERVING)
    return Serving(row["name"], row["dimension"]) if row and row["dimension"] else None


@dataclass(frozen=True, slots=True)
class Named:
    """A need, its ``whole`` name (source/external id), and whether that or its id was given."""

    need_id: str
    whole: str
    exact: bool


class StoredHub:
    """Reads the matcher's tables on ``connection``, with the vectors of ``model`` (None: words)."""

    def __init__(self, database: Database, connection: Connection, model: Model | None) -> None:
        self._connection = connection
        self._embedder = StoredEmbedder(database, model)
        self.needs = PostgresNeeds(connection)

    async def named(self, name: str) -> list[Named]:
        """The needs that ``name`` may mean: by their id, by source/external id, or by the external
        id alone, also behind another source. Those it names exactly come first; 20 at most.
        """
        rows = await self._connection.fetch(_NAMED, name)
        return [Named(row["need_id"], row["whole"], exact=row["exact"]) for row in rows]

    async def need(self, need_id: str) -> tuple[Need, list[Need]] | None:
        """The need of this id, and the demands that came before it, oldest first; None when there
        is none.
        """
        row = await self._connection.fetchrow(_NEED, need_id)
        if row is None:
            return None
        earlier = await self._connection.fetch(_BEFORE, row["created_at"], _REMEMBERED)
        rows = [row, *reversed(earlier)]
        stated = [
            events.need_of_stored(
                OpenNeed(r["need_id"], r["kind"], r["facts"], (r["topic"], r["partition"]))
            )
            for r in rows
        ]
        vectors = await of_needs(self._embedder.known, stated)
        asked, *before = [
            replace(need, vector=vector) for need, vector in zip(stated, vectors, strict=True)
        ]
        return asked, before

    async def history(self, need_id: str) -> dict[str, str]:
        """The state of each match of a need, by supply id."""
        rows = await self._connection.fetch(_HISTORY, need_id)
        return {row["supply_id"]: row["state"] for row in rows}

    async def case(self, need_id: str) -> Case | None:
        """The life of a need so far, not locked; None where it has none."""
        life = await self._connection.fetchval(_LIFE, need_id)
        rows = await self._connection.fetch(_BODIES, need_id)
        pairs = tuple(cases.pair_of(Match.model_validate(row["body"])) for row in rows)
        return cases.case_of(life, pairs) if life else None

    async def name(self, index: SupplyIndex, niches: Sequence[Niche]) -> None:
        """Make ``niches`` the vocabulary of ``index``, with the stored vectors of their texts."""
        index.name(niches, await of_niches(self._embedder.known, niches))

    async def fill(self, index: SupplyIndex) -> None:
        """Put every stored supply into ``index``, with its stored vectors."""
        after, name = "", self._embedder.model_name
        while page := await PostgresSupplies(self._connection).page(after, _PAGE):
            texts = [text for one in page for text in supplies.passages(one)]
            known = iter(await self._embedder.known(texts, "passage"))
            for one in page:
                ready = publish.with_vectors(one, [next(known) for _ in one.pieces], name)
                index.put(supply_events.supply(ready, name))
            after = page[-1].supply_id

    async def match(self, need_id: str, supply_id: str) -> Match | None:
        """The match of a pair, where it was proposed."""
        body = await self._connection.fetchval(_MATCH, need_id, supply_id)
        return Match.model_validate(body) if body else None
