"""What a new or emptied broker lacks is published again from Postgres; old rows are purged.

The outboxes hold every event that the services published. When the broker has lost them (its
disk, or Tansu's memory), `recover` marks for publishing again: of each compacted topic the
newest row of each key, and of each other topic the rows, young enough to be kept there, that
some service has not processed. Whoever processed an event already leaves it out (its inbox).
Of topics that no service reads (rejections, dead letters) nobody knows what was read, so all
their young rows return; CloudEvents' source and id tell a reader what it has seen.

What city systems wrote to the lost broker themselves and intake had not yet taken is not in
Postgres, and is theirs to send again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta

import asyncpg

from schemas.topics import Topic
from services.runtime.database import SERVICES, Connection, Database
from services.runtime.settings import Settings
from services.runtime.topics import all_topics

logger = logging.getLogger(__name__)

_KNOWN_BROKER = """
CREATE TABLE IF NOT EXISTS public.jisr_broker (
    only_row     boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    cluster_id   text        NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""
_REMEMBER_BROKER = """
INSERT INTO public.jisr_broker (cluster_id) VALUES ($1)
ON CONFLICT (only_row) DO UPDATE SET cluster_id = $1, first_seen_at = clock_timestamp()
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('jisr_recovery'))"

# Schema names are this module's own constants, never input.
_NEWEST_OF_EACH_KEY = """
UPDATE {writer}.outbox SET published_at = NULL
WHERE published_at IS NOT NULL
  AND id IN (SELECT max(id) FROM {writer}.outbox WHERE topic = $1 GROUP BY key)
"""
_YOUNG_ROWS = """
UPDATE {writer}.outbox SET published_at = NULL
WHERE topic = $1 AND published_at IS NOT NULL AND created_at > clock_timestamp() - $2::interval
"""
_LACKED_BY = """
    NOT EXISTS (SELECT FROM {reader}.inbox AS seen
                WHERE seen.subscriber = '{group}'
                  AND seen.source = outbox.source AND seen.event_id = outbox.event_id)"""

_PURGED_AT_ONCE = 5_000
_PURGE_OUTBOX = """
DELETE FROM outbox WHERE id IN (
    SELECT id FROM outbox AS old
    WHERE published_at < clock_timestamp() - $1::interval
      AND NOT (topic = ANY($2::text[]) AND NOT EXISTS (
          SELECT FROM outbox AS newer
          WHERE newer.topic = old.topic AND sha256(newer.key) = sha256(old.key)
            AND newer.key = old.key AND newer.id > old.id))
    LIMIT $3)
"""
_PURGE_INBOX = """
DELETE FROM inbox WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM inbox WHERE received_at < clock_timestamp() - $1::interval LIMIT $2))
"""
_PURGE_EVERY_S = 3_600


@dataclass(frozen=True)
class Recovery:
    """What `recover` found and did: events to publish again, by topic."""

    new_cluster: bool
    events: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many events are published again."""
        return sum(self.events.values())


def group_of(service: str) -> str:
    """The consumer group, and the inbox's subscriber, of ``service``."""
    return f"jisr-{service}"


async def recover(
    dsn: str, cluster_id: str | None, created: Collection[str] = (), *, prefix: str = ""
) -> Recovery:
    """Mark for publishing again what the broker lacks; the relays then publish it.

    ``dsn`` is an administrator's (the owner of the hub's schemas, or a member of its roles).
    ``cluster_id`` is the broker's own: when it is not the one seen last, every topic counts as
    emptied. ``created`` names topics that were created just now, under ``prefix``, and so are
    empty whatever the cluster's id says. Safe to repeat, and from several processes at once.
    """
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        async with connection.transaction():
            await connection.execute(_LOCK)
            new_cluster = await _is_new(connection, cluster_id)
            emptied = [t for t in all_topics() if new_cluster or prefix + t.name in created]
            events = {topic.name: await _publish_again(connection, topic) for topic in emptied}
            if cluster_id is not None:
                await connection.execute(_REMEMBER_BROKER, cluster_id)
            for service in SERVICES:
                await connection.execute("SELECT pg_notify($1, '')", f"jisr_outbox_{service}")
    finally:
        await connection.close()
    return Recovery(new_cluster, {name: count for name, count in events.items() if count})


async def _is_new(connection: Connection, cluster_id: str | None) -> bool:
    await connection.execute(_KNOWN_BROKER)
    known = await connection.fetchval("SELECT cluster_id FROM public.jisr_broker")
    return cluster_id is not None and known != cluster_id


async def _publish_again(connection: Connection, topic: Topic) -> int:
    marked = 0
    for writer in SERVICES:
        if topic.cleanup == "compact":
            status = await connection.execute(_NEWEST_OF_EACH_KEY.format(writer=writer), topic.name)
        else:
            status = await connection.execute(
                _YOUNG_ROWS.format(writer=writer) + _not_yet_read(topic),
                topic.name,
                timedelta(milliseconds=topic.retention_ms),
            )
        marked += _rows(status)
    return marked


def _not_yet_read(topic: Topic) -> str:
    readers = [service for service in SERVICES if service in topic.readers]
    if not readers:
        return ""
    lacking = (_LACKED_BY.format(reader=reader, group=group_of(reader)) for reader in readers)
    return f"  AND ({' OR'.join(lacking)})"


def _rows(status: str) -> int:
    return int(status.rsplit(" ", 1)[-1])


async def purge(dsn: str, retention_days: int) -> int:
    """Purge every service's outbox and inbox from an administrator's ``dsn``; rows deleted."""
    deleted = 0
    for service in SERVICES:
        connection = await asyncpg.connect(
            dsn, timeout=10, server_settings={"search_path": service}
        )
        try:
            deleted += await _purge(connection, retention_days)
        finally:
            await connection.close()
    return deleted


async def purge_worker(database: Database, settings: Settings) -> None:
    """Purge one service's outbox and inbox now and every hour; a worker of `Service`."""
    while True:
        async with database.pool.acquire() as connection:
            deleted = await _purge(connection, settings.retention_days)
        if deleted:
            logger.info("%s purged %s rows of its outbox and inbox", database.service, deleted)
        await asyncio.sleep(_PURGE_EVERY_S)


async def _purge(connection: Connection, retention_days: int) -> int:
    """Delete in portions, so that no statement holds many locks.

    The newest published row of each key of a compacted topic stays: `recover` needs it.
    """
    age = timedelta(days=retention_days)
    compacted = [topic.name for topic in all_topics() if topic.cleanup == "compact"]
    deleted = 0
    while portion := _rows(
        await connection.execute(_PURGE_OUTBOX, age, compacted, _PURGED_AT_ONCE)
    ):
        deleted += portion
    while portion := _rows(await connection.execute(_PURGE_INBOX, age, _PURGED_AT_ONCE)):
        deleted += portion
    return deleted
