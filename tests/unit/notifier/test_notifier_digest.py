"""A digest tells the best first, by city, each matter once, and counts what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.digest import MOST_SHOWN, composed
from services.notifier.domain.messages import Message, Party, Supply, match_of
from tests.unit.notifier.messages import MEMBER, NEED, NOTE, NOW, notice, proposal


@dataclass(frozen=True)
class Item:
    message: Message
    told_at: datetime = NOW


def asked(name: str, score: float, city: str | None = "settat", minutes: int = 0) -> Item:
    need = replace(NEED, id=name, city=city)
    told = proposal(match_id=f"m-{name}", need=need, score=score)
    return Item(told, NOW + timedelta(minutes=minutes))


def told(*items: Item) -> list[tuple[str | None, list[str]]]:
    return [
        (group.city, [matter.items[0].message.need.id for matter in group.matters])
        for group in composed(items).groups
    ]


def test_the_best_comes_first_and_its_city_with_it() -> None:
    items = asked("a", 0.5), asked("b", 0.9, "oujda"), asked("c", 0.7), asked("d", 0.4, "oujda")
    assert told(*items) == [("oujda", ["b", "d"]), ("settat", ["c", "a"])]


def test_of_two_that_fit_as_well_the_newer_comes_first() -> None:
    assert told(asked("a", 0.5), asked("b", 0.5, minutes=1)) == [("settat", ["b", "a"])]


def test_what_somebody_waits_for_comes_before_what_fits_best() -> None:
    need = replace(NEED, id="w")
    waiting = Item(notice("reminder", need=need, match=proposal(need=need, score=0.1)))
    news = Item(notice("expired", need=replace(NEED, id="n"), match=None))
    assert told(news, Item(NOTE), asked("a", 0.9), waiting) == [("settat", ["w", "a", "d-1", "n"])]


def test_all_that_is_said_of_a_demand_is_one_matter_with_the_newest_first() -> None:
    first, second = asked("a", 0.5), asked("a", 0.6, minutes=5)
    [group] = composed([first, second]).groups
    assert [matter.items for matter in group.matters] == [(second, first)]


def test_offers_that_meet_one_interest_are_matters_of_their_own_by_the_city_that_makes_them() -> (
    None
):
    interest = replace(NEED, kind="interest", owner=MEMBER, id="i", city=None)
    offers = [
        Item(
            proposal(
                match_id=name,
                need=interest,
                supply=Supply("offer", name, Party(kind, owner), name),  # type: ignore[arg-type]
            )
        )
        for name, kind, owner in (("o-1", "city", "oujda"), ("o-2", "committee", "eau"))
    ]
    assert {(group.city, len(group.matters)) for group in composed(offers).groups} == {
        ("oujda", 1),
        (None, 1),
    }


items = st.lists(
    st.builds(
        asked,
        st.sampled_from([f"d{n}" for n in range(25)]),
        st.integers(0, 10).map(lambda n: n / 10),
        st.sampled_from([None, "settat", "oujda"]),
        st.integers(0, 1000),
    ),
    min_size=1,
    max_size=40,
)


@given(items)
def test_nothing_is_lost_and_nothing_is_twice(given_: list[Item]) -> None:
    digest = composed(given_)
    shown = [matter for group in digest.groups for matter in group.matters]
    names = [matter.items[0].message.need.id for matter in shown]
    assert len(set(names)) == len(names) <= MOST_SHOWN
    assert len(names) + digest.more == len({one.message.need.id for one in given_})
    assert len({group.city for group in digest.groups}) == len(digest.groups)
    best = max(match.score for one in given_ if (match := match_of(one.message)))
    first = [match_of(one.message) for one in shown[0].items]
    assert max(match.score for match in first if match) == best
    every = {
        id(item)
        for matter in composed(given_, 99).groups
        for m in matter.matters
        for item in m.items
    }
    assert every == {id(one) for one in given_}


@given(items, st.randoms())
def test_the_order_in_which_things_came_changes_nothing(given_: list[Item], luck: object) -> None:
    once = [replace(one, told_at=NOW + timedelta(minutes=n)) for n, one in enumerate(given_)]
    mixed = list(once)
    luck.shuffle(mixed)  # type: ignore[attr-defined]
    assert composed(mixed) == composed(once)
