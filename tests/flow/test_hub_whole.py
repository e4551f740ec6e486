"""A whole hub, from the door to the introduction: all three services, broker, database and mail.

I6: until both sides have accepted, the contact data of either stands nowhere but in the vault and
on the envelope of its own mails.
"""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.cli.hub import compose
from services.intake.adapters.keys import bind_source
from services.runtime.database import Database
from services.runtime.settings import Settings
from services.runtime.topics import all_topics
from tests.flow.intake_door import Door, demand, make_keys, member
from tests.flow.mail_server import MailServer
from tests.waiting import eventually

pytestmark = pytest.mark.kafka

DIRECTORY = (
    {"entry": "cluster", "id": "mnc", "names": {"fr": "MNC"}, "tier": "own", "field": "TIC"},
    {"entry": "niche", "id": "mobile-payment", "labels": {"fr": "Paiement mobile"}},
    {"entry": "city", "id": "settat", "names": {"fr": "Settat"}, "university": "UH1"},
)
TEXT = "Terminal de paiement mobile sécurisé : encaisser par carte au marché."
MEMBERS = {
    "name": "Samira Plantée",
    "email": "samira.planted@khlass.example",
    "phone": "+212 661-239874",
}
ASKERS = {
    "name": "Rachid Planté",
    "email": "rachid.planted@zraa.example",
    "phone": "+212 662-448811",
}
TRACES = ("samira.plant", "239874", "rachid.plant", "448811")
AMBASSADORS = {"name": "Ambre Ousaïd", "email": "ambre@cluster.example"}
NAMES = ("Samira Plantée", "Rachid Planté")
WORDS = f"Écrivez à {MEMBERS['email']} ou appelez le {MEMBERS['phone']}."


@dataclass
class Whole:
    """A running hub with its door, its inbox pages, its mail server and a connection that sees
    every schema.
    """

    settings: Settings
    door: Door
    inbox: httpx.AsyncClient
    mail: MailServer
    admin: asyncpg.Connection[Any]

    async def said(self, *words: Any, source: str = "hub", **more: Any) -> Any:
        """What intake answers to a request that it takes."""
        method, path, *body = words
        [sent] = body or [None]
        answer = await self.door.ask(method, path, sent, source, **more)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def match(self, demand_id: str, state: str) -> dict[str, Any]:
        """The match of a demand, once it is in ``state``."""

        async def found() -> dict[str, Any] | None:
            view = await self.said("GET", f"/v1/demands/{demand_id}")
            return next((m for m in view["matches"] if m["state"] == state), None)

        seen = await eventually(found, 60)
        assert seen is not None
        return seen

    async def answer(self, match: dict[str, Any], source: str, **word: Any) -> None:
        """Answer a match in its present state."""
        path, tag = f"/v1/matches/{match['match_id']}/responses", f'"{match["version"]}"'
        await self.said("POST", path, word, source=source, headers={"If-Match": tag})

    async def quiet(self) -> bool:
        """Whether all that was decided has been told and mailed, and can be answered at intake."""
        waiting = (
            "SELECT count(*) FROM intake.outbox WHERE published_at IS NULL",
            "SELECT count(*) FROM matcher.outbox WHERE published_at IS NULL",
            "SELECT count(*) FROM notifier.deliveries WHERE state = 'waiting'",
            "SELECT count(*) FROM matcher.matches LEFT JOIN intake.matches i USING (match_id)"
            " WHERE i.match_id IS NULL",
        )
        return not any([await self.admin.fetchval(count) for count in waiting])

    async def letter_to(self, address: str, about: str) -> EmailMessage:
        """The mail to an address whose subject says ``about``, once it is there."""

        def found() -> EmailMessage | None:
            letters = self.letters_to(address)
            return next((one for one in letters if about in str(one["Subject"])), None)

        letter = await eventually(found, 60)
        assert letter is not None
        return letter

    async def page(self, letter: EmailMessage) -> str:
        """The page that the link in a mail opens."""
        link = re.search(r"https?://[^/]+(/inbox/\S+)", _whole(letter))
        assert link
        return (await self.inbox.get(link[1])).text

    async def fill_in(self, letter: EmailMessage, answer: str, **fields: str) -> None:
        """Send the form for ``answer`` on the page that the link in a mail opens."""
        forms = re.findall(r"<form.*?</form>", await self.page(letter), re.DOTALL)
        form = next(one for one in forms if f'value="{answer}"' in one)
        action, token = re.search(r'action="([^"]+)"', form), re.search(r'value="([^"]+)"', form)
        assert action
        assert token
        data = {"form": token[1], "answer": answer} | fields
        assert (await self.inbox.post(action[1], data=data)).status_code == 303

    def letters_to(self, address: str) -> list[EmailMessage]:
        """The mails that came for an address."""
        return [letter for letter in self.mail.letters if address in str(letter["To"])]

    async def kept(self) -> list[str]:
        """Every row of every table outside of the vault, and every record of every topic."""
        tables = await self.admin.fetch(
            "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables"
            " WHERE table_schema IN ('intake', 'matcher', 'notifier') AND table_type = 'BASE TABLE'"
        )
        assert len(tables) > 15
        texts = []
        for (table,) in tables:
            rows = await self.admin.fetch(f"SELECT * FROM {table}")
            texts += [f"{table}: {' '.join(map(_text, row.values()))}" for row in rows]
        return texts + await self._records()

    async def _records(self) -> list[str]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka_bootstrap_servers, enable_auto_commit=False
        )
        await consumer.start()
        try:
            partitions = [
                TopicPartition(topic.name, number)
                for topic in all_topics(self.settings.topic_prefix)
                for number in range(topic.partitions)
            ]
            ends = await consumer.end_offsets(partitions)
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            texts: list[str] = []
            while any([await consumer.position(p) < end for p, end in ends.items()]):
                for part, records in (await consumer.getmany(timeout_ms=500)).items():
                    texts += [
                        f"{part.topic}: {_text(r.key)} {_text(r.value)} {r.headers}"
                        for r in records
                    ]
            assert len(texts) > 8
            return texts
        finally:
            await consumer.stop()


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _letters_with(hub: Whole, to: str, words: str) -> list[str]:
    """The letters to somebody in which these words stand."""
    return [letter for letter in map(_whole, hub.letters_to(to)) if words in letter]


def _whole(letter: EmailMessage) -> str:
    """A mail's subject and bodies; whom it is for stands on every letter."""
    parts = [letter.get_body((kind,)) for kind in ("plain", "html")]
    return f"{letter['Subject']} " + " ".join(str(p.get_content()) for p in parts if p)


def _found(texts: Iterable[str], traces: Sequence[str]) -> list[tuple[str, str]]:
    """The traces of contact data, each with the beginning of the text in which it stands."""
    return [(trace, text[:200]) for text in texts for trace in traces if trace in text]


@asynccontextmanager
async def running(settings: Settings, database_url: str) -> AsyncIterator[Whole]:
    """Intake, matcher and notifier on the broker and database of the test."""
    mail = MailServer()
    await mail.start()
    settings = settings.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": mail.port})
    async with AsyncExitStack() as stack:
        stack.callback(mail.stop)
        services = [compose(name, settings) for name in ("intake", "matcher", "notifier")]
        for service in services:
            stack.push_async_callback(service.stop)
            await service.start()
        database: Database = services[0].database
        transport = httpx.ASGITransport(services[0].http, raise_app_exceptions=False)
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://intake")
        )
        pages = httpx.ASGITransport(services[2].http)
        inbox = await stack.enter_async_context(
            httpx.AsyncClient(transport=pages, base_url=settings.public_address())
        )
        admin = await asyncpg.connect(database_url)
        stack.push_async_callback(admin.close)
        door = Door(client, database, await make_keys(database))
        await bind_source(database, "city:settat", ["settat"])
        await bind_source(database, "cluster:mnc", ["mnc"])
        yield Whole(settings, door, inbox, mail, admin)


@pytest.fixture
async def hub(settings: Settings, database_url: str) -> AsyncIterator[Whole]:
    async with running(settings, database_url) as one:
        for entry in DIRECTORY:
            await one.said("PUT", f"/v1/directory/{entry['entry']}/{entry['id']}", entry)
        yield one


async def test_contact_data_stands_nowhere_before_the_introduction_and_reaches_both_with_it(
    hub: Whole, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "services")
    body = member(description=TEXT, contact=MEMBERS, niches=["mobile-payment"])
    await hub.said("PUT", "/v1/members/khlass", body, source="cluster:mnc")
    asked = demand(contact=ASKERS, description=TEXT, wanted=1, niches=["mobile-payment"])
    made = (await hub.said("POST", "/v1/demands", asked, source="city:settat"))["id"]

    match = await hub.match(made, "proposed")
    await hub.said(
        "POST", f"/v1/matches/{match['match_id']}/questions", {"text": WORDS}, source="cluster:mnc"
    )
    await hub.answer(match, "cluster:mnc", answer="accept", text=WORDS)
    accepted = await hub.match(made, "accepted")
    await eventually(hub.quiet, 60)
    await eventually(lambda: hub.letters_to(MEMBERS["email"]), 60)
    paths = (f"demands/{made}", f"matches/{match['match_id']}", "members/khlass")
    views = [str(await hub.said("GET", f"/v1/{path}")) for path in paths]
    assert not _found([*await hub.kept(), *views, caplog.text], TRACES + NAMES)
    assert not _found(map(_whole, hub.mail.letters), TRACES)

    await hub.answer(accepted, "city:settat", answer="accept")
    await hub.match(made, "introduced")
    for mine, theirs in ((MEMBERS, ASKERS), (ASKERS, MEMBERS)):
        named = partial(_letters_with, hub, mine["email"], theirs["email"])
        told = await eventually(named, 60)
        assert theirs["phone"] in told[0]
    assert not _found([*await hub.kept(), caplog.text], TRACES + NAMES)


async def test_the_pages_that_the_mails_lead_to_are_enough_to_be_introduced(hub: Whole) -> None:
    office = {"cluster": "mnc", "city": "settat", "member_id": "ambre"}
    await hub.said("PUT", "/v1/directory/ambassador/mnc/settat", office)
    for name, text, contact in (("khlass", TEXT, MEMBERS), ("ambre", "Bois peint.", AMBASSADORS)):
        body = member(name=name, description=text, contact=contact, niches=["mobile-payment"])
        await hub.said("PUT", f"/v1/members/{name}", body, source="cluster:mnc")
    asked = demand(contact=ASKERS, description=TEXT, wanted=1, niches=["mobile-payment"])
    made = (await hub.said("POST", "/v1/demands", asked, source="city:settat"))["id"]

    proposal = await hub.letter_to(MEMBERS["email"], asked["title"])
    await hub.fill_in(proposal, "question", text=f"Combien de marchés ? {WORDS}")
    question = await hub.letter_to(AMBASSADORS["email"], "question")
    assert "Combien de marchés ?" in _whole(question)
    to_city = await hub.letter_to(ASKERS["email"], "question")
    await hub.fill_in(to_city, "reply", text=f"Douze marchés. {WORDS}")
    replied = await hub.letter_to(MEMBERS["email"], "Réponse à votre question")
    assert "Douze marchés." in _whole(replied)
    await hub.fill_in(proposal, "accept")
    city_asked = await hub.letter_to(ASKERS["email"], "khlass")
    shown = [await hub.page(letter) for letter in (proposal, question, to_city, city_asked)]
    assert not _found(map(_whole, (to_city, replied)), TRACES)
    assert not _found([*shown, _whole(question), *await hub.kept()], TRACES + NAMES)

    await hub.fill_in(city_asked, "accept")
    for mine, theirs in ((MEMBERS, ASKERS), (ASKERS, MEMBERS)):
        introduced = await hub.letter_to(mine["email"], "mis en relation")
        for text in (_whole(introduced), await hub.page(introduced)):
            assert all(detail in text for detail in theirs.values())
    view = await hub.said("GET", f"/v1/demands/{made}")
    assert [one["state"] for one in view["matches"]] == ["introduced"]
    assert not _found([await hub.page(question), *await hub.kept()], TRACES + NAMES)
