"""The bench's arithmetic; nothing here depends on how fast the machine is."""

import random
from itertools import pairwise

import pytest

from bench.stats import arrivals, percentile, ratio, summary


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1), (0.01, 1), (0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100)]
)
def test_a_percentile_is_the_value_at_the_nearest_rank(share: float, expected: int) -> None:
    values = list(range(1, 101))
    random.Random(1).shuffle(values)
    assert percentile(values, share) == expected


def test_a_percentile_is_always_a_value_that_was_measured() -> None:
    assert percentile([1.0, 10.0], 0.5) == 1.0
    assert percentile([1.0, 10.0], 0.51) == 10.0
    assert percentile([7.0], 0.99) == 7.0


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_outside_of_0_to_1_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        percentile([1.0], share)


def test_no_values_have_no_percentile_and_no_summary() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)
    assert summary([]) is None


def test_a_summary_is_in_milliseconds() -> None:
    found = summary([0.5, 0.001, 0.25, 0.0012])
    assert found is not None
    assert (found.count, found.p50, found.p95, found.p99, found.max) == (4, 1.2, 500, 500, 500)


def test_an_open_loop_asks_at_a_constant_rate_from_its_start() -> None:
    due = arrivals(5, 60)
    assert len(due) == 300
    assert due[0] == 0.0
    assert due[-1] == pytest.approx(59.8)
    gaps = [later - earlier for earlier, later in pairwise(due)]
    assert gaps == pytest.approx([0.2] * 299)


@pytest.mark.parametrize(("rate", "seconds", "count"), [(3, 0.1, 0), (10, 0.1, 1), (0.5, 10, 5)])
def test_an_open_loop_ends_with_its_time(rate: float, seconds: float, count: int) -> None:
    assert len(arrivals(rate, seconds)) == count


@pytest.mark.parametrize(("rate", "seconds"), [(0, 1), (-1, 1), (1, -1)])
def test_an_open_loop_without_rate_or_time_is_refused(rate: float, seconds: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        arrivals(rate, seconds)


def test_a_ratio_to_nothing_is_none() -> None:
    assert ratio(1, 0) is None
    assert ratio(1, 3) == 0.33
