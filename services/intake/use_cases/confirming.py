"""What an ambassador makes of the candidates for a demand, and more time for a demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from schemas.response import Confirmation, ConfirmationBody, Extension, ExtensionBody
from services.intake.domain import answering
from services.intake.domain.answering import Party, may_speak_for
from services.intake.domain.facts import Fact
from services.intake.domain.speakers import Speaker
from services.intake.domain.story import Line
from services.intake.exceptions import Fault, Invalid, NotFound, NotPossible
from services.intake.use_cases.ports import Need, Store
from services.intake.use_cases.saying import (
    Kept,
    Voice,
    identity,
    kept,
    known_before,
    owner_of,
    speaking_as,
)

_NO_DEMAND = "There is no demand with this id."


@dataclass(frozen=True, slots=True)
class Asked:
    """What an ambassador is asked to confirm until ``until``: the candidates of ``wave``."""

    wave: int
    until: datetime | None
    cluster: str | None
    candidates: tuple[Mapping[str, Any], ...]
    confirmed: bool = False


async def extend(
    store: Store, voice: Voice, demand_id: str, body: ExtensionBody, now: datetime
) -> Kept:
    """Take the wish that a demand stay open longer. Raises `NotFound`, `Invalid`, `NotPossible`."""
    fact, need = await _held_demand(store, demand_id)
    city = Party("city", str(fact.document["city"]), "need", ((fact.source, None),))
    if not may_speak_for(voice.speaker, city):
        raise NotFound(_NO_DEMAND)
    party = speaking_as([city], body.by)
    said_id, mark = identity(voice, {"extend": demand_id, "opened": fact.opened})
    if before := await known_before(store, said_id, mark):
        return before
    if why := answering.no_extension(fact.state, need.told if need else None):
        raise NotPossible(why, present=_present(fact, need))
    return await kept(
        store,
        said_id,
        mark,
        Extension(
            extension_id=said_id,
            need_id=demand_id,
            by=owner_of(party),
            via=voice.door,
            extended_at=now,
        ),
    )


async def to_confirm(store: Store, speaker: Speaker, demand_id: str, now: datetime) -> Asked:
    """What the ambassadors for whom ``speaker`` may act are asked now. Raises `NotFound`."""
    fact = await store.find("demand", demand_id)
    need = await store.hold_need(demand_id)
    if fact is None or not await _ambassadors(store, speaker, fact, need):
        raise NotFound(_NO_DEMAND)
    asked = _asked(need)
    if asked is None or _too_late(fact, need, asked, asked.wave, now):
        detail = "No ambassador is asked to confirm anything for this demand now."
        raise NotFound(detail, may_pass=asked is None)
    return asked


async def confirm(
    store: Store, voice: Voice, demand_id: str, body: ConfirmationBody, now: datetime
) -> Kept:
    """Take an ambassador's word on the candidates of a wave.

    Raises `NotFound`, `Invalid` or `NotPossible`.
    """
    fact, need = await _held_demand(store, demand_id)
    own = await _ambassadors(store, voice.speaker, fact, need)
    if not own:
        raise NotFound(_NO_DEMAND)
    party = own[0] if body.by is None and _same_cluster(own) else speaking_as(own, body.by)
    _refuse_contradictions(body)
    content = body.model_dump(mode="json", exclude={"by"})
    said_id, mark = identity(
        voice, {"confirm": demand_id, "opened": fact.opened, "by": party.name, **content}
    )
    if before := await known_before(store, said_id, mark):
        return before
    asked = _asked(need)
    if asked is None:
        raise NotPossible(
            "Nobody is asked to confirm it.", present=_present(fact, need), may_pass=True
        )
    if why := _too_late(fact, need, asked, body.wave, now):
        is_ahead = body.wave > asked.wave
        raise NotPossible(why, present=_present(fact, need), may_pass=is_ahead)
    said = Confirmation(
        confirmation_id=said_id,
        need_id=demand_id,
        by=owner_of(party),
        via=voice.door,
        confirmed_at=now,
        **content,
    )
    await store.tell([_line(said, asked, now)])
    await store.note_confirmed(demand_id)
    return await kept(store, said_id, mark, said)


async def _held_demand(store: Store, demand_id: str) -> tuple[Fact, Need | None]:
    if not await store.lock_demands([demand_id]):
        raise NotFound(_NO_DEMAND)
    need = await store.hold_need(demand_id)
    fact = await store.find("demand", demand_id)
    if fact is None:
        raise NotFound(_NO_DEMAND)
    if need is not None and (need.told_of or 0) < fact.opened:
        need = replace(need, told=None)  # it is of a demand that was withdrawn since
    return fact, need


async def _ambassadors(
    store: Store, speaker: Speaker, fact: Fact, need: Need | None
) -> list[Party]:
    """Those of the demand's city for whom ``speaker`` may act; a deputy stands behind each."""
    asked = _asked(need)
    return [
        party
        for cluster, party in await store.ambassadors(str(fact.document["city"]))
        if may_speak_for(speaker, party) and (asked is None or asked.cluster in (None, cluster))
    ]


def _same_cluster(own: list[Party]) -> bool:
    """Whether all are the ambassador of one cluster and its deputy: the first then speaks."""
    return len({cluster for party in own for _, cluster in party.behind}) == 1


def _asked(need: Need | None) -> Asked | None:
    if need is None or need.asked is None:
        return None
    until = need.asked["until"]
    return Asked(
        need.asked["wave"] or 1,
        None if until is None else datetime.fromisoformat(until),
        need.asked["to"]["cluster"],
        tuple(need.asked["candidates"]),
        bool(need.asked.get("confirmed")),
    )


def _too_late(fact: Fact, need: Need | None, asked: Asked, wave: int, now: datetime) -> str:
    """Why the candidates of ``wave`` are not to be confirmed now; "" when they are."""
    if fact.state not in answering.LOOKING:
        return f"The demand is {fact.state}."
    present = need.told["wave"] if need is not None and need.told else asked.wave
    if wave != asked.wave or present > wave:
        return f"The candidates of wave {max(present, asked.wave)} are the present ones."
    if asked.confirmed:
        return f"Wave {wave} was confirmed already."
    if asked.until is not None and asked.until <= now:
        return "The time to confirm is over: the candidates were asked without it."
    return ""


def _refuse_contradictions(body: ConfirmationBody) -> None:
    faults = [
        Fault(f"/{name}", "contradiction", "Names somebody who is struck.")
        for name in ("added", "order")
        if set(body.struck) & set(getattr(body, name))
    ]
    if len(set(body.order)) != len(body.order):
        faults.append(Fault("/order", "twice", "Names somebody twice."))
    if faults:
        raise Invalid("The confirmation contradicts itself.", faults)


def _present(fact: Fact, need: Need | None) -> dict[str, Any]:
    """What a refused wish is told of the present state of the demand."""
    told = need.told if need is not None and need.told is not None else {}
    names = ("wave", "expires_at", "extended")
    return {"id": fact.id, "state": fact.state, **{name: told.get(name) for name in names}}


def _line(said: Confirmation, asked: Asked, now: datetime) -> Line:
    who = {"type": said.by.type, "id": said.by.id}
    if asked.cluster is not None:
        who["cluster"] = asked.cluster
    details = {"who": who, "struck": len(said.struck), "added": len(said.added)}
    return Line(
        said.need_id, f"confirmed:{said.confirmation_id}", now, "confirmed", said.wave, details
    )
