"""What must hold for every mail of a simulated year, told apart from the gate that makes it so."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from services.cli.simulate.life.laws import LawBroken
from services.notifier.domain.concerns import CONCERN
from services.notifier.domain.identity import kind_of, subject_of
from services.notifier.domain.messages import Message, Party, Proposal, match_of
from services.notifier.domain.preferences import Preferences

LONGEST_WAIT = timedelta(days=24)
"""No digest is further away: a week, six days without messages, the last of a full day; twice."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A mail as it leaves: its Message-ID, what it tells, and how its reader wants it now.

    ``states``: of the matches that it tells of, by their ids.
    """

    id: UUID
    reader: Party
    told: Sequence[Message]
    preferences: Preferences
    states: dict[str, str]
    now: datetime


@dataclass
class MailLaws:
    """The laws, and what they remember of all mails."""

    told: dict[tuple[Party, str, str], UUID] = field(default_factory=dict)
    days: defaultdict[tuple[Party, date], set[UUID]] = field(
        default_factory=lambda: defaultdict(set)
    )
    mails: int = 0

    def hold(self, sent: Sending) -> None:
        """Raise LawBroken where a law does not hold for ``sent``."""
        self.mails += 1
        laws = {
            "no message in quiet hours": _quiet,
            "no message in a pause": _paused,
            "no cap exceeded": self._counted,
            "nobody is mailed the same twice": self._once,
            "nothing unwanted is mailed": _unwanted,
            "nothing is asked that was answered": _asked,
        }
        for law, looked_at in laws.items():
            for seen in looked_at(sent):
                need = sent.told[0].need.id
                said = f"{sent.reader.kind} {sent.reader.id} at {sent.now.isoformat()}: {seen}"
                raise LawBroken(law, need, said)

    def _counted(self, sent: Sending) -> Iterable[str]:
        day = sent.now.astimezone(sent.preferences.zone).date()
        mails = self.days[sent.reader, day]
        mails.add(sent.id)
        if len(mails) > sent.preferences.most_a_day:
            yield f"{len(mails)} mails of at most {sent.preferences.most_a_day} on {day}"

    def _once(self, sent: Sending) -> Iterable[str]:
        """A mail that has to be sent again has the same Message-ID."""
        subjects = Counter((kind_of(one), subject_of(one)) for one in sent.told)
        for (kind, subject), many in subjects.items():
            before = self.told.setdefault((sent.reader, kind, subject), sent.id)
            if many > 1 or before != sent.id:
                yield f"{kind} of {subject}"


def _quiet(sent: Sending) -> Iterable[str]:
    wanted = sent.preferences
    local = sent.now.astimezone(wanted.zone)
    if local.weekday() in wanted.quiet_days:
        yield f"{local:%A}"
    quiet = wanted.quiet_hours
    if quiet is None:
        return
    minutes, begin, end = (one.hour * 60 + one.minute for one in (local, quiet.begin, quiet.end))
    if (minutes - begin) % 1440 < (end - begin) % 1440:
        yield f"{local:%H:%M}, quiet from {quiet.begin:%H:%M} to {quiet.end:%H:%M}"


def _paused(sent: Sending) -> Iterable[str]:
    until = sent.preferences.paused_until
    if until is not None and sent.now < until:
        yield f"paused until {until}"


def _unwanted(sent: Sending) -> Iterable[str]:
    wanted = sent.preferences
    for one in sent.told:
        if "mail" not in wanted.channels[CONCERN[kind_of(one)]]:
            yield f"{kind_of(one)} by mail"
        if isinstance(one, Proposal) and one.score < wanted.least_score:
            yield f"a score of {one.score}, at least {wanted.least_score}"


def _asked(sent: Sending) -> Iterable[str]:
    for one in sent.told:
        match = match_of(one)
        state = sent.states.get(match.match_id) if match else None
        if (kind_of(one) == "proposal" and state != "proposed") or (
            kind_of(one) == "answer-asked" and state != "accepted"
        ):
            yield f"{kind_of(one)} of a match that is {state}"
