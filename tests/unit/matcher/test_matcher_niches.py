"""How near niches are to one another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain.niches import Assortments, covered, nearest, nearness, path, way
from tests.strategies import PARENTS, niches


def test_a_path_leads_to_the_root() -> None:
    assert path("mobile-payment", PARENTS) == ["mobile-payment", "payment", "ict"]


def test_a_cycle_in_the_vocabulary_ends_the_path() -> None:
    assert path("a", {"a": "b", "b": "a"}) == ["a", "b"]


@pytest.mark.parametrize(
    ("one", "other", "value", "common"),
    [
        ("payment", "payment", 1.0, "payment"),
        ("mobile-payment", "payment", 0.5, "payment"),
        ("payment", "security", 0.25, "ict"),
        ("mobile-payment", "security", 0.125, "ict"),
        ("payment", "irrigation", 0.0, None),
        ("unheard-of", "unheard-of", 1.0, "unheard-of"),
    ],
)
def test_nearness_halves_with_each_step(
    one: str, other: str, value: float, common: str | None
) -> None:
    assert nearness(one, other, PARENTS) == (value, common)
    assert nearness(other, one, PARENTS) == (value, common)


@given(niches, niches)
def test_a_way_leads_from_one_niche_over_what_they_share_to_the_other(
    need: tuple[str, ...], supply: tuple[str, ...]
) -> None:
    found = Assortments().nearest(need, supply, PARENTS)
    assert found[:2] == nearest(need, supply, PARENTS)
    if found.common is None:
        assert found.path == ()
        return
    one, other = found.path[0], found.path[-1]
    assert (one in need, other in supply) == (True, True)
    assert len(set(found.path)) == len(found.path)
    assert 0.5 ** (len(found.path) - 1) == found.nearness
    assert found.path[::-1] == way(other, one, PARENTS).path


def test_the_nearest_pair_of_two_lists_is_found() -> None:
    assert nearest(["irrigation", "payment"], ["security", "livestock"], PARENTS) == (
        0.25,
        "farming",
    )


def test_who_works_in_both_niches_of_a_need_comes_before_who_works_in_one() -> None:
    need = ["payment", "livestock"]
    both = covered(need, ["livestock", "payment"], PARENTS)
    one = covered(need, ["payment"], PARENTS)
    none = covered(need, ["unheard-of"], PARENTS)
    assert 1.0 == both > one > none == 0.0


def test_a_need_that_names_many_niches_loses_nobody() -> None:
    assert covered(sorted(PARENTS), ["livestock"], PARENTS) >= 0.5


@given(niches, niches)
def test_what_covers_a_need_is_between_0_and_1_and_no_better_than_the_nearest(
    need: tuple[str, ...], supply: tuple[str, ...]
) -> None:
    value = covered(need, supply, PARENTS)
    assert 0.0 <= value <= nearest(need, supply, PARENTS)[0] <= 1.0


@given(st.lists(st.tuples(niches, st.lists(niches, min_size=1)), min_size=1))
def test_many_lists_are_compared_as_each_alone_while_more_of_them_come(
    rounds: list[tuple[tuple[str, ...], list[tuple[str, ...]]]],
) -> None:
    known, lists = Assortments(), list[tuple[str, ...]]()
    for need, come in rounds:
        lists += come
        numbers = np.array([known.code(names) for names in lists], np.int32)
        for some in (numbers, numbers[:1]):  # all of them, and so few that all are not looked at
            alone = [covered(need, names, PARENTS) for names in lists[: len(some)]]
            assert known.covered(need, PARENTS, some).tolist() == pytest.approx(alone, abs=1e-12)


def test_what_was_found_in_another_vocabulary_is_forgotten() -> None:
    known = Assortments()
    numbers = np.array([known.code(("payment",))], np.int32)
    assert known.covered(["security"], PARENTS, numbers).tolist() == [0.25]
    assert known.covered(["security"], {"payment": "security"}, numbers).tolist() == [0.5]
