"""What intake does with what it was told, over a store that is open on one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from schemas.match import Decision, Match
from schemas.rejection import Rejection
from services.intake import metrics
from services.intake.domain.facts import Contact, Draft, Fact, Kind, Order, Ref
from services.intake.domain.fitness import Known, named
from services.intake.domain.speakers import Speaker
from services.intake.domain.status import state_of
from services.intake.domain.versions import (
    Missing,
    NotTheirs,
    Outdated,
    Taken,
    Unchanged,
    Unfit,
    Verdict,
    fitting,
    submit,
    withdraw,
)
from services.intake.exceptions import DoesNotFit, Fault, Forbidden, NotFound, Stale


@dataclass(frozen=True, slots=True)
class Standing:
    """What a demand's state follows from."""

    demand_id: str
    state: str
    outcome: str | None
    matches: Sequence[str]


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

    async def set_states(self, states: Mapping[str, str]) -> None:
        """Store the states that are shown, by demand."""

    async def speakers(self, sources: Sequence[str]) -> dict[str, Speaker]:
        """Those of ``sources`` that are registered."""

    async def find(self, kind: Kind, fact_id: str) -> Fact | None:
        """One fact."""

    async def page(
        self, kind: Kind, source: str | None, state: str | None, after: str | None, limit: int
    ) -> list[Fact]:
        """At most ``limit`` facts, newest first, behind the one whose id is ``after``."""

    async def history(self, demand_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The waves and the matches of a demand, in order."""


StoreOn: TypeAlias = Callable[[Any], Store]
"""Opens the store on a connection that is in a transaction."""

Begin: TypeAlias = Callable[[], AbstractAsyncContextManager[Store]]
"""A store on a transaction of its own, committed at the end."""


async def take(store: Store, orders: Sequence[Order], now: datetime) -> list[Verdict]:
    """Carry out ``orders`` one after the other; one verdict for each, in their order.

    Each new version and its event are in the store's transaction. Facts are held from before
    they are read until the commit, so that the events of one key have ids in commit order (I4).
    """
    facts = await store.lock(orders)
    drafts = [order for order in orders if isinstance(order, Draft)]
    known = await store.known({entry for draft in drafts for entry in named(draft)})
    verdicts: list[Verdict] = []
    touched: dict[Ref, Fact] = {}
    published: list[tuple[Fact, str | None]] = []
    for order in orders:
        verdict = _decide(facts.get(order.ref), order, known, now)
        verdicts.append(verdict)
        if isinstance(verdict, Taken | Unchanged):
            facts[order.ref] = touched[order.ref] = verdict.fact
        if isinstance(verdict, Taken):
            published.append((verdict.fact, order.trace))
    await store.release({draft.ref for draft in drafts} - facts.keys())
    await store.save(touched.values())
    await store.publish(published)
    await store.keep_contacts(_contacts(orders, verdicts))
    for order, verdict in zip(orders, verdicts, strict=True):
        metrics.SUBMISSIONS.labels(order.kind, type(verdict).__name__.lower()).inc()
    return verdicts


def _decide(stored: Fact | None, order: Order, known: Known, now: datetime) -> Verdict:
    if isinstance(order, Draft):
        return fitting(submit(stored, order, now), order, known, now)
    return withdraw(stored, order, now)


def _contacts(orders: Sequence[Order], verdicts: Sequence[Verdict]) -> list[Contact]:
    newest: dict[tuple[str, str], Contact] = {}
    for order, verdict in zip(orders, verdicts, strict=True):
        stands = isinstance(verdict, Taken | Unchanged)
        if stands and isinstance(order, Draft) and order.contact is not None:
            newest[order.contact.kind, order.contact.id] = order.contact
    return list(newest.values())


def accepted(verdict: Verdict) -> Taken | Unchanged:
    """``verdict`` when it accepts; raises the refusal that it is otherwise."""
    match verdict:
        case Taken() | Unchanged():
            return verdict
        case Outdated(floor):
            raise Stale(f"The content differs and its version is not above {floor}.")
        case NotTheirs():
            raise Forbidden("It belongs to another source, or to another cluster.")
        case Missing():
            raise NotFound("There is nothing to withdraw under this id.")
        case Unfit(faults):
            raise DoesNotFit(
                faults=[Fault(fault.pointer, fault.code, fault.detail) for fault in faults]
            )


async def follow(store: Store, matches: Sequence[Match], decisions: Sequence[Decision]) -> None:
    """Bring the status view up to what the matcher told, in whatever order it arrives.

    A match is as new as its version, a decision as its time. Needs that are no demand of this
    hub (members' interests) are passed over.
    """
    needs = [match.need for match in matches] + [decision.need for decision in decisions]
    ids = {need.id for need in needs if need.kind == "demand"}
    known = await store.lock_demands(sorted(ids))
    if not known:
        return
    await store.apply(
        [match for match in matches if match.need.id in known],
        [decision for decision in decisions if decision.need.id in known],
    )
    standings = await store.standings(sorted(known))
    states = {s.demand_id: state_of(s.state, s.outcome, s.matches) for s in standings}
    changed = {s.demand_id for s in standings if states[s.demand_id] != s.state}
    await store.set_states({demand_id: states[demand_id] for demand_id in changed})


async def read(store: Store, speaker: Speaker, kind: Kind, fact_id: str) -> Fact:
    """One fact, for its own source and the hub; to all others there is none (`NotFound`)."""
    fact = await store.find(kind, fact_id)
    if fact is None or not speaker.owns(fact.source, fact.cluster):
        raise NotFound(f"There is no {kind} with this id.")
    return fact
