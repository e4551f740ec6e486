"""A notifier that is killed while it sends: every mail comes, and twice only as the same (I8)."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from schemas import topics
from schemas.envelope import CloudEvent
from services.runtime.settings import Settings
from tests.flow.mail_server import MailServer
from tests.flow.notifier_facts import match
from tests.kafka.processes import ServiceProcess
from tests.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

LIMIT = 60.0
MEMBERS = [f"member-{n}" for n in range(60)]


@dataclass
class Post:
    """Notifiers as processes, the mail server that they send to, and their database."""

    settings: Settings
    mail: MailServer
    notifiers: list[ServiceProcess]
    admin: asyncpg.Connection[asyncpg.Record]
    producer: AIOKafkaProducer

    async def propose(self, *members: str) -> None:
        """Publish a match for each of ``members``, who have an address."""
        for member in members:
            await self.admin.execute(
                "INSERT INTO vault.contacts (kind, id, email) VALUES ('member', $1, $2)",
                member,
                f"{member}@example.org",
            )
            recipient = {"kind": "member", "id": member}
            data = match(match_id=f"match-{member}", recipient=recipient).model_dump_json()
            kind = "jisr.match.changed"
            event = CloudEvent(f"event-{member}", "/test", kind, data.encode(), subject="d-1")
            await self.producer.send_and_wait(
                self.settings.topic_prefix + topics.MATCHES.name,
                event.data,
                key=b"d-1",
                headers=event.headers(),
            )

    def came_to(self) -> set[str]:
        """Who has got a mail."""
        return {address.partition("@")[0] for address in self.mail.recipients}

    async def states(self) -> Counter[str]:
        """How many mails are in each state."""
        rows = await self.admin.fetch("SELECT state FROM notifier.deliveries")
        return Counter(row["state"] for row in rows)

    def each_came_and_twice_only_as_the_same(self, members: list[str]) -> None:
        """What must hold of the mails, however often a notifier died."""
        assert self.came_to() == set(members)
        ids: dict[str, set[str]] = {member: set() for member in members}
        for letter, address in zip(self.mail.letters, self.mail.recipients, strict=True):
            ids[address.partition("@")[0]].add(letter["Message-ID"])
        assert {len(different) for different in ids.values()} == {1}
        assert len({one for different in ids.values() for one in different}) == len(members)


class SlowMailServer(MailServer):
    """Takes a moment for each mail, as real ones do, so that a death finds some under way."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        await asyncio.sleep(0.05)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    """A mail server that outlives every notifier."""
    server = SlowMailServer()
    await server.start()
    yield server
    server.stop()


@pytest.fixture
async def post(settings: Settings, mail: MailServer, tmp_path: Path) -> AsyncIterator[Post]:
    """Two notifiers, not started; a mail whose notifier died is sent again after two seconds."""
    settings = settings.model_copy(update={"smtp_port": mail.port, "mail_lease_s": 2.0})
    notifiers = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        notifiers.append(ServiceProcess("notifier", settings, tmp_path / name))
    admin = await asyncpg.connect(settings.dsn())
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers, acks="all")
    await producer.start()
    yield Post(settings, mail, notifiers, admin, producer)
    for notifier in notifiers:
        notifier.kill()
    await producer.stop()
    await admin.close()


async def all_recorded(post: Post, count: int) -> bool:
    """Whether so many mails are delivered and none waits."""
    return await post.states() == Counter(delivered=count)


@pytest.mark.parametrize("seed", [1])
async def test_a_notifier_that_is_killed_at_any_moment_sends_each_mail(
    post: Post, seed: int
) -> None:
    dice = random.Random(seed)
    notifier = post.notifiers[0]
    notifier.start()
    await post.propose(*MEMBERS)
    for moment in sorted(dice.sample(range(1, 50), k=2)):

        async def under_way(least: int = moment) -> bool:
            assert notifier.running, notifier.said()
            return len(post.mail.letters) >= least

        await eventually(under_way, LIMIT, every=0.001)
        notifier.kill()
        assert not await all_recorded(post, len(MEMBERS)), "it was killed too late"
        notifier.start()
    await eventually(lambda: all_recorded(post, len(MEMBERS)), LIMIT)
    post.each_came_and_twice_only_as_the_same(MEMBERS)


async def test_a_notifier_killed_before_it_records_a_mail_repeats_it_as_the_same(
    post: Post,
) -> None:
    one, two = post.notifiers
    # Results cannot be recorded: each mail goes out, and its notifier waits to say so.
    holding = await asyncpg.connect(post.settings.dsn())
    one.start()
    await post.propose("warm-up")
    await eventually(lambda: all_recorded(post, 1), LIMIT)
    await holding.execute("BEGIN; LOCK notifier.outbox IN SHARE MODE")
    await post.admin.execute(
        "UPDATE notifier.deliveries SET state = 'waiting', due_at = clock_timestamp()"
    )
    await post.admin.execute("NOTIFY jisr_notifier_deliveries")
    await eventually(lambda: len(post.mail.letters) == 2, LIMIT)
    one.kill()
    await holding.execute("ROLLBACK")
    await holding.close()
    two.start()
    await eventually(lambda: all_recorded(post, 1), LIMIT)
    assert len(post.mail.letters) == 3
    assert len({letter["Message-ID"] for letter in post.mail.letters}) == 1
