"""Members register their own systems on their pages, and these hear what their inboxes hear."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from standardwebhooks import Webhook

from services.notifier.domain.messages import Party, Scope
from services.notifier.inbox_links import create_inbox_link
from services.notifier.use_cases.preferences import change
from services.runtime.endpoints.book import MOST_ENDPOINTS
from tests.flow.hook_parts import Hub, open_hub, receiving
from tests.flow.notifier_facts import match, notice
from tests.flow.notifier_parts import Pages, open_pages, until

URL = "https://hooks.atlas-data.example/jisr"


async def submit(desk: Pages, path: str, **fields: str) -> httpx.Response:
    """Send a form of the page at ``path``, as a browser does."""
    page = await desk.http.get(path)
    found = re.search(r'name="form" value="([^"]+)"', page.text)
    assert found, page.text
    return await desk.http.post(path, data={"form": found[1]} | fields)


def page_of(desk: Pages, member: str = "atlas-data") -> str:
    return f"{urlsplit(desk.link('member', member)).path}/endpoints"


async def rows(desk: Pages) -> list[Any]:
    found: list[Any] = await desk.service.database.pool.fetch("SELECT * FROM vault.endpoints")
    return found


async def test_a_member_registers_a_system_and_reads_its_secret_once(database_url: str) -> None:
    async with open_pages(database_url) as desk:
        await desk.know("atlas-data")
        path = page_of(desk)
        made = await submit(desk, path, do="add", url=URL, note="Notre CRM")
        assert made.status_code == 200
        assert "whsec_" in made.text
        assert "whsec_" not in (await desk.http.get(path)).text
        [row] = await rows(desk)
        assert (row["owner_kind"], row["owner_id"], row["url"]) == ("member", "atlas-data", URL)


@pytest.mark.parametrize("lang", ["fr", "ar", "en"])
async def test_the_page_speaks_the_language_of_its_reader(database_url: str, lang: str) -> None:
    titles = {"fr": "Vos propres systèmes", "ar": "أنظمتكم الخاصة", "en": "Your own systems"}
    async with open_pages(database_url) as desk:
        await desk.know("atlas-data")
        page = await desk.http.get(f"{page_of(desk)}?lang={lang}")
        assert f"<h1>{titles[lang]}</h1>" in page.text
        inbox = await desk.http.get(f"{desk.link('member', 'atlas-data')}?lang={lang}")
        assert f"/endpoints?lang={lang}" in inbox.text  # the page is named on the inbox


@pytest.mark.parametrize(
    ("url", "status"),
    [("https://127.0.0.1/", 422), ("http://hooks.atlas-data.example/", 422), (URL, 409)],
)
async def test_what_cannot_be_registered_is_said_and_what_was_typed_stays(
    database_url: str, url: str, status: int
) -> None:
    async with open_pages(database_url) as desk:
        await desk.know("atlas-data")
        await submit(desk, page_of(desk), do="add", url=URL)
        again = await submit(desk, page_of(desk), do="add", url=url, note="CRM")
        assert again.status_code == status
        assert f'value="{url}"' in again.text
        assert len(await rows(desk)) == 1


async def test_every_button_of_the_page_does_what_it_says(database_url: str) -> None:
    async with open_pages(database_url) as desk:
        await desk.know("atlas-data")
        path = page_of(desk)
        await submit(desk, path, do="add", url=URL)
        name = (await rows(desk))[0]["endpoint_id"]
        before = (await rows(desk))[0]["secret"]
        shown = await submit(desk, path, do="secret", endpoint=name)
        assert "whsec_" in shown.text
        assert (await rows(desk))[0]["old_secret"] == before
        for do in ("test", "replay"):
            assert (await submit(desk, path, do=do, endpoint=name)).status_code == 303
        orders = await desk.service.database.pool.fetch("SELECT what FROM vault.endpoint_orders")
        assert [one["what"] for one in orders] == ["test", "replay"]
        await submit(desk, path, do="off", endpoint=name)
        assert (await rows(desk))[0]["off_because"] == "owner"
        assert (await submit(desk, path, do="test", endpoint=name)).status_code == 409
        await submit(desk, path, do="on", endpoint=name)
        assert (await rows(desk))[0]["state"] == "on"
        await submit(desk, path, do="remove", endpoint=name)
        assert not await rows(desk)


async def test_nobody_touches_the_endpoints_of_another_or_without_the_page(
    database_url: str,
) -> None:
    async with open_pages(database_url) as desk:
        await desk.know("atlas-data")
        await desk.know("rif-secure")
        await submit(desk, page_of(desk), do="add", url=URL)
        name = (await rows(desk))[0]["endpoint_id"]
        theirs = await submit(desk, page_of(desk, "rif-secure"), do="remove", endpoint=name)
        assert theirs.status_code == 404
        assert URL not in (await desk.http.get(page_of(desk, "rif-secure"))).text
        unguarded = await desk.http.post(page_of(desk), data={"do": "remove", "endpoint": name})
        assert unguarded.status_code == 403
        assert len(await rows(desk)) == 1


async def test_programs_do_the_same_by_the_token_of_a_link(database_url: str) -> None:
    async with open_pages(database_url) as desk:
        await desk.know("atlas-data")
        token = urlsplit(desk.link("member", "atlas-data")).path.rpartition("/")[2]
        bearer = {"Authorization": f"Bearer {token}"}
        assert (await desk.http.get("/api/webhooks")).status_code == 401
        body = {"url": URL, "types": ["message.introduced"]}
        made = await desk.http.post("/api/webhooks", json=body, headers=bearer)
        assert made.status_code == 201
        assert made.json()["secret"].startswith("whsec_")
        [shown] = (await desk.http.get("/api/webhooks", headers=bearer)).json()["items"]
        assert (shown["types"], "secret" in shown) == (["message.introduced"], False)
        path = f"/api/webhooks/{shown['id']}"
        assert (await desk.http.post(f"{path}/test", headers=bearer)).status_code == 200
        for strange in ("bogus", "remove"):
            nothing = await desk.http.post(f"{path}/{strange}", headers=bearer)
            assert (nothing.status_code, nothing.json()["type"]) == (
                404,
                "urn:jisr:problem:not-found",
            )
            assert "test, replay, secret, on or off" in nothing.json()["title"]
        assert (await desk.http.delete(path, headers=bearer)).status_code == 204
        assert (await desk.http.delete(path, headers=bearer)).status_code == 404
        bad = await desk.http.post("/api/webhooks", json={"url": 3}, headers=bearer)
        assert bad.json()["errors"][0]["pointer"] == "/url"
        torn = await desk.http.post("/api/webhooks", content=b'{"url": ', headers=bearer)
        assert (torn.status_code, torn.json()["type"]) == (400, "urn:jisr:problem:malformed")
        assert torn.json()["errors"][0]["pointer"] == ""


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_what_cannot_be_stored_is_no_fault_of_the_hub(database_url: str, since: str) -> None:
    async with open_pages(database_url) as desk:
        await desk.know("atlas-data")
        body = {"url": URL, "note": "nul\0 and bell\a"}
        token = urlsplit(desk.link("member", "atlas-data")).path.rpartition("/")[2]
        bearer = {"Authorization": f"Bearer {token}"}
        made = await desk.http.post("/api/webhooks", json=body, headers=bearer)
        assert (made.status_code, made.json()["note"]) == (201, "nul and bell")
        other = await submit(desk, page_of(desk), do="add", url=f"{URL}/2", note="nul\0")
        assert other.status_code == 200
        path = f"/api/webhooks/{made.json()['id']}/replay"
        refused = await desk.http.post(path, json={"since": since}, headers=bearer)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/since")


async def test_a_replay_begins_where_its_body_says_however_that_is_sent(database_url: str) -> None:
    async def in_pieces() -> AsyncIterator[bytes]:
        yield b'{"since": '
        yield b'"2026-11-20T00:00:00Z"}'

    async with open_pages(database_url) as desk:
        await desk.know("atlas-data")
        token = urlsplit(desk.link("member", "atlas-data")).path.rpartition("/")[2]
        bearer = {"Authorization": f"Bearer {token}"}
        made = await desk.http.post("/api/webhooks", json={"url": URL}, headers=bearer)
        path = f"/api/webhooks/{made.json()['id']}/replay"
        for content in (in_pieces(), None):
            sent = await desk.http.post(path, content=content, headers=bearer)
            assert sent.status_code == 200, sent.text
        wrong = await desk.http.post(path, json={"since": "yesterday"}, headers=bearer)
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/since")
        found = "SELECT since FROM vault.endpoint_orders ORDER BY since"
        first, last = await desk.service.database.pool.fetch(found)
        named = datetime(2026, 11, 20, tzinfo=UTC)
        assert named in (first["since"], last["since"])
        assert first["since"] != last["since"]


async def test_the_link_of_one_item_is_told_that_it_has_no_endpoints(database_url: str) -> None:
    async with open_pages(database_url) as desk:
        await desk.know("atlas-data")
        secret = desk.settings.link_secret.get_secret_value().encode()
        scope, now = Scope("demand", "d-1"), datetime.now(UTC)
        link = create_inbox_link(desk.settings, secret, "member", "atlas-data", now, scope=scope)
        token = link.rpartition("/")[2]
        bearer = {"Authorization": f"Bearer {token}"}
        answer = await desk.http.get("/api/webhooks", headers=bearer)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:jisr:problem:unknown")
        assert "one demand or offer alone" in answer.json()["title"]


async def test_nobody_has_more_endpoints_than_the_hub_keeps(database_url: str) -> None:
    async with open_pages(database_url) as desk:
        await desk.know("atlas-data")
        for number in range(MOST_ENDPOINTS):
            await submit(desk, page_of(desk), do="add", url=f"{URL}/{number}")
        assert (await submit(desk, page_of(desk), do="add", url=URL)).status_code == 409


async def _register(hub: Hub, database_url: str, url: str, **more: Any) -> str:
    """Register an endpoint for Atlas Data on its page; its secret."""
    async with open_pages(database_url, webhook_loopback=True) as desk:
        await desk.know("atlas-data")
        made = await submit(desk, page_of(desk), do="add", url=url, **more)
        found = re.search(r"whsec_[A-Za-z0-9+/=]+", made.text)
        assert found
        return found[0]


async def test_a_member_s_system_hears_what_is_new_in_its_inbox_and_no_contact_data(
    database_url: str,
) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        secret = await _register(hub, database_url, receiver.url)
        await hub.tell(match(), notice("introduced", "member/atlas-data"))
        await hub.tell(match())
        await until(lambda: len(receiver.arrivals) == 2)
        told = {
            one.json["type"]: Webhook(secret).verify(one.body, one.headers)["data"]
            for one in receiver.arrivals
        }
        assert set(told) == {"message.proposal", "message.introduced"}
        assert told["message.proposal"]["title"] == "Trouver les fuites sous la médina"
        assert told["message.proposal"]["score"] == 0.83
        entries = await hub.admin.fetch("SELECT entry_id FROM notifier.entries")
        assert {one["entry_id"] for one in told.values()} == {str(e["entry_id"]) for e in entries}


async def test_who_is_erased_is_told_nowhere(database_url: str) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        await _register(hub, database_url, receiver.url)
        erased = await hub.door.ask("DELETE", "/v1/contacts/member/atlas-data", source="hub")
        assert erased.status_code == 204
        assert await hub.admin.fetchval("SELECT count(*) FROM vault.endpoints") == 0


async def _prefer(hub: Hub, changes: dict[str, object]) -> None:
    async with hub.store.transaction() as ledger:
        await change(ledger, Party("member", "atlas-data"), changes, datetime.now(UTC))


async def test_what_its_owner_muted_or_does_not_want_by_webhook_is_not_sent(
    database_url: str,
) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        await _register(hub, database_url, receiver.url)
        await _prefer(hub, {"muted_cities": ["marrakech"]})
        await hub.tell(match())
        await _prefer(hub, {"muted_cities": None, "channels": {"proposals": ["mail"]}})
        await hub.tell(match(match_id="m-2"))
        await _prefer(hub, {"channels": None, "quiet_hours": "00:00-23:59", "most_a_day": 1})
        await hub.tell(match(match_id="m-3"), match(match_id="m-4"))
        await until(lambda: len(receiver.arrivals) == 2)
        assert {one.json["data"]["match_id"] for one in receiver.arrivals} == {"m-3", "m-4"}
        assert len(await hub.deliveries()) == 2


async def test_a_pause_holds_webhooks_back_until_it_is_over(database_url: str) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        await _register(hub, database_url, receiver.url)
        over = datetime.now(UTC) + timedelta(days=2)
        await _prefer(hub, {"paused_until": over.isoformat()})
        await hub.tell(match())
        [row] = await hub.deliveries()
        assert abs((row["due_at"] - over).total_seconds()) < 60
