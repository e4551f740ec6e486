"""Send one claimed mail and record what came of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Literal, assert_never

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
from services.notifier.domain.identity import kind_of
from services.notifier.domain.messages import match_of
from services.notifier.domain.standing import is_pointless
from services.notifier.use_cases.ports import Claimed, Ledger, Post, Report

Transaction = Callable[[], AbstractAsyncContextManager[Ledger]]
Result = Literal["delivered", "retrying", "failed"]

NO_ADDRESS = "no e-mail address in the vault; the inbox has it"
MOVED_ON = "answered or closed before the mail could go"


async def deliver(
    claimed: Claimed,
    post: Post,
    transaction: Transaction,
    clock: Callable[[], datetime],
    random: Callable[[], float],
) -> Verdict:
    """Send, then record the result and its event in one transaction.

    When the process dies in between, the lease ends and the mail goes out again, with the same
    Message-ID. Raises what the database raises: the lease then decides as well.
    """
    outcome = _without_sending(claimed, clock()) or await post.send(claimed)
    now = clock()
    verdict = judge(outcome, claimed.attempt, claimed.planned_at, now, random())
    async with transaction() as ledger:
        if await ledger.finish(claimed, verdict, now):
            await ledger.report([_report(claimed, verdict)], now)
    metrics.ATTEMPTS.labels(_result(verdict)).inc()
    return verdict


def _without_sending(claimed: Claimed, now: datetime) -> Outcome | None:
    if is_pointless(claimed.message, claimed.standing, claimed.recipient.inbox, now):
        return Pointless(MOVED_ON)
    if not claimed.address:
        return Refused(NO_ADDRESS)
    return None


def _result(verdict: Verdict) -> Result:
    match verdict:
        case Delivered():
            return "delivered"
        case Retry():
            return "retrying"
        case Failed():
            return "failed"
    assert_never(verdict)


def _report(claimed: Claimed, verdict: Verdict) -> Report:
    message, match = claimed.message, match_of(claimed.message)
    return Report(
        claimed.delivery_id,
        claimed.recipient,
        "mail",
        kind_of(message),
        match.match_id if match else None,
        message.need.id,
        _result(verdict),
        claimed.attempt,
        verdict.detail,
    )
