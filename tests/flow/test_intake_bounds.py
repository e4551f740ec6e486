"""For which cities and clusters a key speaks, and who may change a member."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from typer.testing import CliRunner, Result

from services.cli.errors import CommandFailed
from services.cli.main import app
from services.intake.adapters.keys import create_key
from services.intake.domain.speakers import Role
from tests.flow.intake_door import Door, demand, member, offer, open_door


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    """A hub with a key that speaks for two cities, and one for one cluster."""
    async with open_door(database_url) as one:
        for source, role, speaks_for in (
            ("city:pair", Role.CITY, ["fes", "meknes"]),
            ("cluster:bound", Role.CLUSTER, ["mnc"]),
        ):
            new = await create_key(one.database, source, role, speaks_for)
            one.keys[source] = new.key
        yield one


async def test_a_citys_key_speaks_for_its_own_cities_alone(door: Door) -> None:
    for city in ("fes", "meknes"):
        answer = await door.post(demand(external_id=city, city=city), source="city:pair")
        assert answer.status_code == 202
    refused = await door.post(demand(), source="city:pair")
    problem = refused.json()
    assert (refused.status_code, problem["type"]) == (403, "urn:jisr:problem:forbidden")
    assert problem["detail"] == "city:pair speaks for fes, meknes, not for 'settat'."
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [("/city", "not_yours")]
    theirs = offer(owner={"type": "city", "id": "settat"}, city="fes")
    refused = await door.ask("POST", "/v1/offers", theirs, source="city:pair")
    assert [e["pointer"] for e in refused.json()["errors"]] == ["/owner/id"]


async def test_a_source_that_was_never_bound_names_any_city_as_before(door: Door) -> None:
    for city in ("settat", "oujda"):
        assert (await door.post(demand(external_id=city, city=city))).status_code == 202


async def test_a_member_that_the_hub_wrote_first_is_its_clusters_to_change(door: Door) -> None:
    address = "/v1/members/khlasspay"
    assert (await door.ask("PUT", address, member(), source="hub")).status_code == 202
    read = await door.ask("GET", address, source="cluster:bound")
    assert (read.status_code, read.json()["source"]) == (200, "hub")
    changed = await door.ask("PUT", address, member(name="Khlass"), source="cluster:bound")
    assert (changed.status_code, changed.json()["version"]) == (202, 2)
    gone = await door.ask("DELETE", address, source="cluster:bound")
    assert gone.json()["state"] == "inactive"


async def test_a_member_of_another_cluster_is_neither_read_nor_changed_nor_moved(
    door: Door,
) -> None:
    address = "/v1/members/elsewhere"
    theirs = member(cluster="other")
    assert (await door.ask("PUT", address, theirs, source="cluster:other")).status_code == 202
    assert (await door.ask("GET", address, source="cluster:bound")).status_code == 404
    assert (await door.ask("DELETE", address, source="cluster:bound")).status_code == 404
    written = await door.ask("PUT", address, theirs, source="cluster:bound")
    assert [e["pointer"] for e in written.json()["errors"]] == ["/cluster"]
    taken_over = await door.ask("PUT", address, member(), source="cluster:bound")
    assert taken_over.status_code == 403
    (event,) = await door.events("jisr.members.v1")
    assert event["cluster"] == "other"


@pytest.fixture
def keys(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> CliRunner:
    """`jisr keys` on a hub's database."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path_factory.mktemp("nowhere"))
    return CliRunner(env={"COLUMNS": "200"})


async def run(keys: CliRunner, *words: str) -> Result:
    """The result of ``jisr keys WORDS``, which has an event loop of its own."""
    return await asyncio.to_thread(keys.invoke, app, ["keys", *words])


async def test_a_new_key_speaks_for_the_city_or_cluster_in_its_name(keys: CliRunner) -> None:
    made = await run(keys, "create", "--source", "city:fes")
    assert "city:fes's, city, for fes." in made.stderr
    assert made.stdout.startswith("jisr_")
    assert (
        "for mnc."
        in (await run(keys, "create", "--source", "cluster:mnc", "--role", "cluster")).stderr
    )
    assert (
        "for everything." in (await run(keys, "create", "--source", "hub", "--role", "hub")).stderr
    )


async def test_a_key_whose_name_says_nothing_needs_its_cities(keys: CliRunner) -> None:
    refused = await run(keys, "create", "--source", "erp")
    assert isinstance(refused.exception, CommandFailed)
    assert "--city ID" in str(refused.exception)
    assert (
        "for fes, meknes."
        in (
            await run(keys, "create", "--source", "erp", "--city", "meknes", "--city", "fes")
        ).stderr
    )
    odd = await run(keys, "create", "--source", "hub", "--role", "hub", "--city", "fes")
    assert "--city is for a city's source" in str(odd.exception)


async def test_whom_a_source_speaks_for_changes_by_bind_alone(
    keys: CliRunner, database_url: str
) -> None:
    async with open_door(database_url):
        pass  # its sources are registered as they were before there were bounds
    assert "any city" in (await run(keys, "list", "--source", "city:settat")).stdout
    differs = await run(keys, "create", "--source", "city:settat", "--city", "settat")
    assert "jisr keys bind" in str(differs.exception)
    assert "for any city." in (await run(keys, "create", "--source", "city:settat")).stderr
    assert (
        "speaks for settat" in (await run(keys, "bind", "city:settat", "--city", "settat")).stdout
    )
    shown = (await run(keys, "list", "--source", "city:settat")).stdout
    assert "any city" not in shown
    assert (await run(keys, "bind", "nobody", "--city", "x")).exception is not None
    assert (await run(keys, "bind", "hub", "--city", "x")).exception is not None
