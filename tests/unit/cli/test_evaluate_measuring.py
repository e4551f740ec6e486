"""Measures are those that one computes by hand, and their intervals are the same each time."""

from __future__ import annotations

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.evaluate.measuring import NAMES, Measures, MeasuresMissing, estimates

pytest.importorskip("ir_measures", reason="no wheel for Linux on aarch64")

MEASURES = Measures()


def test_the_measures_are_those_computed_by_hand() -> None:
    ranked = ["wrong", "good", "unjudged", "best", *(f"x{n}" for n in range(60)), "late"]
    grades = {"best": 3, "good": 1, "wrong": 0, "late": 1, "missing": 1}
    gained = 1 / math.log2(3) + 3 / math.log2(5)
    ideal = 3 + 1 / math.log2(3) + 1 / math.log2(4) + 1 / math.log2(5)
    assert MEASURES.of(ranked, grades) == pytest.approx(
        {
            "MRR": 1 / 2,
            "hit@1": 0.0,
            "hit@5": 1.0,
            "hit@10": 1.0,
            "nDCG@10": gained / ideal,
            "recall@50": 2 / 4,
        }
    )


def test_where_nobody_is_right_every_measure_is_0() -> None:
    assert set(MEASURES.of(["a", "b"], {"a": 0}).values()) == {0.0}


@given(st.permutations([f"m{n:02}" for n in range(70)]), st.sets(st.integers(0, 69), min_size=1))
def test_the_order_given_is_what_is_measured(members: list[str], right: set[int]) -> None:
    judged = {f"m{n:02}": 1 for n in right}
    places = sorted(members.index(member) + 1 for member in judged)
    found = MEASURES.of(members, judged)
    assert found["MRR"] == pytest.approx(1 / places[0])
    for most in (1, 5, 10):
        assert found[f"hit@{most}"] == float(places[0] <= most)
    assert found["recall@50"] == pytest.approx(sum(p <= 50 for p in places) / len(places))


def test_an_estimate_is_the_mean_with_an_interval_around_it_and_the_same_each_time() -> None:
    measured = [dict.fromkeys(NAMES, float(n % 4 == 0)) for n in range(200)]
    first = estimates(measured)
    assert first == estimates(measured)
    assert list(first) == list(NAMES)
    one = first["MRR"]
    assert one.value == pytest.approx(0.25)
    # The normal approximation: 0.25 and 1.96 * sqrt(0.25 * 0.75 / 200) on either side.
    assert one.low == pytest.approx(0.19, abs=0.01)
    assert one.high == pytest.approx(0.31, abs=0.01)


def test_what_never_differs_has_an_interval_without_width() -> None:
    one = estimates([dict.fromkeys(NAMES, 0.5)] * 3)["hit@5"]
    assert (one.low, one.value, one.high) == (0.5, 0.5, 0.5)


def test_a_machine_without_the_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    with pytest.raises(MeasuresMissing, match="ir-measures is not installed"):
        Measures()
