"""Leads in PostgreSQL and in the outbox: raised once, and what the ambassador says came of them."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime

from schemas.life import Addressee, Notice
from schemas.match import Match, MatchState, NeedBrief, Outcome, Recipient
from schemas.response import Response
from schemas.topics import MATCHES
from schemas.values import Owner
from services.matcher.adapters import events, publish
from services.matcher.adapters.offer_texts import with_texts
from services.matcher.domain.leads import Lead, Told
from services.matcher.domain.model import Need, match_id
from services.matcher.use_cases.leads import Versions
from services.matcher.use_cases.need_ports import OpenNeed
from services.matcher.use_cases.stored_needs import readable
from services.runtime import outbox
from services.runtime.database import Connection, Database

_CITY = "city:"
_LONGEST, _LONGEST_TITLE = 2_000, 300
_NAMESPACE = uuid.UUID("6a697372-0000-4000-8000-6c6561647300")
_TOLD = """
SELECT initiative_id, initiative_version, score, spoke, body->'need_outcome' <> 'null' AS over,
    body->>'state' = 'superseded' AS taken_back
FROM leads WHERE city = $1
"""
_VERSIONS = "SELECT supply_id, revision, source_version FROM supplies WHERE supply_id = ANY($1)"
_DEMANDS = """
SELECT need_id, kind, facts, topic, partition FROM needs
WHERE is_open AND kind = 'demand' AND facts->>'city' = $1 ORDER BY created_at DESC LIMIT $2
"""
# Whoever writes for a city's key waits here first (I4): the key is no row of its own.
_LOCK_CITY = "SELECT pg_advisory_xact_lock(hashtext('jisr_city'), hashtext($1))"
_RAISE = """
INSERT INTO leads AS old (lead_id, city, initiative_id, initiative_version, score, spoke, body)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (lead_id) DO UPDATE SET initiative_version = excluded.initiative_version,
    score = excluded.score, spoke = excluded.spoke, body = excluded.body,
    changed_at = clock_timestamp()
WHERE old.initiative_version < excluded.initiative_version
    AND old.body->'need_outcome' = 'null'
RETURNING lead_id
"""
_VERSION = "SELECT (body->>'version')::int FROM leads WHERE lead_id = $1"
_OPEN = "SELECT body FROM leads WHERE lead_id = $1 AND city = $2 FOR UPDATE"
_SAID = "UPDATE leads SET body = $2, changed_at = clock_timestamp() WHERE lead_id = $1"
_OPEN_LEADS = "SELECT lead_id, initiative_id FROM leads WHERE body->>'state' = 'proposed'"
_CITY_OF = "SELECT city FROM leads WHERE lead_id = $1"
_NOW = "SELECT clock_timestamp()"


class PostgresLeads:
    """See `leads.Leads`; open on ``connection``, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def told(self, city: str) -> Mapping[str, Told]:
        """See `leads.Leads.told`."""
        return {
            row["initiative_id"]: Told(
                row["initiative_version"],
                row["score"],
                frozenset(row["spoke"]),
                row["over"],
                row["taken_back"],
            )
            for row in await self._connection.fetch(_TOLD, city)
        }

    async def versions(self, supply_ids: Sequence[str]) -> Mapping[str, tuple[int, int]]:
        """See `leads.Leads.versions`."""
        rows = await self._connection.fetch(_VERSIONS, list(supply_ids))
        return {row["supply_id"]: (row["revision"], row["source_version"]) for row in rows}

    async def demands(self, city: str, most: int) -> list[Need]:
        """See `leads.Leads.demands`."""
        rows = [
            OpenNeed(r["need_id"], r["kind"], r["facts"], (r["topic"], r["partition"]))
            for r in await self._connection.fetch(_DEMANDS, city, most)
        ]
        return [need for _, need in readable(rows, events.need_of_stored)]

    async def open_of(self) -> Mapping[str, str]:
        """See `leads.Leads.open_of`."""
        rows = await self._connection.fetch(_OPEN_LEADS)
        return {row["lead_id"]: row["initiative_id"] for row in rows}

    async def take_back(self, lead_id: str) -> bool:
        """See `leads.Leads.take_back`."""
        city = await self._connection.fetchval(_CITY_OF, lead_id)
        await self._connection.execute(_LOCK_CITY, city)
        row = await self._connection.fetchrow(_OPEN, lead_id, city)
        match = Match.model_validate(row["body"]) if row else None
        if match is None or match.state != MatchState.PROPOSED:
            return False
        gone = {"state": MatchState.SUPERSEDED, "closed_because": "supply-gone"}
        await self._change(match, gone)
        return True

    async def _change(self, match: Match, changes: Mapping[str, object]) -> None:
        """Store and publish a lead in its next version."""
        now = await self._connection.fetchval(_NOW)
        dated = {"version": match.version + 1, "changed_at": now}
        following = match.model_copy(update={**changes, **dated})
        await self._connection.execute(_SAID, match.match_id, following.model_dump(mode="json"))
        await self._publish(match.need.id, "jisr.match.changed", following)

    async def raise_lead(self, found: Lead, cluster: str, judged: Versions) -> bool:
        """See `leads.Leads.raise_lead`."""
        await self._connection.execute(_LOCK_CITY, found.city)
        now = await self._connection.fetchval(_NOW)
        lead_id = match_id(_need_id(found.city), found.initiative.supply_id)
        version = 1 + (await self._connection.fetchval(_VERSION, lead_id) or 0)
        told = _match(found, lead_id, version, judged, now)
        (match,) = await with_texts(self._connection, [told])
        row = (
            lead_id,
            found.city,
            found.initiative.supply_id,
            found.initiative.version,
            found.score,
            sorted(found.by),
            match.model_dump(mode="json"),
        )
        if await self._connection.fetchval(_RAISE, *row) is None:
            return False
        notice = Notice(
            notice_id=str(uuid.uuid5(_NAMESPACE, f"{lead_id}\n{found.initiative.version}")),
            kind="lead",
            to=Addressee(kind="ambassador", id=found.city, cluster=cluster),
            need=match.need,
            match=match,
            raised_at=now,
        )
        await self._publish(match.need.id, "jisr.notice.raised", notice)
        return True

    async def hear(self, said: Response, ambassadors: Callable[[str], frozenset[str]]) -> bool:
        """What came of a lead, by one of the ``ambassadors`` of its city (ids of members); False
        where it is no lead, somebody else says it, or it is known.
        """
        city = said.need_id.removeprefix(_CITY)
        if city == said.need_id or said.answer != "outcome" or said.outcome is None:
            return False
        if said.by.type != "member" or said.by.id not in ambassadors(city):
            return False
        await self._connection.execute(_LOCK_CITY, city)
        row = await self._connection.fetchrow(_OPEN, said.match_id, city)
        if row is None:
            return False
        match = Match.model_validate(row["body"])
        known = match.need_outcome
        if known and (known.outcome, known.rating) == (said.outcome, said.rating):
            return False
        now = await self._connection.fetchval(_NOW)
        outcome = Outcome(outcome=said.outcome, rating=said.rating, at=now)
        state = MatchState.DECLINED if said.outcome == "nothing" else MatchState.ACCEPTED
        await self._change(match, {"need_outcome": outcome, "state": state})
        return True

    async def _publish(self, key: str, kind: str, event: Notice | Match) -> None:
        message = outbox.Outgoing(MATCHES, key, kind, event)
        await outbox.put(self._connection, publish.SOURCE, [message])


def leads_on(database: Database) -> Callable[[], AbstractAsyncContextManager[PostgresLeads]]:
    """What begins transactions on ``database``."""

    @asynccontextmanager
    async def transaction() -> AsyncIterator[PostgresLeads]:
        async with database.transaction() as connection:
            yield PostgresLeads(connection)

    return transaction


def _need_id(city: str) -> str:
    return f"{_CITY}{city}"


def _match(found: Lead, lead_id: str, version: int, judged: Versions, now: datetime) -> Match:
    """A lead as a match: the city beside the initiative, with what speaks most for it."""
    owner = Owner(type="city", id=found.city)
    return Match(
        match_id=lead_id,
        need=_brief(found, owner),
        supply=events.supply_brief(found.initiative),
        recipient=Recipient(kind="city", id=found.city),
        state=MatchState.PROPOSED,
        rank=1,
        score=found.score,
        reasons=tuple(map(events.reason, found.reasons)),
        policy_version=judged.policy,
        score_model=judged.score_model,
        version=version,
        proposed_at=now,
        changed_at=now,
    )


def _brief(found: Lead, owner: Owner) -> NeedBrief:
    """What the city wants of it: the demand that speaks most for it, or the axes; then the rest.
    The axes travel by their ids, which each reader has in its own language.
    """
    best = found.best.need
    demands = [one for one in found.speakers[1:] if one.need.kind == "demand"]
    others = [f"- {speaker.need.title}" for speaker in demands]
    return NeedBrief(
        kind="interest",
        id=_need_id(found.city),
        owner=owner,
        city=found.city,
        need_kind=best.asks,
        niches=found.axes,
        title=best.title[:_LONGEST_TITLE],
        summary=best.summary,
        description="\n".join(filter(None, (best.description, *others)))[:_LONGEST],
        language=best.language,
        version=found.initiative.version,
    )
