"""Intake's two subscriptions: what systems submit, and what the matcher decides.

Whoever may write to the submissions topic may set ``ce_source``: the broker's ACLs decide that.
Intake takes a source that is registered, in the role and for the cities or clusters that it is
registered with.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from schemas.life import NeedChanged, Notice
from schemas.match import Decision, Match
from schemas.rejection import Problem, Rejection
from schemas.response import AnswerSubmission
from services.intake import metrics
from services.intake.domain.facts import Kind, Order
from services.intake.domain.speakers import Speaker
from services.intake.domain.text import clean
from services.intake.exceptions import Refusal, UnknownSource, UnknownType, UnreadableEnvelope
from services.intake.handlers.documents import read_document, validate
from services.intake.handlers.patience import Patience
from services.intake.handlers.submissions import Reader, Submitted, withdrawal
from services.intake.use_cases.answering import Condition, respond
from services.intake.use_cases.following import follow
from services.intake.use_cases.ports import Begin, Store, StoreOn
from services.intake.use_cases.saying import Voice
from services.intake.use_cases.taking import accepted, take
from services.intake.use_cases.telling import Told
from services.runtime import telemetry
from services.runtime.consumer import Batch
from services.runtime.database import Connection, Database
from services.runtime.records import Received, Unreadable

_SUBMITTED: Mapping[str, Kind] = {
    "jisr.demand.submitted": "demand",
    "jisr.offer.submitted": "offer",
    "jisr.member.submitted": "member",
}
_WITHDRAWN: Mapping[str, Kind] = {
    "jisr.demand.withdrawn": "demand",
    "jisr.offer.withdrawn": "offer",
}
_ANSWERED = "jisr.response.submitted"
_LONGEST_NAME = 200


class Submissions:
    """Takes the submissions topic: each is accepted, or refused with an event that says why."""

    def __init__(self, store_on: StoreOn, reader: Reader) -> None:
        self._store_on = store_on
        self._reader = reader

    async def handle(self, batch: Batch) -> None:
        """One transaction for the batch: facts, answers, their events, and the rejections."""
        await self._await_matches(batch)
        async with batch.transaction() as (connection, fresh):
            store = self._store_on(connection)
            speakers = await store.speakers([received.event.source for received in fresh])
            now = datetime.now(UTC)
            answers = [r for r in fresh if r.event.type == _ANSWERED]
            facts = [r for r in fresh if r.event.type != _ANSWERED]
            rejections = await self._take(store, facts, speakers, now)
            for received in answers:
                try:
                    await _respond(store, received, speakers, now)
                except Refusal as refusal:
                    rejections.append(rejection(received, refusal))
            await store.reject(rejections)

    async def _await_matches(self, batch: Batch) -> None:
        """Wait a moment for the matches that answers name, which may have been told this moment."""
        answers = [_answer_in(received) for received in batch.events]
        wanted = {one.match_id: one.match_version or 1 for one in answers if one is not None}

        async def are_known(store: Store) -> bool:
            known = await store.match_versions(wanted)
            return all(known.get(match_id, 0) >= version for match_id, version in wanted.items())

        if wanted:
            await Patience(self._opened(batch.database)).until(are_known)

    def _opened(self, database: Database) -> Begin:
        @asynccontextmanager
        async def begin() -> AsyncIterator[Store]:
            async with database.transaction() as connection:
                yield self._store_on(connection)

        return begin

    async def _take(
        self,
        store: Store,
        facts: Sequence[Received],
        speakers: Mapping[str, Speaker],
        now: datetime,
    ) -> list[Rejection]:
        orders: list[tuple[Received, Order]] = []
        rejections: list[Rejection] = []
        for received in facts:
            try:
                orders.append((received, await self._order(received, speakers)))
            except Refusal as refusal:
                rejections.append(rejection(received, refusal))
        verdicts = await take(store, [order for _, order in orders], now) if orders else []
        for (received, _), verdict in zip(orders, verdicts, strict=True):
            try:
                accepted(verdict)
            except Refusal as refusal:
                rejections.append(rejection(received, refusal))
        return rejections

    async def _order(self, received: Received, speakers: Mapping[str, Speaker]) -> Order:
        event = received.event
        speaker = _registered(event.source, speakers)
        submitted = Submitted(read_document(event.data), speaker, trace=event.traceparent)
        if kind := _SUBMITTED.get(event.type):
            return await self._reader.draft(kind, submitted)
        if kind := _WITHDRAWN.get(event.type):
            return withdrawal(kind, submitted)
        raise UnknownType(f"Known types: {', '.join((*_SUBMITTED, *_WITHDRAWN, _ANSWERED))}.")

    async def refuse(self, connection: Connection, unreadable: Unreadable) -> None:
        """Tell the source of an unreadable record, where its headers or its key name one."""
        record = unreadable.record
        headers = {name.lower(): _readable(value) for name, value in record.headers}
        source = headers.get("ce_source") or _readable(record.key)
        if source is None:
            return
        metrics.REFUSED.labels("kafka", UnreadableEnvelope.slug()).inc()
        told = Rejection(
            source=source,
            event_id=headers.get("ce_id"),
            event_type=headers.get("ce_type"),
            title=UnreadableEnvelope.title(),
            problems=(
                Problem(pointer="", code=UnreadableEnvelope.slug(), detail=unreadable.reason),
            ),
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            rejected_at=datetime.now(UTC),
        )
        await self._store_on(connection).reject([told])


def _registered(source: str, speakers: Mapping[str, Speaker]) -> Speaker:
    speaker = speakers.get(source)
    if speaker is None:
        raise UnknownSource("Ask the hub to register ce_source.")
    return speaker


def _answer_in(received: Received) -> AnswerSubmission | None:
    """The answer that an event holds; None for all else, what will be refused too."""
    if received.event.type != _ANSWERED:
        return None
    try:
        return validate(AnswerSubmission, read_document(received.event.data))
    except Refusal:
        return None


async def _respond(
    store: Store, received: Received, speakers: Mapping[str, Speaker], now: datetime
) -> None:
    """Take an answer to a match; whatever is refused has written nothing."""
    event = received.event
    speaker = _registered(event.source, speakers)
    body = validate(AnswerSubmission, read_document(event.data))
    tags = None if body.match_version is None else frozenset([f'"{body.match_version}"'])
    if event.traceparent is not None:
        telemetry.work_under(event.traceparent)
    voice = Voice(speaker, "kafka", f"event {event.id}")
    await respond(store, voice, body.match_id, body, Condition(tags), now)


class Matches:
    """Takes the matches topic into the status view."""

    def __init__(self, store_on: StoreOn) -> None:
        self._store_on = store_on

    async def handle(self, batch: Batch) -> None:
        """Apply what is newer than what is known, in one transaction."""
        async with batch.transaction() as (connection, fresh):
            known: list[Told] = [
                received.data
                for received in fresh
                if isinstance(received.data, Match | Decision | NeedChanged | Notice)
            ]
            await follow(self._store_on(connection), known)


def rejection(received: Received, refusal: Refusal) -> Rejection:
    """The event that tells a source why its submission was refused."""
    metrics.REFUSED.labels("kafka", refusal.slug()).inc()
    event = received.event
    faults = refusal.faults
    problems = [Problem(pointer=f.pointer, code=f.code, detail=f.detail) for f in faults]
    if not problems:
        problems = [Problem(pointer="", code=refusal.slug(), detail=refusal.detail)]
    return Rejection(
        source=event.source,
        event_id=event.id,
        event_type=event.type,
        external_id=_external_id(event.data),
        title=refusal.title(),
        problems=tuple(problems),
        topic=received.topic,
        partition=received.partition,
        offset=received.offset,
        rejected_at=datetime.now(UTC),
    )


def _external_id(data: bytes) -> str | None:
    """What the sender calls it, as far as the refused body can be read."""
    try:
        document: Any = read_document(data)
    except Refusal:
        return None
    named = document.get("external_id") if isinstance(document, dict) else None
    return named[:_LONGEST_NAME] if isinstance(named, str) else None


def _readable(value: bytes | None) -> str | None:
    """A header or key as text; None when it is none that a sender would recognise."""
    try:
        return clean((value or b"")[:_LONGEST_NAME].decode()) or None
    except UnicodeDecodeError:
        return None
