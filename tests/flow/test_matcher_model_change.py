"""Another embedding model: the old vectors serve until all is embedded again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from schemas.envelope import from_record
from schemas.supply import Supply
from schemas.topics import SUPPLIES
from services.runtime.settings import Settings
from tests import embedding_server as fake
from tests.embedding_server import DIMENSION, OTHER, OTHER_DIMENSION, EmbeddingServer
from tests.flow.matcher_facts import GOOD, demand, member
from tests.flow.matcher_facts import OTHER as OTHER_TRADE
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.kafka.processes import ServiceProcess
from tests.waiting import eventually

pytestmark = pytest.mark.kafka
OLD, NEW = f"endpoint:words@{DIMENSION}", f"endpoint:{OTHER}@{OTHER_DIMENSION}"
MEMBERS = 30


@pytest.fixture
async def server() -> AsyncIterator[EmbeddingServer]:
    """A server of two models."""
    async with fake.embedding_server() as running:
        yield running


@pytest.fixture
def old(settings: Settings, server: EmbeddingServer) -> Settings:
    """A hub with the first model."""
    return with_model(settings, server, "words", DIMENSION)


@pytest.fixture
def new(old: Settings, server: EmbeddingServer) -> Settings:
    """The same hub with the second model."""
    return with_model(old, server, OTHER, OTHER_DIMENSION)


def with_model(settings: Settings, server: EmbeddingServer, model: str, size: int) -> Settings:
    changes: dict[str, Any] = {
        "embedder": "endpoint",
        "embed_url": server.url,
        "embed_model": model,
        "embed_dimension": size,
        "embed_timeout_s": 60.0,
        "embed_keep_days": 0,
    }
    return settings.model_copy(update=changes)


class Gate:
    """Lets one request for the second model through, and the others once it is `open`."""

    def __init__(self, server: EmbeddingServer) -> None:
        self.used = False
        self.open = asyncio.Event()
        server.always = self._answer

    async def _answer(self, body: dict[str, Any]) -> fake.web.StreamResponse:
        if body["model"] == OTHER and "jisr" not in body["input"]:
            if self.used:
                await self.open.wait()
            self.used = True
        return await fake.vectors(body)


async def says(hub: MatcherHub) -> str:
    """What /readyz says of the embedder of the newest matcher."""
    ready, facts = await hub.matchers[-1].readiness()
    assert ready
    return str(facts["embedder"])


async def serves(hub: MatcherHub, name: str) -> bool:
    """Whether the newest matcher embeds by this model, and is on its way to no other."""
    return await says(hub) == name


async def kept(hub: MatcherHub) -> set[str]:
    """The models whose vectors are kept."""
    return {row["model"] for row in await hub.database.fetch("SELECT DISTINCT model FROM vectors")}


async def only_kept(hub: MatcherHub, name: str) -> bool:
    return await kept(hub) == {name}


def members() -> list[Any]:
    """Two that serve the demand, and the others, of a text each."""
    good = [member("m-0"), member("m-1", description=f"{GOOD} Aussi.")]
    others = range(2, MEMBERS)
    return good + [member(f"m-{n}", description=f"{OTHER_TRADE} {n}", niches=()) for n in others]


async def filled(hub: MatcherHub) -> None:
    """Members and a demand, all with their vectors."""
    await hub.tell(*members(), demand("d-1"))
    await eventually(lambda: hub.indexed_are(MEMBERS))
    await eventually(lambda: hub.proposed_are("d-1", {"m-0", "m-1"}))
    await eventually(lambda: not hub.maker(0).incomplete)


async def published_models(hub: MatcherHub) -> dict[str, str | None]:
    """Whose vectors the newest record of each supply carries."""
    found: dict[str, str | None] = {}
    for record in await hub.records(SUPPLIES.name):
        supply = Supply.model_validate_json(from_record(record.headers, record.value).data)
        found[supply.supply_id] = supply.model
    return found


async def all_published_by(hub: MatcherHub, name: str) -> bool:
    return set((await published_models(hub)).values()) == {name}


async def test_the_old_vectors_serve_until_all_is_embedded_again(
    old: Settings, new: Settings, server: EmbeddingServer
) -> None:
    async with hub_of(old) as hub:
        await filled(hub)
        await hub.stop_matcher()
        gate = Gate(server)
        hub.settings = new
        await hub.start_matcher()
        await eventually(lambda: gate.used)
        await hub.tell(demand("d-2", title="Paiement mobile sécurisé, vite"))
        await eventually(lambda: hub.proposed_are("d-2", {"m-0", "m-1"}))
        assert (await says(hub)).startswith(f"{OLD}; ")
        assert f"embedded by {NEW}" in await says(hub)
        assert {len(need.vector) for need in hub.maker(0).needs.values()} == {DIMENSION}  # type: ignore[arg-type]
        gate.open.set()
        await eventually(lambda: serves(hub, NEW))
        await eventually(lambda: not hub.maker(0).incomplete)
        assert {len(need.vector) for need in hub.maker(0).needs.values()} == {OTHER_DIMENSION}  # type: ignore[arg-type]
        await eventually(lambda: only_kept(hub, NEW))
        await eventually(lambda: all_published_by(hub, NEW))
        sent = server.texts_for(OTHER)
        assert len(sent) == len(set(sent)) == MEMBERS + 2
        await hub.tell(demand("d-3", title="Paiement mobile sécurisé, bientôt"))
        await eventually(lambda: hub.proposed_are("d-3", {"m-0", "m-1"}))
        assert {len(need.vector) for need in hub.maker(0).needs.values()} == {OTHER_DIMENSION}  # type: ignore[arg-type]


async def test_a_replica_that_starts_after_the_change_needs_no_vector_again(
    old: Settings, new: Settings, server: EmbeddingServer
) -> None:
    async with hub_of(old) as hub:
        await filled(hub)
        await hub.stop_matcher()
        hub.settings = new
        await hub.start_matcher()
        await hub.start_matcher()
        await eventually(lambda: serves(hub, NEW))
        await eventually(lambda: all_published_by(hub, NEW))
        sent = len(server.texts_for(OTHER))
        await hub.start_matcher()
        assert await hub.indexed()
        assert await serves(hub, NEW)
        assert not hub.maker(2).incomplete
        assert len(server.texts_for(OTHER)) == sent


async def test_words_serve_where_the_old_model_is_gone(
    old: Settings, new: Settings, server: EmbeddingServer
) -> None:
    async with hub_of(old) as hub:
        await filled(hub)
        await hub.stop_matcher()
        await hub.database.execute("UPDATE models SET name = 'gone', place = NULL")
        gate = Gate(server)
        hub.settings = new
        await hub.start_matcher()
        await hub.tell(demand("d-2", title="Paiement mobile sécurisé, vite"))
        await eventually(lambda: hub.proposed_are("d-2", {"m-0", "m-1"}))
        assert (await says(hub)).startswith("lexical; ")
        gate.open.set()
        await eventually(lambda: serves(hub, NEW))
        assert {len(need.vector) for need in hub.maker(0).needs.values()} == {OTHER_DIMENSION}  # type: ignore[arg-type]


async def test_a_kill_in_the_middle_loses_nothing_and_nothing_is_embedded_twice(
    old: Settings, new: Settings, server: EmbeddingServer, tmp_path: Path
) -> None:
    async with hub_of(old) as hub:
        await filled(hub)
        await hub.stop_matcher()
        gate = Gate(server)
        killed = ServiceProcess("matcher", new, tmp_path)
        killed.start()
        try:
            await eventually(lambda: gate.used and len(server.texts_for(OTHER)) > 20, limit=60)
        finally:
            killed.kill()
        count = "SELECT count(*) FROM vectors WHERE model = $1"
        stored = await hub.database.fetchval(count, NEW)
        assert 0 < stored < MEMBERS
        before = len(server.texts_for(OTHER))
        gate.open.set()
        hub.settings = new
        await hub.start_matcher()
        await eventually(lambda: serves(hub, NEW))
        again = server.texts_for(OTHER)[before:]
        assert len(set(again)) == len(again) == MEMBERS + 1 - stored
        await hub.tell(demand("d-2", title="Paiement mobile sécurisé, vite"))
        await eventually(lambda: hub.proposed_are("d-2", {"m-0", "m-1"}))
