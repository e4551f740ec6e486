"""Mails in a simulated year: planned, held, gathered and sent as the notifier does.

`domain.routing`, `domain.gate`, `use_cases.send` and `use_cases.preferences` themselves run, on a
database in memory (`shelf`). The mail server is away for hours now and then, puts some mails off,
and workers die between its 250 and their commit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar, cast

from services.cli.simulate.life.hub import Hub
from services.cli.simulate.life.laws import LawBroken
from services.cli.simulate.life.opened import Opened
from services.cli.simulate.life.people import Watcher
from services.cli.simulate.mail import readers
from services.cli.simulate.mail.laws import LONGEST_WAIT, MailLaws, Sending
from services.cli.simulate.mail.shelf import Row, Shelf
from services.cli.simulate.mail.words import Words
from services.matcher.domain.decisions import Ranked
from services.matcher.domain.life.case import Pair
from services.matcher.domain.life.effects import Tell
from services.notifier.domain.attempts import Accepted, Deferred, Outcome
from services.notifier.domain.choices import preferences_of
from services.notifier.domain.messages import Message, Party, Recipient, match_of
from services.notifier.domain.muting import FLAT
from services.notifier.domain.preferences import Preferences
from services.notifier.domain.routing import route
from services.notifier.use_cases.ports import Claimed, Ledger
from services.notifier.use_cases.preferences import change
from services.notifier.use_cases.send import alone, deliver

LEASE = timedelta(minutes=2)
_AWAY_EVERY, _AWAY = timedelta(days=19), timedelta(hours=5)
_PUT_OFF, _DIES = 0.03, 0.01
T = TypeVar("T")


class _Killed(Exception):
    """A worker died between the server's 250 and its commit"""


@dataclass
class Post(Watcher):
    """The mails of ``hub``; ``weeks`` counts them by member and week, ``kinds`` by kind."""

    seed: int
    begin: datetime
    days: int
    hub: Hub
    laws: MailLaws = field(default_factory=MailLaws)
    weeks: Counter[tuple[str, int]] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.words = Words(self.hub)
        self.shelf = Shelf(self._now, self._wake)
        self._known: set[Party] = set()
        self._chance = readers.chance_of(self.seed, Party("city", "post"))

    def asked(self, opened: Opened, pair: Pair, ranked: Ranked) -> None:
        """A proposal goes to whoever is asked."""
        recipient, message = self.words.proposal(opened, pair, ranked)
        self._plan(opened, pair.match_id, recipient, message)

    def told(self, opened: Opened, tell: Tell) -> None:
        """A notice goes to whom it is for."""
        recipient, message = self.words.notice(opened, tell)
        self._plan(opened, tell.match_id, recipient, message)

    def at_rest(self) -> None:
        """At the end, whatever waits has its time ahead, and not too far. Raises LawBroken."""
        now = self._now()
        for row in self.shelf.rows.values():
            if row.state != "waiting":
                continue
            wanted = self._wanted(row.reader)
            ends = max(now, wanted.paused_until or now)
            if not now - LEASE <= row.due_at <= ends + LONGEST_WAIT:
                seen = f"due {row.due_at}, for {row.reader.id}, at {now}"
                raise LawBroken("nothing waits for ever", row.need_id, seen)

    def _now(self) -> datetime:
        return self.hub.clock.now

    def _plan(self, opened: Opened, match_id: str, recipient: Recipient, message: Message) -> None:
        """As `use_cases.plan`, of the mail alone."""
        self._meet(recipient.inbox)
        now = self._now()
        is_member = recipient.inbox.kind == "member"
        wanted = self._wanted(recipient.inbox) if is_member else None
        standing = partial(self.words.standing, opened, match_id)
        for planned in route(message, recipient, wanted, now):
            if planned.channel == "mail":
                due = max(now, planned.due_at)
                need = opened.need.need_id
                row = Row(planned, message, need, now, due, due, standing, slot=planned.slot)
                self.shelf.put(row)

    def _meet(self, reader: Party) -> None:
        """Whoever is told something for the first time has chosen before, and will again."""
        if reader in self._known:
            return
        self._known.add(reader)
        self._choose(reader, readers.first_choice(self.seed, reader))
        for number, moment in enumerate(readers.changes(self.seed, reader, self.begin, self.days)):
            if moment > self._now():
                self.hub.clock.at(moment, partial(self._choose_anew, reader, number))

    def _choose_anew(self, reader: Party, number: int) -> None:
        chance = readers.chance_of(self.seed, reader, number)
        self._choose(reader, readers.choice(chance, self._now()))

    def _choose(self, reader: Party, choice: dict[str, Any]) -> None:
        _at_once(change(self.shelf, reader, choice, self._now()))

    def _wanted(self, reader: Party) -> Preferences:
        return preferences_of(self.shelf.chosen.get(reader, {}))

    def _wake(self, row: Row) -> None:
        self.hub.clock.at(row.due_at, partial(self._due, row))

    def _due(self, row: Row) -> None:
        """As the dispatcher: claim it, and deliver it."""
        now = self._now()
        if row.state != "waiting" or row.due_at > now:
            return
        row.attempt, row.due_at = row.attempt + 1, now + LEASE
        try:
            _at_once(self._deliver(row))
        except _Killed:
            self.kinds["sent again after a crash"] += 1
        if row.state == "waiting":
            self._wake(row)

    async def _deliver(self, row: Row) -> None:
        claimed = Claimed(
            row.id,
            row.planned.recipient,
            row.message,
            row.attempt,
            row.tried_from,
            1,
            row.standing(),
            address="reader@member.example",
            holds=row.holds,
            is_digest=row.digest is not None,
        )
        dies = self._chance.random() < _DIES
        within = alone(self._transaction(dies))
        await deliver(claimed, _Server(self), within, self._now, self._chance.random, FLAT)

    def _transaction(self, dies: bool) -> Callable[[], Any]:
        begun = [0]

        @asynccontextmanager
        async def transaction() -> AsyncIterator[Ledger]:
            begun[0] += 1
            if dies and begun[0] == 2:
                raise _Killed
            yield cast("Ledger", self.shelf)

        return transaction

    def take(self, claimed: Claimed) -> Outcome:
        """What the mail server says to a mail; every one that it takes is held to the laws."""
        now = self._now()
        if (now - self.begin) % _AWAY_EVERY < _AWAY:
            return Deferred("the server is away")
        if self._chance.random() < _PUT_OFF:
            return Deferred("451 later")
        told = [item.message for item in claimed.items] or [claimed.message]
        reader = claimed.recipient.inbox
        matches = [match.match_id for one in told if (match := match_of(one))]
        states = {match_id: self.words.state(match_id) for match_id in matches}
        wanted = self._wanted(reader)
        self.laws.hold(Sending(claimed.delivery_id, reader, told, wanted, states, now))
        self.kinds["digest" if claimed.items else "of one matter"] += 1
        if reader.kind == "member":
            self.weeks[reader.id, (now - self.begin) // timedelta(weeks=1)] += 1
        return Accepted("250")


@dataclass(frozen=True)
class _Server:
    """See `use_cases.ports.Post`."""

    post: Post

    async def send(self, claimed: Claimed) -> Outcome:
        """Take it, or not."""
        return self.post.take(claimed)


def _at_once(work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``, which waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    raise AssertionError("something was waited for")
