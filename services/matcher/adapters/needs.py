"""Needs and their matches in PostgreSQL and in the outbox, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from schemas.match import Decision, Match
from schemas.topics import MATCHES
from services.matcher.adapters import publish
from services.matcher.domain.decisions import HandToAmbassador, Propose
from services.matcher.domain.model import Need, Owner
from services.matcher.domain.policy import Policy, Spread
from services.matcher.domain.ranking import Ranking
from services.matcher.domain.spread import Loads, load_of
from services.matcher.use_cases.ports import NeedRow, OpenNeed, Place
from services.runtime import outbox
from services.runtime.database import Connection

_SAVE_NEED = """
INSERT INTO needs AS old (need_id, kind, version, is_open, topic, partition, facts)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (need_id) DO UPDATE SET version = excluded.version, is_open = excluded.is_open,
    facts = excluded.facts, partition = excluded.partition, outcome = NULL
WHERE old.version < excluded.version
RETURNING need_id
"""
_LOCK_NEED = "SELECT version, is_open, outcome FROM needs WHERE need_id = $1 FOR UPDATE"
_HISTORY = "SELECT supply_id, state FROM matches WHERE need_id = $1"
_LOADS = """
SELECT owner_type, owner_id, count(*) FILTER (WHERE state = 'proposed') AS waiting,
    array_agg(extract(epoch FROM clock_timestamp() - created_at)::float8 / 86400) AS ages
FROM matches JOIN unnest($1::text[], $2::text[]) AS asked (owner_type, owner_id)
    ON asked_owner = owner_type || ':' || owner_id
WHERE created_at > clock_timestamp() - $3::float8 * interval '1 day'
GROUP BY owner_type, owner_id
"""
_DECIDED = "UPDATE needs SET outcome = $2, decided_at = clock_timestamp() WHERE need_id = $1"
_PROPOSE = """
WITH new AS (
    INSERT INTO matches (match_id, need_id, supply_id, state, body)
    SELECT match_id, $1, supply_id, 'proposed', body
    FROM unnest($2::text[], $3::text[], $4::jsonb[]) AS chosen(match_id, supply_id, body)
    ON CONFLICT (need_id, supply_id) DO NOTHING RETURNING match_id
), decided AS (
    UPDATE needs SET outcome = 'proposed', decided_at = clock_timestamp()
    WHERE need_id = $1 AND EXISTS (SELECT FROM new)
)
SELECT match_id FROM new
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
_MATCHES_OF = "SELECT body FROM matches WHERE need_id = $1 ORDER BY match_id FOR UPDATE"


class PostgresNeeds:
    """See `ports.Needs`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def save(self, need: Need, place: Place, facts: dict[str, Any]) -> bool:
        """See `ports.Needs.save`."""
        row = await self._connection.fetchval(
            _SAVE_NEED, need.need_id, need.kind, need.version, need.is_open, *place, facts
        )
        return row is not None

    async def lock(self, need_id: str) -> NeedRow | None:
        """See `ports.Needs.lock`."""
        row = await self._connection.fetchrow(_LOCK_NEED, need_id)
        return NeedRow(row["version"], row["is_open"], row["outcome"]) if row else None

    async def open_of(self, topic: str, partitions: Collection[int]) -> list[OpenNeed]:
        """See `ports.Needs.open_of`."""
        return await self._open(_NEEDS_OF, topic, list(partitions))

    async def open_one(self, need_id: str) -> list[OpenNeed]:
        """See `ports.Needs.open_one`."""
        return await self._open(_NEED, need_id)

    async def _open(self, statement: str, *values: Any) -> list[OpenNeed]:
        rows = await self._connection.fetch(statement, *values)
        return [
            OpenNeed(r["need_id"], r["kind"], r["facts"], (r["topic"], r["partition"]))
            for r in rows
        ]

    async def page(self, after: str, limit: int) -> list[OpenNeed]:
        """See `ports.Needs.page`."""
        return await self._open(_PAGE, after, limit)

    async def count_open(self) -> int:
        """See `ports.Needs.count_open`."""
        return int(await self._connection.fetchval("SELECT count(*) FROM needs WHERE is_open"))

    async def history(self, need_id: str) -> dict[str, str]:
        """See `ports.Needs.history`."""
        rows = await self._connection.fetch(_HISTORY, need_id)
        return {row["supply_id"]: row["state"] for row in rows}

    async def loads(self, owners: Collection[Owner], spread: Spread) -> Loads:
        """See `ports.Needs.loads`; ages are told by the database's clock."""
        wanted = sorted((owner.type, owner.id) for owner in owners)
        rows = await self._connection.fetch(
            _LOADS, [kind for kind, _ in wanted], [known for _, known in wanted], spread.window
        )
        return {
            Owner(row["owner_type"], row["owner_id"]): load_of(row["ages"], row["waiting"], spread)
            for row in rows
        }

    async def mark_decided(self, need_id: str, outcome: str) -> None:
        """See `ports.Needs.mark_decided`."""
        await self._connection.execute(_DECIDED, need_id, outcome)

    async def propose(
        self, need: Need, outcome: Propose, ranking: Ranking, policy: Policy, now: datetime
    ) -> int:
        """See `ports.Needs.propose`."""
        matches = [publish.match(need, ranked, policy, now) for ranked in outcome.chosen]
        rows = await self._connection.fetch(
            _PROPOSE,
            need.need_id,
            [match.match_id for match in matches],
            [match.supply.id for match in matches],
            [match.model_dump(mode="json") for match in matches],
        )
        new = {row["match_id"] for row in rows}  # the others were proposed before (I2)
        if new:
            decision = publish.proposed(need, outcome, new, ranking, policy, now)
            await self._publish([*(m for m in matches if m.match_id in new), decision])
        return len(new)

    async def hand_over(
        self, need: Need, outcome: HandToAmbassador, ranking: Ranking, policy: Policy, now: datetime
    ) -> None:
        """See `ports.Needs.hand_over`."""
        await self.mark_decided(need.need_id, "unmatched")
        await self._publish([publish.unmatched(need, outcome, ranking, policy, now)])

    async def take_back(self, need: Need, policy: Policy, now: datetime) -> None:
        """See `ports.Needs.take_back`."""
        await self.mark_decided(need.need_id, "withdrawn")
        if need.kind == "demand":
            await self._publish([publish.withdrawn(need, policy, now)])

    async def matches_of(self, need_id: str) -> list[Match]:
        """See `ports.Needs.matches_of`."""
        rows = await self._connection.fetch(_MATCHES_OF, need_id)
        return [Match.model_validate(row["body"]) for row in rows]

    async def change(self, matches: Sequence[Match]) -> None:
        """See `ports.Needs.change`."""
        for match in matches:
            body = match.model_dump(mode="json")
            await self._connection.execute(
                _CHANGE_MATCH, match.match_id, match.state.value, match.version, body
            )
        await self._publish(matches)

    async def _publish(self, messages: Iterable[Match | Decision]) -> None:
        """Under their need's id, whose row the transaction holds (I4)."""
        outgoing = [
            outbox.Outgoing(
                MATCHES,
                message.need.id,
                "jisr.match.changed" if isinstance(message, Match) else "jisr.need.decided",
                message,
            )
            for message in messages
        ]
        await outbox.put(self._connection, publish.SOURCE, outgoing)
