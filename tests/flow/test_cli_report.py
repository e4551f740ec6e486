"""`jisr report` and `jisr judgements` on a hub's own database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.cli.evaluate import loading
from tests.flow.cli import environment, jisr
from tests.flow.intake_door import Door, demand, open_door
from tests.flow.intake_life import at, changed, decision, match, tell

_STRUCK = """
INSERT INTO judgements (need_id, supply_id, verdict, judged_by, judged_at)
VALUES ($1, 'borj', 'struck', 'settat', clock_timestamp())
"""


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    """Intake on a database with a directory, three members, and what became of four demands."""
    async with open_door(database_url) as opened:
        await _told(opened)
        yield opened


async def _told(door: Door) -> None:
    for path, body in (
        ("city/settat", {"names": {"fr": "Settat"}, "university": "UH1"}),
        ("niche/mobile-payment", {"labels": {"fr": "Paiement mobile", "en": "Mobile payment"}}),
    ):
        found = await door.ask("PUT", f"/v1/directory/{path}", body, source="hub")
        assert found.status_code in (200, 201, 202), found.text
    for name in ("khlass", "sarf", "borj"):
        facts = {"cluster": "mnc", "name": name.title(), "kind": "startup"}
        text = f"{name} encaisse par carte et par USSD."
        body = facts | {"description": text, "contact": {"email": f"{name}@private.example"}}
        found = await door.ask("PUT", f"/v1/members/{name}", body, source="hub")
        assert found.status_code in (200, 201, 202), found.text
    one, two, three, _ = [await _demand(door, n) for n in range(1, 5)]
    yes = {"answer": "accept", "at": at(60)}
    no = {"answer": "decline", "reason": "not-my-field", "at": at(120)}
    await tell(
        door,
        decision(one, "proposed", 1),
        _match(
            one, "khlass", "introduced", accepted_at=at(60), introduced_at=at(90), supply_said=yes
        ),
        _match(one, "sarf", "declined", supply_said=no),
        changed(one, "fulfilled", 2),
        decision(two, "proposed", 1),
        _match(two, "borj", "lapsed"),
        changed(two, "proposed", 2),
        decision(three, "unmatched", 1),
        changed(three, "unmatched", 2),
    )


async def _demand(door: Door, number: int) -> str:
    sent = await door.post(demand(external_id=f"SET-{number}", niches=["mobile-payment"]))
    assert sent.status_code == 202, sent.text
    return str(sent.json()["id"])


def _match(demand_id: str, member: str, state: str, **more: Any) -> Any:
    owner = {"type": "member", "id": member}
    supply = {"kind": "member", "id": member, "owner": owner, "title": member, "version": 1}
    return match(demand_id, state, match_id=f"{demand_id}-{member}", supply=supply, **more)


async def test_the_report_counts_what_became_of_the_hubs_demands(
    door: Door, database_url: str, tmp_path: Path
) -> None:
    page, data = tmp_path / "report.html", tmp_path / "report.json"
    env = environment(DATABASE_URL=database_url)
    ended = await jisr("report", "--html", str(page), "--json", str(data), env=env)
    assert ended.code == 0, ended.err
    whole = json.loads(data.read_text())["whole"]
    assert (whole["demands"], whole["decided"], whole["unmatched"]) == (4, 3, 1)
    assert whole["answers"] == {"accepted": 1, "declined": 1, "silent": 1}
    assert (whole["introduced"], whole["first_answer"]["going_on"]) == (1, 1)
    assert "Settat" in ended.out
    assert "1 of 3" in ended.out
    assert "Mobile payment" in page.read_text()
    assert "private.example" not in page.read_text() + data.read_text() + ended.out


async def test_a_time_before_the_hub_has_nothing_to_report(database_url: str) -> None:
    env = environment(DATABASE_URL=database_url)
    ended = await jisr("report", "--until", "2020-01-01", "--language", "fr", env=env)
    assert (ended.code, "Aucune demande" in ended.out) == (0, True)
    wrong = await jisr("report", "--since", "2021-01-01", "--until", "2020-01-01", env=env)
    assert (wrong.code, "--until" in wrong.err) == (2, True)


async def test_what_was_answered_is_written_as_judged_pairs(
    door: Door, database_url: str, tmp_path: Path
) -> None:
    env = environment(DATABASE_URL=database_url)
    ended = await jisr("judgements", "--out", str(tmp_path / "hub"), env=env)
    assert ended.code == 0, ended.err
    assert "1 right pairs and 1 wrong ones of 1 demands" in ended.out
    found = loading.read(tmp_path / "hub")
    one = next(row for row in found.demands if row.id in found.grades)
    assert found.grades == {one.id: {"khlass": 2, "sarf": 0}}
    assert len(found.demands) == 4
    assert "carte" in next(row for row in found.members if row.id == "khlass").fields["description"]
    written = "".join(path.read_text() for path in (tmp_path / "hub").iterdir())
    assert "private.example" not in written
    assert "zraa-market.example" not in written


async def test_a_hub_with_few_answers_says_that_they_are_few(
    door: Door, database_url: str, tmp_path: Path
) -> None:
    env = environment(DATABASE_URL=database_url)
    ended = await jisr("train", "--from-hub", "--models", str(tmp_path / "models"), env=env)
    assert ended.code == 2
    assert "1 judged demands with 1 right pairs and 1 wrong ones are too few" in ended.err
    nothing = await jisr("train", env=env)
    assert (nothing.code, "--from-hub" in nothing.err) == (2, True)


async def test_the_ambassadors_word_is_read_where_the_matcher_keeps_it(
    door: Door, database_url: str, tmp_path: Path
) -> None:
    one = await door.database.pool.fetchval(
        "SELECT id FROM facts WHERE kind = 'demand' AND external_id = 'SET-4'"
    )
    matcher = await asyncpg.connect(database_url, server_settings={"search_path": "matcher"})
    await matcher.execute("SET session_replication_role = replica")  # without the need's own row
    await matcher.execute(_STRUCK, one)
    await matcher.close()
    env = environment(DATABASE_URL=database_url)
    ended = await jisr("judgements", "--out", str(tmp_path / "hub"), env=env)
    assert ended.code == 0, ended.err
    assert loading.read(tmp_path / "hub").grades[one] == {"borj": 0}
