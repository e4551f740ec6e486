"""Send one webhook, judge what came of it, and record what came of many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.notifier import metrics
from services.notifier.domain.attempts import Delivered, Retry, Verdict
from services.notifier.domain.webhooks import (
    Health,
    HookOutcome,
    Postponed,
    SwitchOff,
    Well,
    Withheld,
    health,
    judge_hook,
)
from services.notifier.use_cases.hook_gate import (
    Chosen,
    HoldLedger,
    ToHold,
    Told,
    hold,
    kept_back,
)

SEEN_WELL_EVERY = timedelta(minutes=1)
"""How often it is written down that an endpoint is well."""

_STATES = {Delivered: "delivered", Retry: "retrying"}


@dataclass(frozen=True, slots=True)
class HookClaim:
    """One webhook (or push) to send now. ``url`` and ``secrets`` are shown nowhere.

    ``attempt`` is the fence of this claim, ``tries`` counts the attempts recorded so far. ``url``
    is None when the endpoint was taken away meanwhile. ``told``: None of what no reader chooses
    about, as a system's demands and tests are.
    """

    delivery_id: UUID
    owner_kind: str
    owner_id: str
    channel: str
    endpoint_id: str
    lane: str
    attempt: int
    tries: int
    message: str
    match_id: str | None
    need_id: str | None
    locale: str
    body: str = field(repr=False)
    url: str | None = field(repr=False)
    secrets: tuple[bytes, ...] = field(repr=False)
    is_on: bool
    failing_since: datetime | None
    last_ok_at: datetime | None
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Attempted:
    """What came of one claim."""

    claim: HookClaim
    outcome: HookOutcome
    verdict: Verdict

    @property
    def result(self) -> str:
        """delivered, retrying or failed."""
        return _STATES.get(type(self.verdict), "failed")


class HookPost(Protocol):
    """Sends a webhook or a push."""

    async def send(self, claim: HookClaim) -> HookOutcome:
        """Never raises for what a receiver says or does."""


class HookLedger(HoldLedger, Protocol):
    """Writes of one transaction about webhooks."""

    async def finish(self, attempts: Sequence[Attempted], now: datetime) -> set[UUID]:
        """Record results; those that count, as no later claim has taken them over."""

    async def report(self, attempts: Sequence[Attempted], now: datetime) -> None:
        """Publish results with this transaction."""

    async def fare(self, healths: Sequence[tuple[str, Health]], now: datetime) -> None:
        """Write down how endpoints fare, and switch off those that are to be."""

    async def failing_since(self, endpoint_ids: Sequence[str]) -> dict[str, datetime | None]:
        """Since when each (locked until the end) has failed; without those that are off."""


async def attempt(
    claim: HookClaim,
    post: HookPost,
    chosen: Chosen,
    clock: Callable[[], datetime],
    random: Callable[[], float],
    monotonic: Callable[[], float],
) -> Attempted:
    """Send ``claim``, when its reader wants it now, and judge what came of it. Nothing is recorded
    yet. ``monotonic``: the clock of `Told.read_at`, in seconds.
    """
    outcome: HookOutcome | None = _withheld(claim)
    if outcome is None and claim.told is not None:
        outcome = await kept_back(*(claim.delivery_id, claim.told, chosen), clock(), monotonic())
    if outcome is None:
        outcome = await post.send(claim)
    verdict = judge_hook(outcome, claim.tries + 1, clock(), random())
    return Attempted(claim, outcome, verdict)


def _withheld(claim: HookClaim) -> Withheld | None:
    if claim.url is None:
        return Withheld("the endpoint was taken away")
    return None if claim.is_on else Withheld("the endpoint is off")


async def record(ledger: HookLedger, attempts: Sequence[Attempted], now: datetime) -> None:
    """Store the results of ``attempts`` with their events, and how their endpoints fare by them.
    What is to wait for its reader was not attempted.
    """
    held = [
        ToHold(one.claim.delivery_id, one.claim.attempt, one.claim.told)
        for one in attempts
        if isinstance(one.outcome, Postponed) and one.claim.told is not None
    ]
    if held:
        await hold(ledger, held, now)
        metrics.PASSED.labels("held").inc(len(held))
        attempts = [one for one in attempts if not isinstance(one.outcome, Postponed)]
    if not attempts:
        return
    counted = await ledger.finish(attempts, now)
    await ledger.report([one for one in attempts if one.claim.delivery_id in counted], now)
    await _fare(ledger, attempts, now)
    for labels, count in Counter((one.claim.channel, one.result) for one in attempts).items():
        metrics.HOOKS.labels(*labels).inc(count)


async def _fare(ledger: HookLedger, attempts: Sequence[Attempted], now: datetime) -> None:
    by_endpoint = _by_endpoint(one for one in attempts if not isinstance(one.outcome, Withheld))
    judged = {
        name: health(some[0].claim.failing_since, [one.outcome for one in some], now)
        for name, some in by_endpoint.items()
    }
    well = [name for name, one in judged.items() if isinstance(one, Well)]
    ill = sorted(name for name in judged if name not in well)
    # Of one that fails the row decides: another replica may have had an answer meanwhile.
    present = await ledger.failing_since(ill) if ill else {}
    fresh: list[tuple[str, Health]] = [
        (name, health(present[name], [one.outcome for one in by_endpoint[name]], now))
        for name in ill
        if name in present
    ]
    fresh += [(name, Well()) for name in well if _is_news(by_endpoint[name][0].claim, now)]
    if fresh:
        await ledger.fare(fresh, now)
    for _, one in fresh:
        if isinstance(one, SwitchOff):
            metrics.ENDPOINTS_OFF.labels(one.because).inc()


def _is_news(claim: HookClaim, now: datetime) -> bool:
    """Whether it is worth a write that this endpoint is well."""
    seen = claim.last_ok_at
    return claim.failing_since is not None or seen is None or now - seen >= SEEN_WELL_EVERY


def _by_endpoint(attempts: Iterable[Attempted]) -> dict[str, list[Attempted]]:
    found: dict[str, list[Attempted]] = {}
    for one in attempts:
        found.setdefault(one.claim.endpoint_id, []).append(one)
    return found
