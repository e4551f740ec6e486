"""What an inbox held before there were notices is there still, and can be answered."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from services.runtime import database
from services.runtime.embedded import EmbeddedPostgres
from tests.flow.notifier_facts import match
from tests.flow.notifier_parts import open_pages

_ENTRY = """
INSERT INTO notifier.entries (entry_id, recipient_kind, recipient_id, message, match_id, need_id,
    state, version, content, answer, answer_reason, answered_at)
VALUES ($1, 'member', 'atlas-data', 'proposal', $2, $3, 'proposed', 1, $4, $5, $6,
    CASE WHEN $5::text IS NOT NULL THEN clock_timestamp() END)
"""


@pytest.fixture
async def before(postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A database of the version before notices: two proposals, one of them answered."""
    name = f"t_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(postgres.dsn)
    await admin.execute(f"CREATE DATABASE {name}")
    dsn = postgres.dsn.rsplit("/", 1)[0] + f"/{name}"
    all_files = database._files

    def earlier(service: str) -> list[Path]:
        newer = service == "notifier"
        return [one for one in all_files(service) if not (newer and one.name >= "0004")]

    monkeypatch.setattr(database, "_files", earlier)
    await database.migrate(dsn)
    monkeypatch.undo()
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "INSERT INTO notifier.recipients (kind, id, name) VALUES ('member', 'atlas-data', 'Atlas')"
    )
    for number, answer in ((1, None), (2, "decline")):
        told = match(match_id=f"m-{number}").model_dump(mode="json")
        values = (f"m-{number}", "d-1", json.dumps(told), answer, answer and "terms")
        await connection.execute(_ENTRY, UUID(int=number), *values)
    await connection.close()
    yield dsn
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


async def test_an_inbox_of_the_version_before_is_there_and_takes_answers(before: str) -> None:
    applied = await database.migrate(before)
    assert "notifier/notifier/0004_notices.sql" in applied
    async with open_pages(before) as desk:
        page = (await desk.http.get(desk.link("member", "atlas-data") + "?lang=en")).text
        assert page.count("<article") == 1
        assert page.count('value="accept"') == 1
        assert "You declined" in page
        action = re.search(r'action="([^"]+)"', page)
        token = re.search(r'name="form" value="([^"]+)"', page)
        assert action
        assert token
        answer = {"form": token[1], "answer": "accept"}
        assert (await desk.http.post(action[1], data=answer)).status_code == 303
        again = action[1].replace(str(UUID(int=1)), str(UUID(int=2)))
        assert (await desk.http.post(again, data=answer)).status_code == 409
        assert [one.match_id for one in await desk.responses()] == ["m-1"]
