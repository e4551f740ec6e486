"""From one policy to another while the matcher runs: a changed file is read, and holds then.

A file that cannot be used changes nothing: the policy before it goes on, and `said` tells why. A
version means one policy for ever, for matches name it, so other content under a known version is
refused too, whichever replica saw it first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from services.matcher import metrics
from services.matcher.domain.policy import Policy
from services.matcher.exceptions import PolicyRefused
from services.matcher.use_cases.matchmaker import Matchmaker

logger = logging.getLogger(__name__)

POLL_S = 1.0


class Stated(Protocol):
    """A policy, and as data what its file says."""

    @property
    def policy(self) -> Policy:
        """The policy."""
        ...

    @property
    def body(self) -> Mapping[str, Any]:
        """The file as data."""
        ...


class Source(Protocol):
    """Where a policy stands; both methods raise PolicyRefused."""

    @property
    def path(self) -> Path:
        """What it is called."""
        ...

    def text(self) -> bytes:
        """What is written there now."""
        ...

    def stated(self, text: bytes) -> Stated:
        """The policy that ``text`` states."""
        ...


@dataclass
class PolicyChange:
    """A worker beside the `Matchmaker`, which has the policy of ``source`` at first.

    ``every``: seconds between two looks. What is read must be the same at two looks in a row: a
    file is not taken while somebody still writes it.
    """

    maker: Matchmaker
    source: Source
    first: Stated
    every: float = POLL_S
    refused: str | None = field(default=None, init=False)
    _seen: bytes | str = field(default=b"", init=False)

    async def start(self) -> None:
        """Note the policy that holds; PolicyRefused where its version says something else."""
        await self._note(self.first)
        metrics.POLICY_REFUSED.set(0)

    def said(self) -> str:
        """Which policy holds, and why a newer file does not."""
        version = self.maker.policy.version
        return version if self.refused is None else f"{version}; refused: {self.refused}"

    async def run(self) -> None:
        """Look at the file again and again."""
        before: bytes | str = b""
        while True:
            there = await asyncio.to_thread(self._there)
            if there == before and there != self._seen:
                await self._take(there)
                self._seen = there
            before = there
            await asyncio.sleep(self.every)

    def _there(self) -> bytes | str:
        """The text of the file; in words, why there is none."""
        try:
            return self.source.text()
        except PolicyRefused as refused:
            return str(refused)

    async def _take(self, there: bytes | str) -> None:
        self.refused = there if isinstance(there, str) else await self._use(there)
        metrics.POLICY_REFUSED.set(int(self.refused is not None))
        if self.refused is not None:
            logger.error("%s; version %s holds on", self.refused, self.maker.policy.version)

    async def _use(self, text: bytes) -> str | None:
        """Go on with the policy that ``text`` states; in words, why not."""
        try:
            stated = await asyncio.to_thread(self.source.stated, text)
            await self._note(stated)
        except PolicyRefused as refused:
            return str(refused)
        async with self.maker.lock:
            before = self.maker.policy
            if stated.policy != before:
                self.maker.judge_by(stated.policy)
                metrics.POLICY_CHANGED.inc()
                logger.info("policy %s holds now, %s before", stated.policy.version, before.version)
        return None

    async def _note(self, stated: Stated) -> None:
        version = stated.policy.version
        async with self.maker.transaction() as ledger:
            same = await ledger.policies.note(version, stated.body)
        if not same:
            raise PolicyRefused(
                f"{self.source.path}: version {version!r} said something else before, and matches "
                "name it; give what it says now another version"
            )
