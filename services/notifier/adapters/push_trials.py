"""Pushes by which an owner tries its own endpoint: at once, whatever it prefers, and once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from schemas.delivery import Delivery
from services.notifier.adapters.publishing import publish
from services.notifier.adapters.pushes import PushPost
from services.notifier.adapters.spoken import attempted
from services.notifier.adapters.sql_files import statement
from services.notifier.adapters.voice import Voice
from services.notifier.domain.attempts import Accepted, Delivered, Failed, Outcome, Refused
from services.notifier.domain.messages import LOCALES, Locale
from services.notifier.domain.trials import BODY, TITLE
from services.runtime.database import Database

_CLAIM = statement("claim_push_trials")
_FINISH = statement("finish_delivery")
_FARE = statement("push_fares")
_OFF = "the endpoint is off or was taken away"


@dataclass(frozen=True, slots=True)
class Trial:
    """One to send now. ``url`` is shown nowhere; None when the endpoint is off by now."""

    delivery_id: UUID
    attempt: int
    owner_kind: str
    owner_id: str
    endpoint_id: str
    lane: str
    locale: Locale
    url: str | None = field(repr=False)


@dataclass(frozen=True)
class Trials:
    """Claims them, sends each, and records what came of it."""

    database: Database
    post: PushPost
    voices: Mapping[Locale, Voice]
    clock: Callable[[], datetime]

    async def claim(self, limit: int, lease_s: float, _held: Mapping[str, int]) -> list[Trial]:
        """Up to ``limit`` that are due, held for ``lease_s`` seconds."""
        return [_trial(row) for row in await self.database.pool.fetch(_CLAIM, limit, lease_s)]

    async def send(self, trial: Trial) -> Delivered | Failed:
        """Push it, and record the result. What failed is not tried again: its owner sees it."""
        outcome = await self._push(trial)
        taken = isinstance(outcome, Accepted)
        verdict = Delivered(outcome.detail) if taken else Failed(outcome.detail)
        state = "delivered" if taken else "failed"
        async with self.database.transaction() as connection:
            counts = await connection.fetchval(
                _FINISH, trial.delivery_id, trial.attempt, state, verdict.detail, None
            )
            if counts is not None:
                await connection.execute(_FARE, trial.delivery_id, taken, verdict.detail)
                await publish(connection, [attempted(self._event(trial, state, verdict.detail))])
        return verdict

    async def _push(self, trial: Trial) -> Outcome:
        if trial.url is None:
            return Refused(_OFF)
        voice = self.voices[trial.locale]
        return await self.post.push(trial.url, voice.phrase(TITLE), voice.phrase(BODY))

    def _event(self, trial: Trial, state: str, detail: str) -> Delivery:
        return Delivery.model_validate(
            {
                "delivery_id": str(trial.delivery_id),
                "recipient_kind": trial.owner_kind,
                "recipient_id": trial.owner_id,
                "channel": "push",
                "endpoint_id": trial.endpoint_id,
                "message": "test",
                "locale": trial.locale,
                "state": state,
                "attempt": trial.attempt,
                "detail": detail,
                "at": self.clock(),
            }
        )


def _trial(row: Mapping[str, Any]) -> Trial:
    return Trial(
        row["delivery_id"],
        row["attempt"],
        row["recipient_kind"],
        row["recipient_id"],
        row["endpoint_id"],
        row["lane"],
        next((one for one in LOCALES if one == row["locale"]), LOCALES[0]),
        row["url"],
    )
