"""Scarce places: the greatest total, never more than there are, whatever the order."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain.allocation import Application, allocate, in_line, share

Given = Collection[Application]
OFFERS = ("o1", "o2", "o3")
SCORES = st.sampled_from([0.0, 0.3, 0.5, 0.8, 0.8000004, 0.9])
PLACES = st.fixed_dictionaries({offer: st.integers(0, 2) for offer in OFFERS})
RANKS = st.sampled_from([None, None, 1, 2])
APPLICATIONS = st.dictionaries(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(OFFERS)),
    st.tuples(SCORES, RANKS),
    max_size=8,
).map(lambda found: [Application(*pair, *rest) for pair, rest in found.items()])


def total(given: Given) -> int:
    """In millionths."""
    return sum(one.value for one in given)


def greedy(applications: Given, places: Mapping[str, int]) -> set[Application]:
    """The best pair first, then the best of the rest: what the hub does not do."""
    left, served, given = Counter(places), set(), set()
    for one in sorted(applications, key=lambda one: (-one.value, one.need_id, one.offer_id)):
        if one.need_id not in served and left[one.offer_id] > 0:
            left[one.offer_id] -= 1
            served.add(one.need_id)
            given.add(one)
    return given


def is_allowed(given: Given, places: Mapping[str, int]) -> bool:
    """Nobody twice, and no offer over its places."""
    offers = Counter(one.offer_id for one in given)
    return len({one.need_id for one in given}) == len(given) and all(
        many <= places[offer] for offer, many in offers.items()
    )


def every(applications: Sequence[Application], places: Mapping[str, int]) -> Iterator[Given]:
    """Every allocation that is allowed."""
    for many in range(len(applications) + 1):
        for chosen in itertools.combinations(applications, many):
            if is_allowed(chosen, places):
                yield chosen


def merit(given: Given, *, binding: bool) -> tuple[object, ...]:
    """What makes an allocation better than another one."""
    ranks = [sum(one.theirs == rank for one in given) for rank in (1, 2)] if binding else []
    return *ranks, total(given)


def envy(applications: Given, given: Given, places: Mapping[str, int]) -> list[Application]:
    """Those without a place whom an offerer would rather have than somebody who has one, or than
    an empty place.
    """
    served = {one.need_id for one in given}
    return [
        one
        for one in applications
        if one.need_id not in served
        and (
            sum(other.offer_id == one.offer_id for other in given) < places[one.offer_id]
            or any(
                other.offer_id == one.offer_id and other.their_rank > one.their_rank
                for other in given
            )
        )
    ]


@given(applications=APPLICATIONS, places=PLACES, binding=st.booleans())
def test_it_is_the_best_of_all_that_are_allowed(
    applications: list[Application], places: dict[str, int], binding: bool
) -> None:
    found = allocate(applications, places, binding=binding)
    known = sorted(applications, key=lambda one: (one.need_id, one.offer_id))
    allowed = list(every(known, places))
    best = max(merit(one, binding=binding) for one in allowed)
    as_good = [set(one) for one in allowed if merit(one, binding=binding) == best]
    smallest = max(as_good, key=lambda chosen: [one in chosen for one in known])
    assert found == smallest


@given(applications=APPLICATIONS, places=PLACES, data=st.data())
def test_the_order_of_applications_makes_no_difference(
    applications: list[Application], places: dict[str, int], data: st.DataObject
) -> None:
    other = data.draw(st.permutations(applications))
    assert allocate(other, places) == allocate(applications, places)
    assert share(other, places) == share(applications, places)


@given(applications=APPLICATIONS, places=PLACES)
def test_the_total_is_at_least_that_of_asking_one_after_another(
    applications: list[Application], places: dict[str, int]
) -> None:
    assert total(allocate(applications, places, binding=False)) >= total(
        greedy(applications, places)
    )


@given(applications=APPLICATIONS, places=PLACES)
def test_no_applicant_and_offerer_would_both_rather_have_each_other(
    applications: list[Application], places: dict[str, int]
) -> None:
    assert not envy(applications, allocate(applications, places), places)


@given(
    applications=APPLICATIONS, places=PLACES, holders=st.sets(st.sampled_from("abcd"), max_size=2)
)
def test_everybody_has_a_place_or_a_number_and_no_place_stays_free_that_somebody_wants(
    applications: list[Application], places: dict[str, int], holders: set[str]
) -> None:
    found = share(applications, places, holders=holders)
    taken = Counter(offer for _, offer in found.given)
    waiting = [(need, offer) for offer, line in found.lines.items() for need in line]
    assert all(many <= places[offer] for offer, many in taken.items())
    pairs = [(one.need_id, one.offer_id) for one in applications]
    assert sorted([*found.given, *waiting]) == sorted(pairs)
    assert all(taken[offer] == places[offer] for _, offer in waiting)


def test_whoever_can_go_nowhere_else_gets_the_one_place_that_another_does_not_need() -> None:
    picky = Application("picky", "o1", 0.8)
    flexible = [Application("flexible", "o1", 0.9), Application("flexible", "o2", 0.85)]
    found = share([picky, *flexible], {"o1": 1, "o2": 1})
    assert found.given == (("flexible", "o2"), ("picky", "o1"))
    assert found.lines == {"o1": ("flexible",)}


def test_whom_the_offerer_wants_comes_before_a_better_score() -> None:
    wanted, better = Application("a", "o1", 0.4, theirs=1), Application("b", "o1", 0.9)
    assert allocate([wanted, better], {"o1": 1}) == {wanted}
    assert allocate([wanted, better], {"o1": 1}, binding=False) == {better}


def test_a_second_place_is_for_those_whom_nobody_without_one_stands_in_the_way_of() -> None:
    has, has_none = Application("a", "o1", 0.9), Application("b", "o1", 0.3)
    found = share([has, has_none], {"o1": 1}, holders={"a"})
    assert (found.given, found.lines) == ((("b", "o1"),), {"o1": ("a",)})
    assert share([has], {"o1": 1}, holders={"a"}).given == (("a", "o1"),)


def test_the_line_is_by_ranking_then_score_then_id() -> None:
    line = [
        Application("d", "o", 0.5),
        Application("c", "o", 0.5),
        Application("b", "o", 0.9),
        Application("a", "o", 0.1, theirs=1),
        Application("e", "o", 0.99),
    ]
    assert in_line(line, {"e"}) == {"o": ("a", "b", "c", "d", "e")}
    assert in_line(line, {"e"}, binding=False) == {"o": ("b", "c", "d", "a", "e")}


def contended(seed: int) -> tuple[list[Application], dict[str, int]]:
    """Sixty start-ups for 24 places at six incubators; each wants one to three of them, and the
    nearer two incubators are wanted by most.
    """
    chance = random.Random(seed)
    places = {f"o{n}": 4 for n in range(6)}
    applications = []
    for n in range(60):
        good = chance.uniform(0.3, 0.95)
        wanted = {chance.choices(list(places), [6, 5, 2, 2, 1, 1])[0] for _ in range(3)}
        applications += [
            Application(f"n{n:02}", offer, min(max(chance.gauss(good, 0.1), 0.3), 1.0))
            for offer in sorted(wanted)
        ]
    return applications, places


@pytest.mark.parametrize("seed", range(5))
def test_on_contended_places_the_solver_beats_the_greedy_loop(seed: int) -> None:
    applications, places = contended(seed)
    ours, loop = allocate(applications, places), greedy(applications, places)
    gain = total(ours) / total(loop) - 1
    print(
        f"seed {seed}: greedy {total(loop) / 1e6:.2f} for {len(loop)}, "
        f"solver {total(ours) / 1e6:.2f} for {len(ours)}: {gain:+.1%}"
    )
    assert is_allowed(ours, places)
    assert gain > 0
