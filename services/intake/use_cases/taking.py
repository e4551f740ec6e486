"""Submissions and withdrawals: what becomes of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.intake import metrics
from services.intake.domain.facts import Contact, Draft, Fact, Order, Ref
from services.intake.domain.fitness import Known, named
from services.intake.domain.story import Line, of_fact
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
from services.intake.use_cases.ports import Store


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
    story: list[Line] = []
    for order in orders:
        before = facts.get(order.ref)
        verdict = _decide(before, order, known, now)
        verdicts.append(verdict)
        if isinstance(verdict, Taken | Unchanged):
            facts[order.ref] = touched[order.ref] = verdict.fact
        if isinstance(verdict, Taken):
            published.append((verdict.fact, order.trace))
            if order.kind == "demand":
                story.append(of_fact(before, verdict.fact))
    await store.release({draft.ref for draft in drafts} - facts.keys())
    await store.save(touched.values())
    await store.publish(published)
    await store.tell(story)
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
