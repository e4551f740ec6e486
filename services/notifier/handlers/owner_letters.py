"""Writes to owners whose endpoints were switched off. There are few, so it looks now and then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import aiosmtplib

from services.notifier import metrics
from services.notifier.adapters.owner_letters import OwnerLetter, OwnerLetters, OwnerLetterWriter
from services.notifier.adapters.postgres_store import Store
from services.notifier.adapters.smtp import SmtpPool, outcome_of
from services.notifier.domain.attempts import (
    Accepted,
    Outcome,
    Refused,
    judge,
    without_addresses,
)
from services.notifier.use_cases.owner_notices import ask

logger = logging.getLogger(__name__)
NO_ADDRESS = "no e-mail address in the vault"
_AT_ONCE = 10


@dataclass
class OwnerMail:
    """A worker of the service. It keeps each reader's quiet hours and pause. ``bounces``: the
    envelope's sender. ``lease_s``: after so many seconds what a dead worker held is claimed again.
    """

    store: Store
    letters: OwnerLetters
    writer: OwnerLetterWriter
    pool: SmtpPool
    bounces: str
    clock: Callable[[], datetime]
    random: Callable[[], float]
    lease_s: float = 120.0
    poll_s: float = 5.0

    async def run(self) -> None:
        """Send until cancelled. Raises what the database raises; the service starts it again."""
        while True:
            for one in await self.letters.claim(_AT_ONCE, self.lease_s):
                await self._write(one)
            await asyncio.sleep(self.poll_s)

    async def _write(self, one: OwnerLetter) -> None:
        async with self.store.transaction() as ledger:
            whose = (one.delivery_id, one.attempt, one.reader, self.store.defaults)
            preferences = await ask(ledger, *whose, self.clock())
        if preferences is None:
            metrics.PASSED.labels("held").inc()
            return
        spoken = preferences.locale or one.locale
        outcome = await self._send(replace(one, locale=spoken, zone=preferences.zone))
        now = self.clock()
        verdict = judge(outcome, one.tries, one.planned_at, now, self.random())
        await self.letters.finish(one, verdict, now)

    async def _send(self, one: OwnerLetter) -> Outcome:
        if not one.address:
            return Refused(NO_ADDRESS)
        try:
            letter = self.writer.write(one, self.clock())
            sender = self.bounces.replace("{id}", str(one.delivery_id))
            return Accepted(without_addresses(await self.pool.send(letter, sender, one.address)))
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            return outcome_of(error)
        except ValueError as error:
            return Refused(without_addresses(f"the mail cannot be written: {error}"))
