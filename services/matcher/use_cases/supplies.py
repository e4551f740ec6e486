"""Members and offers become supplies, stored and published ready to index."""

from __future__ import annotations

from collections.abc import Callable

from schemas.supply import Supply as SupplyEvent
from services.matcher import metrics
from services.matcher.domain.passages import REST, passage
from services.matcher.use_cases.ports import Embedder, Ledger

Behind = Callable[[SupplyEvent, SupplyEvent], SupplyEvent]
"""An offer, with what it takes from the member behind it."""


def passages(supply: SupplyEvent) -> list[str]:
    """What is embedded of ``supply``, a text for each piece; "" where nothing is."""
    return [passage(piece.title, piece.text, piece.part) for piece in supply.pieces]


async def embed(embedder: Embedder, supply: SupplyEvent) -> None:
    """Compute the vectors before the transaction, which then finds them in the store."""
    unread = sum(len(piece.text) for piece in supply.pieces if piece.part == REST)
    metrics.UNREAD.labels("supply").inc(unread)
    await embedder.embed(passages(supply), "passage")


async def publish(ledger: Ledger, embedder: Embedder, supply: SupplyEvent) -> None:
    """Tell every replica of ``supply`` as it is stored, with the vectors there are.

    Computes none: nothing waits for a model inside a transaction.
    """
    vectors = await embedder.known(passages(supply), "passage")
    await ledger.supplies.publish(supply, vectors, embedder.model_name)


async def keep(ledger: Ledger, embedder: Embedder, supply: SupplyEvent) -> bool:
    """Store and publish a supply; False when what is there is as new or newer."""
    stored = await ledger.supplies.save(supply)
    if stored is not None:
        await publish(ledger, embedder, stored)
    return stored is not None


async def keep_member(
    ledger: Ledger, embedder: Embedder, member: SupplyEvent, behind: Behind
) -> None:
    """Store a member's supply; its offers follow it, for they say where it stands."""
    await ledger.supplies.lock_member(member.supply_id)
    if not await keep(ledger, embedder, member):
        return  # an older version: the offers follow the newer one
    for offer in await ledger.supplies.offers_of(member.supply_id):
        moved = behind(offer, member)
        stored = await ledger.supplies.change(moved) if moved != offer else None
        if stored is not None:
            await publish(ledger, embedder, stored)


async def keep_offer(
    ledger: Ledger, embedder: Embedder, offer: SupplyEvent, behind: Behind
) -> None:
    """Store an offer's supply, with what is known of the member behind it."""
    owner = None
    if offer.owner.type == "member":
        await ledger.supplies.lock_member(offer.owner.id)
        owner = await ledger.supplies.facts(offer.owner.id)
    if await keep(ledger, embedder, behind(offer, owner) if owner else offer):
        await ledger.lines.edited(offer.supply_id)
