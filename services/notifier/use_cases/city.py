"""Which cities somebody looks after, as ambassador of the hub's own cluster or for the city."""

from __future__ import annotations

from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import Party
from services.notifier.domain.routing import in_office
from services.notifier.use_cases.inbox import Visitor
from services.notifier.use_cases.ports import Ledger


async def cities_of(
    ledger: Ledger, directory: Directory, cluster: str, visitor: Visitor
) -> list[str]:
    """The cities at which ``visitor`` represents ``cluster`` now, a deputy in its place; none for
    who comes by a link about one demand or offer alone.
    """
    if visitor.party.kind != "member" or visitor.link.scope is not None:
        return []
    held = directory.held_by(cluster, visitor.party.id)
    ambassadors = {Party("member", office.member_id) for _, office in held}
    known = await ledger.known(ambassadors) if held else {}
    inactive = {party.id for party, one in known.items() if not one.active}
    return [city for city, office in held if in_office(office, inactive) == visitor.party.id]


def asks_demands(visitor: Visitor) -> bool:
    """Whether ``visitor`` comes for a city, by a link that is about no other item than a demand."""
    scope = visitor.link.scope
    return visitor.party.kind == "city" and (scope is None or scope.kind == "demand")
