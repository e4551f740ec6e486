"""The hub with an embeddings endpoint: there, away, failing, and refusing a text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY

from schemas.supply import Supply
from schemas.topics import DEMANDS, SUPPLIES
from services.runtime.settings import Settings
from tests import embedding_server as fake
from tests.embedding_server import DIMENSION, EmbeddingServer
from tests.flow.matcher_facts import GOOD, demand, event_of, member, offer
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.waiting import eventually

pytestmark = pytest.mark.kafka
NAME = f"endpoint:words@{DIMENSION}"


@pytest.fixture
async def server() -> AsyncIterator[EmbeddingServer]:
    """A server that can be told to misbehave."""
    async with fake.embedding_server() as running:
        yield running


@pytest.fixture
def with_endpoint(settings: Settings, server: EmbeddingServer) -> Settings:
    """A hub that embeds by ``server``."""
    return settings.model_copy(
        update={
            "embedder": "endpoint",
            "embed_url": server.url,
            "embed_model": "words",
            "embed_dimension": DIMENSION,
            "embed_timeout_s": 1.0,
        }
    )


async def embedder_of(hub: MatcherHub, number: int = 0) -> str:
    """What /readyz says of the embedder."""
    ready, facts = await hub.matchers[number].readiness()
    assert ready
    return str(facts["embedder"])


async def every_embedder_is(hub: MatcherHub, name: str) -> bool:
    """Whether /readyz of each matcher names this model."""
    return {await embedder_of(hub, n) for n in range(len(hub.matchers))} == {name}


def lexical_only() -> float | None:
    return REGISTRY.get_sample_value("jisr_lexical_only")


async def all_have_vectors(hub: MatcherHub) -> bool:
    """Whether nothing that any matcher has in mind lacks a vector."""
    makers = [hub.maker(number) for number in range(len(hub.matchers))]
    return await hub.indexed() and not any(
        maker.incomplete or any(need.vector is None for need in maker.needs.values())
        for maker in makers
    )


async def test_needs_and_supplies_are_embedded_by_the_endpoint_once(
    with_endpoint: Settings, server: EmbeddingServer
) -> None:
    async with hub_of(with_endpoint) as hub:
        assert await embedder_of(hub) == NAME
        assert lexical_only() == 0
        await hub.tell(member("m-1"), member("m-2"), demand("d-1"), demand("d-2"))
        await eventually(lambda: hub.proposed_are("d-1", {"m-1", "m-2"}))
        await eventually(lambda: hub.proposed_are("d-2", {"m-1", "m-2"}))
        await eventually(lambda: all_have_vectors(hub))
        assert len(set(server.texts)) == 3
        asked = len(server.texts)  # two that come at once may both ask
        await hub.tell(demand("d-3"))
        await eventually(lambda: hub.proposed_are("d-3", {"m-1", "m-2"}))
        assert len(server.texts) == asked
        models = await hub.database.fetch("SELECT DISTINCT model FROM vectors")
        assert [row["model"] for row in models] == [NAME]


async def test_a_hub_whose_endpoint_is_away_starts_with_words_and_finds_the_vectors_later(
    with_endpoint: Settings, server: EmbeddingServer
) -> None:
    await server.stop()
    async with hub_of(with_endpoint, 2) as hub:
        assert (await embedder_of(hub)).startswith("lexical: The embedding model cannot be used")
        assert lexical_only() == 1
        await hub.tell(member("m-1"), offer("o-1"), demand("d-1"))
        await eventually(lambda: hub.proposed_are("d-1", {"m-1", "o-1"}))
        before = {match.match_id for match in await hub.matches("d-1")}
        await server.start()
        await eventually(lambda: all_have_vectors(hub))
        await eventually(lambda: every_embedder_is(hub, NAME))
        assert lexical_only() == 0
        await hub.tell(member("m-2"))
        await eventually(lambda: hub.proposed_are("d-1", {"m-1", "m-2", "o-1"}))
        assert before <= {match.match_id for match in await hub.matches("d-1")}


@pytest.mark.parametrize("fault", [fake.hang, fake.status(500), fake.text])
async def test_a_demand_does_not_wait_for_an_endpoint_that_fails(
    with_endpoint: Settings, server: EmbeddingServer, fault: fake.Answer
) -> None:
    async with hub_of(with_endpoint) as hub:
        await hub.tell(member("m-1"))
        await eventually(lambda: all_have_vectors(hub))
        server.always = fault
        await hub.tell(demand("d-1"), demand("d-2", title="Autre titre de paiement mobile"))
        await eventually(lambda: hub.proposed_are("d-1", {"m-1"}))
        await eventually(lambda: hub.proposed_are("d-2", {"m-1"}))
        assert (await embedder_of(hub)).startswith("lexical: ")
        server.always = None
        await eventually(lambda: all_have_vectors(hub))
        assert await embedder_of(hub) == NAME


async def test_a_supply_whose_turn_the_endpoint_fails_at_gets_its_vector_later(
    with_endpoint: Settings, server: EmbeddingServer
) -> None:
    async def only_greets(body: dict[str, list[str]]) -> fake.web.StreamResponse:
        return await (fake.vectors if body["input"] == ["jisr"] else fake.status(500))(body)

    await server.stop()
    server.always = only_greets
    async with hub_of(with_endpoint) as hub:
        await hub.tell(member("m-1"))
        await eventually(lambda: hub.indexed_are(1))
        await server.start()
        await eventually(lambda: GOOD in server.texts)
        asked = server.texts.count("jisr")
        await eventually(lambda: server.texts.count("jisr") > asked)  # it has failed, and is back
        server.always = None
        await eventually(lambda: has_vectors(hub, "m-1"))


async def has_vectors(hub: MatcherHub, supply_id: str) -> bool:
    """Whether a supply was last told to every matcher with a vector of each piece."""
    key = supply_id.encode()
    *_, last = [r.value for r in await hub.records(SUPPLIES.name) if r.key == key]
    return all(piece.vector for piece in Supply.model_validate_json(last).pieces)


async def test_the_first_of_a_burst_does_not_wait_for_the_last(
    with_endpoint: Settings, server: EmbeddingServer
) -> None:
    released = asyncio.Event()

    async def slow(body: dict[str, list[str]]) -> fake.web.StreamResponse:
        if any("lent" in text for text in body["input"]):
            await released.wait()
        return await fake.vectors(body)

    server.always = slow
    patient = with_endpoint.model_copy(update={"embed_timeout_s": 60.0})
    async with hub_of(patient) as hub:
        await hub.tell(member("m-1"))
        await eventually(lambda: all_have_vectors(hub))
        await hub.stop_matcher()
        for one in (demand("d-1"), demand("d-2", summary="lent"), demand("d-3")):
            event = event_of(one)
            await hub.put(DEMANDS, event.data, event.headers(), b"the same", 0)
        await hub.start_matcher()
        await eventually(lambda: hub.proposed_are("d-1", {"m-1"}))
        assert await hub.outcome("d-2") is None
        released.set()
        await eventually(lambda: hub.proposed_are("d-2", {"m-1"}))
        await eventually(lambda: hub.proposed_are("d-3", {"m-1"}))


async def test_a_text_that_the_endpoint_refuses_stays_without_and_blocks_nobody(
    with_endpoint: Settings, server: EmbeddingServer
) -> None:
    async def picky(body: dict[str, list[str]]) -> fake.web.StreamResponse:
        poison = any("poison" in text for text in body["input"])
        return await (fake.status(400, "no") if poison else fake.vectors)(body)

    server.always = picky
    async with hub_of(with_endpoint) as hub:
        await hub.tell(member("m-1", description="poison"), member("m-2"), demand("d-1"))
        await eventually(lambda: hub.proposed_are("d-1", {"m-2"}))
        await eventually(lambda: all_have_vectors(hub))
        assert await embedder_of(hub) == NAME
        assert server.texts.count("poison") == 1


async def test_a_hub_in_lexical_mode_says_so(settings: Settings) -> None:
    async with hub_of(settings) as hub:
        assert await embedder_of(hub) == "lexical"
        assert lexical_only() == 0
