"""The worker that claims mails a few ahead of those under way."""

from __future__ import annotations

import asyncio

from services.notifier.domain.attempts import Verdict
from services.notifier.handlers.dispatch import Dispatcher
from services.notifier.use_cases.ports import Claimed
from tests.flow.notifier_clock import open_office
from tests.flow.notifier_facts import match
from tests.flow.notifier_parts import until

AT_ONCE = {"pace": {"proposals": "instant"}, "instant_score": 0.0, "quiet_hours": "none"}


async def test_what_was_claimed_ahead_waits_for_no_lease_when_the_worker_ends(
    database_url: str,
) -> None:
    async with open_office(database_url, AT_ONCE) as office:
        begun: list[Claimed] = []

        async def hang(claimed: Claimed) -> Verdict:
            begun.append(claimed)
            await asyncio.sleep(3600)
            raise AssertionError

        await office.tell(*(match(match_id=f"m-{number}") for number in range(6)))
        pool = office.store.database.pool
        await pool.execute("UPDATE deliveries SET due_at = clock_timestamp()")
        worker = Dispatcher(office.store, office.store.claim, hang, slots=2, ahead=4)
        running = asyncio.create_task(worker.run())
        await until(lambda: len(begun) == 2)
        claimed = await pool.fetchval("SELECT count(*) FROM deliveries WHERE attempt = 1")
        assert claimed == 6
        running.cancel()
        await asyncio.wait([running])
        free = await pool.fetch(
            "SELECT delivery_id FROM deliveries"
            " WHERE due_at <= clock_timestamp() AND attempt - holds = 0"
        )
        taken = {one.delivery_id for one in begun}
        assert len(free) == 4
        assert not taken & {row["delivery_id"] for row in free}
