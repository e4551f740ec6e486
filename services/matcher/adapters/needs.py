"""Needs and their matches in PostgreSQL and in the outbox, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from schemas.match import Match
from schemas.topics import MATCHES
from services.matcher.adapters import cases, events, publish
from services.matcher.adapters.following import Message, following
from services.matcher.adapters.offer_texts import with_texts
from services.matcher.domain.freezing import Parting, why_parted
from services.matcher.domain.life.case import Ring
from services.matcher.domain.model import Need, Owner
from services.matcher.domain.policy import Policy, Spread
from services.matcher.domain.spread import Loads, load_of
from services.matcher.exceptions import LifeUnreadable
from services.matcher.use_cases.need_ports import Held, Lived, OpenNeed, Place, Verdict
from services.runtime import outbox
from services.runtime.database import Connection

_SAVE_NEED = """
INSERT INTO needs AS old (need_id, kind, version, is_open, state, topic, partition, facts)
VALUES ($1, $2, $3, $4, 'open', $5, $6, $7)
ON CONFLICT (need_id) DO UPDATE SET version = excluded.version, facts = excluded.facts,
    partition = excluded.partition
WHERE old.version < excluded.version
RETURNING need_id
"""
_LOAD = """
SELECT kind, facts, topic, partition, life, clock_timestamp() AS now
FROM needs WHERE need_id = $1 FOR UPDATE
"""
_LIVE = "UPDATE needs SET life = $2, state = $3, is_open = $4 WHERE need_id = $1"
_STOP_TIMERS = "DELETE FROM timers WHERE need_id = $1"
_SET_TIMERS = """
INSERT INTO timers (need_id, bell, match_id, due_at)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::timestamptz[])
"""
_DUE = """
SELECT n.need_id FROM timers AS t JOIN needs AS n USING (need_id)
WHERE t.due_at <= clock_timestamp() ORDER BY t.due_at, t.need_id LIMIT 1
FOR UPDATE OF n SKIP LOCKED
"""
_PUT_OFF = """
UPDATE timers SET due_at = clock_timestamp() + $2::interval
WHERE need_id = $1 AND due_at <= clock_timestamp()
"""
_NEXT_DUE = "SELECT min(due_at) - clock_timestamp() FROM timers"
_JUDGED = """
INSERT INTO judgements (need_id, supply_id, verdict, judged_by, judged_at)
SELECT $1, supply_id, verdict, $4, $5 FROM unnest($2::text[], $3::text[]) AS j(supply_id, verdict)
ON CONFLICT (need_id, supply_id) DO UPDATE SET verdict = excluded.verdict,
    judged_by = excluded.judged_by, judged_at = excluded.judged_at
"""
_LOADS = """
SELECT owner_type, owner_id, count(*) FILTER (WHERE state = 'proposed') AS waiting,
    array_agg(extract(epoch FROM clock_timestamp() - created_at)::float8 / 86400) AS ages
FROM matches JOIN unnest($1::text[], $2::text[]) AS asked (owner_type, owner_id)
    ON asked_owner = owner_type || ':' || owner_id
WHERE created_at > clock_timestamp() - $3::float8 * interval '1 day'
GROUP BY owner_type, owner_id
"""
_PARTINGS = """
SELECT body #>> '{supply,owner,type}' AS owner_type, body #>> '{supply,owner,id}' AS owner_id,
    state, body #>> '{need_said,answer}' AS need_answer,
    body #>> '{supply_said,answer}' AS supply_answer,
    body #>> '{supply_said,reason}' AS supply_reason,
    ARRAY[body #>> '{need_outcome,outcome}', body #>> '{supply_outcome,outcome}'] AS outcomes,
    changed_at
FROM matches
WHERE asker = $1 AND changed_at > clock_timestamp() - $2::interval
    AND state IN ('declined', 'lapsed', 'introduced')
"""
_NEW_MATCH = """
INSERT INTO matches (match_id, need_id, supply_id, state, version, body)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_CHANGE_MATCH = """
UPDATE matches SET state = $2, version = $3, body = $4, changed_at = clock_timestamp()
WHERE match_id = $1
"""
_NEEDS_OF = """
SELECT need_id, kind, facts, topic, partition FROM needs
WHERE is_open AND topic = $1 AND partition = ANY($2::int[]) ORDER BY need_id
"""
_NEED = "SELECT need_id, kind, facts, topic, partition FROM needs WHERE is_open AND need_id = $1"
_PAGE = """
SELECT need_id, kind, facts, topic, partition FROM needs
WHERE is_open AND need_id > $1 ORDER BY need_id LIMIT $2
"""
_TYPES: dict[type[BaseModel], str] = {model: name for name, model in MATCHES.events.items()}
_MATCHES_OF = "SELECT body FROM matches WHERE need_id = $1 ORDER BY match_id"


class PostgresNeeds:
    """See `need_ports.Needs`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def save(self, need: Need, place: Place, facts: dict[str, Any]) -> bool:
        """See `need_ports.Needs.save`."""
        row = await self._connection.fetchval(
            _SAVE_NEED, need.need_id, need.kind, need.version, need.is_open, *place, facts
        )
        return row is not None

    async def load(self, need_id: str) -> Held | None:
        """See `need_ports.Needs.load`."""
        row = await self._connection.fetchrow(_LOAD, need_id)
        if row is None:
            return None
        stored = OpenNeed(need_id, row["kind"], row["facts"], (row["topic"], row["partition"]))
        bodies = await self._connection.fetch(_MATCHES_OF, need_id)
        try:
            matches = [Match.model_validate(found["body"]) for found in bodies]
            pairs = tuple(map(cases.pair_of, matches))
            return Held(
                need=events.need_of_stored(stored),
                case=cases.case_of(row["life"], pairs) if row["life"] else None,
                pairs=pairs,
                matches={match.match_id: match for match in matches},
                now=row["now"],
            )
        except (TypeError, ValueError) as error:
            raise LifeUnreadable(f"{need_id}: {error}") from error

    async def keep(self, held: Held, lived: Lived, policy: Policy) -> Sequence[Match]:
        """See `need_ports.Needs.keep`."""
        case, need_id = lived.case, held.need.need_id
        heard = following(held, lived, policy)
        heard = replace(heard, new=await with_texts(self._connection, heard.new))
        life = cases.life_of(case)
        await self._connection.execute(_LIVE, need_id, life, case.state, case.looking)
        for match in heard.changed:
            await self._connection.execute(
                _CHANGE_MATCH, match.match_id, match.state.value, match.version, _body(match)
            )
        await self._connection.executemany(
            _NEW_MATCH,
            [
                (m.match_id, need_id, m.supply.id, m.state.value, m.version, _body(m))
                for m in heard.new
            ],
        )
        await self._set_timers(need_id, lived.timers)
        await self._publish(heard.messages())
        return heard.new

    async def _set_timers(self, need_id: str, timers: Mapping[Ring, datetime]) -> None:
        await self._connection.execute(_STOP_TIMERS, need_id)
        if timers:
            bells, matches = zip(*timers, strict=True)
            await self._connection.execute(
                _SET_TIMERS, need_id, list(bells), list(matches), list(timers.values())
            )

    async def due(self) -> str | None:
        """See `need_ports.Needs.due`."""
        need_id: str | None = await self._connection.fetchval(_DUE)
        return need_id

    async def put_off(self, need_id: str, by: timedelta) -> None:
        """See `need_ports.Needs.put_off`."""
        await self._connection.execute(_PUT_OFF, need_id, by)

    async def next_due(self) -> timedelta | None:
        """See `need_ports.Needs.next_due`."""
        found: timedelta | None = await self._connection.fetchval(_NEXT_DUE)
        return found

    async def judge(
        self, need_id: str, verdicts: Mapping[str, Verdict], by: str, at: datetime
    ) -> None:
        """See `need_ports.Needs.judge`."""
        await self._connection.execute(
            _JUDGED, need_id, list(verdicts), list(verdicts.values()), by, at
        )

    async def open_of(self, topic: str, partitions: Collection[int]) -> list[OpenNeed]:
        """See `need_ports.Needs.open_of`."""
        return await self._open(_NEEDS_OF, topic, list(partitions))

    async def open_one(self, need_id: str) -> list[OpenNeed]:
        """See `need_ports.Needs.open_one`."""
        return await self._open(_NEED, need_id)

    async def _open(self, statement: str, *values: Any) -> list[OpenNeed]:
        rows = await self._connection.fetch(statement, *values)
        return [
            OpenNeed(r["need_id"], r["kind"], r["facts"], (r["topic"], r["partition"]))
            for r in rows
        ]

    async def page(self, after: str, limit: int) -> list[OpenNeed]:
        """See `need_ports.Needs.page`."""
        return await self._open(_PAGE, after, limit)

    async def count_open(self) -> int:
        """See `need_ports.Needs.count_open`."""
        return int(await self._connection.fetchval("SELECT count(*) FROM needs WHERE is_open"))

    async def partings(self, need: Need, within: timedelta) -> list[Parting]:
        """See `need_ports.Needs.partings`."""
        asker = [need.owner.type, need.owner.id, need.structure or ""]
        rows = await self._connection.fetch(_PARTINGS, asker, within)
        found = []
        for owner_type, owner_id, *said, changed_at in rows:
            why = why_parted(*said)
            if why is not None:
                found.append(Parting(Owner(owner_type, owner_id), why, changed_at))
        return found

    async def loads(self, owners: Collection[Owner], spread: Spread) -> Loads:
        """See `need_ports.Needs.loads`; ages are told by the database's clock."""
        wanted = sorted((owner.type, owner.id) for owner in owners)
        rows = await self._connection.fetch(
            _LOADS, [kind for kind, _ in wanted], [known for _, known in wanted], spread.window
        )
        return {
            Owner(row["owner_type"], row["owner_id"]): load_of(row["ages"], row["waiting"], spread)
            for row in rows
        }

    async def _publish(self, messages: Iterable[Message]) -> None:
        """Under their need's id, whose row the transaction holds (I4)."""
        outgoing = [
            outbox.Outgoing(MATCHES, message.need.id, _TYPES[type(message)], message)
            for message in messages
        ]
        await outbox.put(self._connection, publish.SOURCE, outgoing)


def _body(match: Match) -> dict[str, Any]:
    return match.model_dump(mode="json")
