"""kill -9 of the sender at any point: everything arrives, and nothing under two ids."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.flow.hook_parts import Hub, Receiver, matched, open_hub, receiving
from tests.flow.notifier_parts import until

pytestmark = pytest.mark.slow

_ROOT = Path(__file__).parents[2]
_COUNT = 200


def _worker(dsn: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.flow.hook_worker", dsn]
    return subprocess.Popen(command, cwd=_ROOT, env=os.environ | {"PYTHONPATH": str(_ROOT)})


def _has(receiver: Receiver, enough: int) -> bool:
    return len(receiver.arrivals) >= enough


async def _delivered(hub: Hub) -> int:
    return (await hub.states()).count("delivered")


async def test_kill_9_of_the_sender_loses_nothing_and_changes_no_id(database_url: str) -> None:
    chance = random.Random(5)
    async with open_hub(database_url, is_sending=False) as hub, receiving() as receiver:
        await hub.register(receiver.url)
        await hub.tell(*(matched(match_id=f"m-{number}") for number in range(_COUNT)))
        for _ in range(2):
            worker = _worker(database_url)
            # It dies after some more have come: while it sends, records or claims.
            enough = len(receiver.arrivals) + chance.randrange(1, 60)
            await until(partial(_has, receiver, enough), 60)
            worker.kill()
            worker.wait()
        worker = _worker(database_url)
        try:
            await until(lambda: _is_done(hub), 90)
        finally:
            worker.kill()
            worker.wait()
        ids = {one.json["data"]["match_id"]: set[str]() for one in receiver.arrivals}
        for one in receiver.arrivals:
            ids[one.json["data"]["match_id"]].add(one.id)
        assert len(ids) == _COUNT
        assert all(len(found) == 1 for found in ids.values())
        assert {one for found in ids.values() for one in found} == {
            str(row["delivery_id"]) for row in await hub.deliveries()
        }


async def _is_done(hub: Hub) -> bool:
    return await _delivered(hub) == _COUNT
