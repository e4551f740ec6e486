"""What the use cases ask of the database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from schemas.life import NeedChanged, Notice
from schemas.match import Decision, Match, NeedBrief, QuestionReply
from schemas.rejection import Rejection
from schemas.response import Confirmation, Extension, Question, Reply, Response
from services.intake.domain.answering import Party
from services.intake.domain.facts import Contact, Fact, Kind, Order, Ref
from services.intake.domain.fitness import Known
from services.intake.domain.speakers import Speaker
from services.intake.domain.story import Line


@dataclass(frozen=True, slots=True)
class Standing:
    """What a demand's state follows from: ``state`` and ``archived`` are those that are shown,
    ``told`` and ``put_away`` what the matcher says of the demand since it was opened.
    """

    demand_id: str
    state: str
    archived: bool
    told: str | None
    put_away: bool
    outcome: str | None
    matches: Sequence[str]


@dataclass(frozen=True, slots=True)
class History:
    """All that became of a demand: its waves and matches in order, the newest that the matcher
    said of it as a whole (None: nothing), and its story.
    """

    waves: Sequence[Mapping[str, Any]]
    matches: Sequence[Mapping[str, Any]]
    told: Mapping[str, Any] | None
    story: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Need:
    """What the matcher told of a need: the newest NeedChanged and the version of the need that
    it is about, and the newest notice that asks an ambassador to confirm; None: it told none.
    """

    id: str
    kind: str
    brief: Mapping[str, Any]
    told: Mapping[str, Any] | None
    told_of: int | None
    asked: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a match: ``asked_by`` {type, id}, the office (``cluster``, ``city``) whose
    ambassador was told, and the ``reply`` {by, text}, once there is one.
    """

    id: str
    match_id: str
    need_id: str
    asked_by: Mapping[str, Any]
    text: str
    cluster: str | None
    city: str | None
    asked_at: datetime
    reply: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Taking:
    """What was taken before: the mark of what was said, and the event's data."""

    digest: bytes
    document: Mapping[str, Any]


Utterance: TypeAlias = Response | Question | Reply | Confirmation | Extension
Behind: TypeAlias = tuple[str, str | None]
"""Source and, where there is one, cluster."""


class Store(Protocol):
    """What the use cases ask of the database; every call is in one transaction."""

    async def lock(self, orders: Sequence[Order]) -> dict[Ref, Fact]:
        """Hold the facts that ``orders`` are about until the end; those that exist."""

    async def known(self, entries: Collection[str]) -> Known:
        """What the directory has of ``entries`` ("city:oujda", "niche:livestock")."""

    async def release(self, refs: Collection[Ref]) -> None:
        """Let go of what `lock` held for facts that are not to be."""

    async def save(self, facts: Iterable[Fact]) -> None:
        """Store ``facts``, all of them held by `lock`."""

    async def publish(self, changes: Sequence[tuple[Fact, str | None]]) -> None:
        """Put each version's event into the outbox, under the trace that caused it."""

    async def reject(self, rejections: Sequence[Rejection]) -> None:
        """Tell the senders what was refused."""

    async def keep_contacts(self, contacts: Sequence[Contact]) -> None:
        """Write the vault; an empty contact is erased."""

    async def lock_demands(self, ids: Sequence[str]) -> set[str]:
        """Hold the demands among ``ids`` until the end; those that exist."""

    async def apply(self, matches: Sequence[Match], decisions: Sequence[Decision]) -> None:
        """Store what is newer than what is known."""

    async def standings(self, demand_ids: Sequence[str]) -> list[Standing]:
        """What the states of these demands follow from."""

    async def set_states(self, states: Mapping[str, tuple[str, bool]]) -> None:
        """Store what is shown, by demand: the state, and whether it is archived."""

    async def note_needs(self, needs: Sequence[NeedBrief]) -> None:
        """Hold these needs until the end, and keep what is newest of each."""

    async def change_needs(self, changes: Sequence[NeedChanged]) -> None:
        """Store the states of needs that are newer than what is known."""

    async def ask_confirmation(self, notices: Sequence[Notice]) -> None:
        """Store which candidates an ambassador is asked to confirm; the newest counts."""

    async def note_confirmed(self, need_id: str) -> None:
        """The candidates that an ambassador was asked to confirm are confirmed."""

    async def note_questions(self, notices: Sequence[Notice]) -> None:
        """Store what was asked about matches, and what was answered."""

    async def question(self, question_id: str) -> Asked | None:
        """One question."""

    async def questions(self, match_id: str) -> list[Asked]:
        """Those about a match, oldest first."""

    async def note_replied(self, question_id: str, reply: QuestionReply) -> None:
        """A question is answered; the matcher may not have heard of it yet."""

    async def tell(self, lines: Sequence[Line]) -> None:
        """Add to the stories of demands what is not in them yet."""

    async def speakers(self, sources: Sequence[str]) -> dict[str, Speaker]:
        """Those of ``sources`` that are registered."""

    async def find(self, kind: Kind, fact_id: str) -> Fact | None:
        """One fact."""

    async def page(
        self, kind: Kind, source: str | None, state: str | None, after: str | None, limit: int
    ) -> list[Fact]:
        """At most ``limit`` facts, newest first, behind the one whose id is ``after``."""

    async def history(self, demand_id: str) -> History:
        """All that became of a demand."""

    async def hold_need(self, need_id: str) -> Need | None:
        """Hold what the matcher told of a need until the end; None when it told nothing."""

    async def match(self, match_id: str) -> Mapping[str, Any] | None:
        """A match as the matcher told it, its need included."""

    async def match_versions(self, match_ids: Collection[str]) -> dict[str, int]:
        """The versions of those of these matches that the matcher has told of."""

    async def behind(self, refs: Collection[tuple[str, str]]) -> dict[tuple[str, str], Behind]:
        """Of the facts among ``refs`` (kind, id): who sent them, and of which cluster they are."""

    async def ambassadors(self, city: str) -> list[tuple[str, Party]]:
        """Who is in office at ``city``, with the cluster: each ambassador before its deputy."""

    async def taken(self, said_id: str) -> Taking | None:
        """What was taken under this id; nobody else takes anything under it until the end."""

    async def keep(self, said_id: str, digest: bytes, said: Utterance) -> None:
        """Store what was said, and put its event into the outbox."""


StoreOn: TypeAlias = Callable[[Any], Store]
"""Opens the store on a connection that is in a transaction."""

Begin: TypeAlias = Callable[[], AbstractAsyncContextManager[Store]]
"""A store on a transaction of its own, committed at the end."""
