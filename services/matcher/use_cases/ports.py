"""What the use cases need of the world; the adapters provide it.

A ledger is open on one transaction: all that is written by it commits together, or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, Protocol, TypeAlias

from schemas.supply import Supply as SupplyEvent
from services.matcher.domain.model import Vector
from services.matcher.use_cases.line_ports import Lines
from services.matcher.use_cases.need_ports import Needs

Side: TypeAlias = Literal["query", "passage"]


class Supplies(Protocol):
    """The supplies, stored without vectors and published with them."""

    async def save(self, supply: SupplyEvent) -> SupplyEvent | None:
        """Store a supply, whose version is that of the member or offer it came from.

        Returns it with the matcher's own version and the places taken, or None when what is
        there is as new or newer.
        """
        ...

    async def change(self, supply: SupplyEvent) -> SupplyEvent | None:
        """Store other facts of a supply whose own source did not change; None when it has
        another owner by now, whose lock the caller does not hold.
        """
        ...

    async def take_place(self, supply_id: str, places: int) -> SupplyEvent | None:
        """Take (or free, when negative) places; the supply, None when it is full."""
        ...

    async def room(self, supply_id: str) -> bool:
        """Whether a place is left; the supply is locked, so that it stays so."""
        ...

    async def renew(self, supply_id: str, version: int) -> SupplyEvent | None:
        """The supply, unchanged, as its next version; None when ``version`` is not the newest."""
        ...

    async def facts(self, supply_id: str) -> SupplyEvent | None:
        """The supply as it is stored."""
        ...

    async def page(self, after: str, limit: int) -> list[SupplyEvent]:
        """Supplies whose id follows ``after``, in the order of ids."""
        ...

    async def count(self) -> int:
        """How many supplies there are."""
        ...

    async def stale(self, model: str, limit: int) -> list[SupplyEvent]:
        """Supplies last published without the vectors of ``model``, locked; not those that
        another transaction holds.
        """
        ...

    async def lock_member(self, member_id: str) -> None:
        """Let nobody else change this member or its offers until the transaction ends, so that
        of a member and an offer that come at once the later one sees the other.
        """
        ...

    async def offers_of(self, member_id: str) -> list[SupplyEvent]:
        """The stored offers that a member stands behind."""
        ...

    async def publish(
        self, supply: SupplyEvent, vectors: Sequence[Vector | None], model: str | None
    ) -> None:
        """Tell every replica of ``supply``, with the vector of each of its pieces."""
        ...


@dataclass(frozen=True, slots=True)
class KnownModel:
    """An embedding model by its name; ``place`` is how its endpoint is asked, None: it is here."""

    name: str
    place: Mapping[str, Any] | None = None


class Models(Protocol):
    """Which model's vectors serve, for all replicas."""

    async def settle(self, wanted: KnownModel) -> KnownModel | None:
        """Note that ``wanted`` is to serve: at once where there is nothing to embed again, else
        it is to come. Returns the model that serves until then; None: none does.
        """
        ...

    async def serving(self) -> KnownModel | None:
        """The model that serves."""
        ...

    async def claim(self) -> bool:
        """True for the one transaction at a time that may embed for the model to come."""
        ...

    async def switch(self, name: str) -> None:
        """Let the model ``name`` serve, and the one before it be retired."""
        ...

    async def discard(self, keep: timedelta, most: int) -> int:
        """Delete ``most`` vectors of models that were retired ``keep`` ago; how many went."""
        ...


class Policies(Protocol):
    """Which policies there were, for all replicas, so that a version always means the same."""

    async def note(self, version: str, body: Mapping[str, Any]) -> bool:
        """Note that ``version`` says ``body``; False when it is known to say something else."""
        ...


class Ledger(Protocol):
    """Reads and writes of one transaction."""

    @property
    def needs(self) -> Needs:
        """Needs and matches."""
        ...

    @property
    def supplies(self) -> Supplies:
        """Members and offers as supplies."""
        ...

    @property
    def models(self) -> Models:
        """The embedding models."""
        ...

    @property
    def lines(self) -> Lines:
        """The lines for places of offers."""
        ...

    @property
    def policies(self) -> Policies:
        """The policies that were in use."""
        ...


class Transactions(Protocol):
    """Begins transactions."""

    def __call__(self) -> AbstractAsyncContextManager[Ledger]:
        """A ledger that commits at the end of its block, and rolls back on any exception."""
        ...


class Embedder(Protocol):
    """Turns texts into vectors of unit length, each text once."""

    @property
    def model_name(self) -> str | None:
        """What makes the vectors; those of two models are never compared. None: without."""
        ...

    @property
    def away(self) -> str | None:
        """Why the model cannot be used now; None when it can, or when there is none."""
        ...

    @property
    def away_for(self) -> float:
        """Seconds for which a model that is `away` is better left alone."""
        ...

    async def check(self) -> bool:
        """Ask the model whether it can be used (again)."""
        ...

    async def close(self) -> None:
        """Give back what the model holds."""
        ...

    async def known(self, texts: Sequence[str], side: Side) -> list[Vector | None]:
        """The vectors that were computed before, in the order given; None for the others."""
        ...

    async def embed(self, texts: Sequence[str], side: Side) -> list[Vector | None]:
        """One vector a text, in the order given; None without a model, for a blank text or one
        that it refuses, and while it is away. Returns in bounded time.
        """
        ...
