"""Send one claimed mail, when its reader wants it now, and record what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from typing import Literal, Protocol, TypeVar, assert_never
from uuid import UUID

from services.notifier import metrics
from services.notifier.domain.attempts import (
    Delivered,
    Failed,
    Outcome,
    Pointless,
    Refused,
    Retry,
    Verdict,
    judge,
)
from services.notifier.domain.gate import Drop, is_unwanted, push_of
from services.notifier.domain.identity import kind_of
from services.notifier.domain.messages import Message, Recipient, match_of
from services.notifier.domain.muting import Tree
from services.notifier.domain.preferences import Preferences
from services.notifier.domain.standing import is_pointless
from services.notifier.use_cases.passing import Held, Lost, Sent, pass_gate
from services.notifier.use_cases.ports import Claimed, Ledger, Post, Report
from services.notifier.use_cases.reader_ports import DigestItem

Transaction = Callable[[], AbstractAsyncContextManager[Ledger]]
T = TypeVar("T")
Result = Literal["delivered", "retrying", "failed"]

NO_ADDRESS = "no e-mail address in the vault; the inbox has it"
MOVED_ON = "answered or closed before the mail could go"


class Within(Protocol):
    """Does ``work`` within a transaction that is committed when it returns; with others or not,
    in their ``order``: first what takes the locks of readers, in the order of these.
    """

    async def __call__(self, order: str, work: Callable[[Ledger], Awaitable[T]], /) -> T: ...


def alone(transaction: Transaction) -> Within:
    """Within a transaction of its own."""

    async def within(_order: str, work: Callable[[Ledger], Awaitable[T]]) -> T:
        async with transaction() as ledger:
            return await work(ledger)

    return within


async def deliver(
    claimed: Claimed,
    post: Post,
    within: Within,
    clock: Callable[[], datetime],
    random: Callable[[], float],
    tree: Tree,
) -> Verdict | Held | Lost:
    """Ask the gate, send, then record the result and its event in one transaction.

    When the process dies in between, the lease ends and the mail goes out again, with the same
    Message-ID; a digest tells then what it told before. ``tree``: of the niches. Raises what the
    database raises: the lease then decides as well.
    """
    told, moot = claimed, list[UUID]()
    outcome = _without_sending(claimed, clock())
    reader = claimed.recipient.inbox
    whose = f"{reader.kind}/{reader.id}"
    if outcome is None:
        asked = await within(f"gate/{whose}", lambda one: pass_gate(one, claimed, clock(), tree))
        if isinstance(asked, Held | Lost):
            metrics.PASSED.labels(type(asked).__name__.lower()).inc()
            return asked
        claimed, told, moot, outcome = _let_through(claimed, asked, clock(), tree)
    if outcome is None:
        outcome = await post.send(told)
    now = clock()
    verdict = judge(outcome, claimed.tries, claimed.planned_at, now, random())
    await within(f"record/{whose}", lambda one: _record(one, claimed, verdict, moot, now))
    metrics.ATTEMPTS.labels(_result(verdict)).inc()
    return verdict


async def _record(
    ledger: Ledger, claimed: Claimed, verdict: Verdict, moot: list[UUID], now: datetime
) -> None:
    if await ledger.finish(claimed, verdict, now):
        await _finish_items(ledger, claimed, verdict, moot)
        await ledger.report(_reports(claimed, verdict, moot), now)


def _without_sending(claimed: Claimed, now: datetime) -> Outcome | None:
    if not claimed.is_digest and is_pointless(
        claimed.message, claimed.standing, claimed.recipient.inbox, now
    ):
        return Pointless(MOVED_ON)
    if not claimed.address:
        return Refused(NO_ADDRESS)
    return None


def _let_through(
    claimed: Claimed, asked: Sent | Drop, now: datetime, tree: Tree
) -> tuple[Claimed, Claimed, list[UUID], Outcome | None]:
    """The delivery with all its items, what of it is told, the ids of what is not, and the outcome
    where nothing is.
    """
    if isinstance(asked, Drop):
        return claimed, claimed, [], Pointless(asked.why)
    going = asked.going
    if not going.items:
        return going, going, [], None
    wanted = asked.preferences
    live = tuple(item for item in going.items if _is_live(item, going, wanted, now, tree))
    moot = [item.delivery_id for item in going.items if item not in live]
    if not live:
        return going, going, moot, Pointless(MOVED_ON)
    if [item.delivery_id for item in live] == [going.delivery_id]:
        # One thing alone needs no digest around it.
        return going, replace(going, items=()), moot, None
    return going, replace(going, items=live), moot, None


def _is_live(
    item: DigestItem, going: Claimed, preferences: Preferences, now: datetime, tree: Tree
) -> bool:
    reader = going.recipient.inbox
    if is_pointless(item.message, item.standing, reader, now):
        return False
    return not is_unwanted(push_of(item.message, reader, going.channel, tree), preferences)


async def _finish_items(
    ledger: Ledger, claimed: Claimed, verdict: Verdict, moot: list[UUID]
) -> None:
    if isinstance(verdict, Retry) or not claimed.is_digest:
        return
    if not claimed.items:
        # It ended before it was asked what it tells, since its address is gone: each for itself.
        await ledger.let_go(claimed.delivery_id)
        return
    state = "delivered" if isinstance(verdict, Delivered) else "failed"
    detail = f"in the digest {claimed.delivery_id}: {verdict.detail}"
    await ledger.finish_items(claimed.delivery_id, state, moot, MOVED_ON, detail)


def _result(verdict: Verdict) -> Result:
    match verdict:
        case Delivered():
            return "delivered"
        case Retry():
            return "retrying"
        case Failed():
            return "failed"
    assert_never(verdict)


def _reports(claimed: Claimed, verdict: Verdict, moot: list[UUID]) -> list[Report]:
    """One line for each thing that was told, or was to be told; a digest's as its parts."""
    if not claimed.items:
        return [_report(claimed, claimed.delivery_id, claimed.recipient, claimed.message, verdict)]
    detail = f"in the digest {claimed.delivery_id}: {verdict.detail}"
    return [
        _report(
            claimed,
            item.delivery_id,
            replace(claimed.recipient, kind=item.recipient_kind),
            item.message,
            Failed(MOVED_ON) if item.delivery_id in moot else replace(verdict, detail=detail),
        )
        for item in claimed.items
        if item.delivery_id not in moot or not isinstance(verdict, Retry)
    ]


def _report(
    claimed: Claimed, identifier: UUID, recipient: Recipient, message: Message, verdict: Verdict
) -> Report:
    match = match_of(message)
    return Report(
        identifier,
        recipient,
        claimed.channel,
        kind_of(message),
        match.match_id if match else None,
        message.need.id,
        _result(verdict),
        claimed.tries,
        verdict.detail,
    )
