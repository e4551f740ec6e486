"""Give an ambassador what is for its office: open entries when it takes the office over, and what
reached nobody once somebody can be reached, while it is true.
"""

from __future__ import annotations

from datetime import datetime

from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import Party
from services.notifier.domain.routing import in_office
from services.notifier.use_cases.plan import plan
from services.notifier.use_cases.ports import Ledger

AT_ONCE = 100
"""Notes told in one transaction."""


async def retell(ledger: Ledger, directory: Directory, cluster: str, now: datetime) -> int:
    """Send what waited for an address to who is in office still; plan anew what waited for an
    ambassador to be named. Each note goes once; returns how many went, at most `AT_ONCE`.
    """
    unheard = await ledger.unheard(directory.in_office(), cluster, AT_ONCE)
    addressed = [one for one in unheard if one.member_id is not None]
    vacant = [one for one in unheard if one.member_id is None]
    await ledger.send_again([one.delivery_id for one in addressed])
    if vacant:
        await plan(ledger, [one.news for one in vacant], directory, cluster, now)
        await ledger.told_later([one.delivery_id for one in vacant])
    return len(unheard)


async def hand_over(ledger: Ledger, directory: Directory) -> int:
    """Let the open entries of every office stand in the inbox of who holds it now; how many moved.

    An office that is vacant keeps its entries where they are.
    """
    members = {
        Party("member", member)
        for office in directory.offices.values()
        for member in (office.member_id, office.deputy_id)
        if member
    }
    known = await ledger.known(members)
    inactive = {party.id for party, one in known.items() if not one.active}
    holders = [
        (f"{cluster}/{city}", member)
        for (cluster, city), office in directory.offices.items()
        if (member := in_office(office, inactive)) is not None
    ]
    return await ledger.move(holders)
