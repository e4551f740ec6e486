"""Reads whom somebody is introduced to from the vault, at the moment of telling it (design, I6).

The rows go into the page or the mail and are kept nowhere. Addresses to send to are read with the
mail's claim instead (``sql/claim_deliveries.sql``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Protocol

from services.notifier.adapters.sql_files import statement
from services.notifier.domain.introductions import Counterpart, Held, Place, VaultCard

_CARDS = statement("vault_cards")
_HOLDS = statement("vault_holds")


class _Reader(Protocol):
    async def fetch(self, query: str, /, *args: Any) -> Collection[Mapping[str, Any]]: ...


async def cards_of(
    reader: _Reader, counterparts: Iterable[Counterpart | None]
) -> dict[Place, VaultCard]:
    """What the vault holds of ``counterparts``; it is not asked when there are none."""
    rows = await _rows(reader, _CARDS, counterparts)
    return {
        (row["kind"], row["id"]): VaultCard(
            row["name"], row["email"], row["phone"], row["office_email"]
        )
        for row in rows
    }


async def holds_of(
    reader: _Reader, counterparts: Iterable[Counterpart | None]
) -> dict[Place, Held]:
    """Where the vault has something of ``counterparts``, without reading what."""
    rows = await _rows(reader, _HOLDS, counterparts)
    return {(row["kind"], row["id"]): Held(row["person"], row["office"]) for row in rows}


async def _rows(
    reader: _Reader, query: str, counterparts: Iterable[Counterpart | None]
) -> Collection[Mapping[str, Any]]:
    places = sorted({place for one in counterparts if one for place in one.places})
    if not places:
        return ()
    return await reader.fetch(query, [one[0] for one in places], [one[1] for one in places])
