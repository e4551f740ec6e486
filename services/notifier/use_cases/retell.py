"""Tell the notes that reached nobody, once somebody can be reached and while they are true."""

from __future__ import annotations

from datetime import datetime

from services.notifier.domain.directory import Directory
from services.notifier.use_cases.plan import plan
from services.notifier.use_cases.ports import Ledger

AT_ONCE = 100
"""Notes told in one transaction."""


async def retell(ledger: Ledger, directory: Directory, cluster: str, now: datetime) -> int:
    """Send what waited for an address to who is in office still; plan anew what waited for an
    ambassador to be named. Each note goes once; returns how many went, at most `AT_ONCE`.
    """
    unheard = await ledger.unheard(directory.in_office_of(cluster), AT_ONCE)
    addressed = [one for one in unheard if one.member_id is not None]
    vacant = [one for one in unheard if one.member_id is None]
    await ledger.send_again([one.delivery_id for one in addressed])
    if vacant:
        await plan(ledger, [one.news for one in vacant], directory, cluster, now)
        await ledger.told_later([one.delivery_id for one in vacant])
    return len(unheard)
