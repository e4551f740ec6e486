"""Whoever could be among the best is judged exactly."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain import finalists
from services.matcher.domain.policy import Policy
from services.matcher.domain.scoring import DIGITS

odds = st.floats(-8, 8).map(lambda x: round(x, 2))


@given(
    st.lists(st.tuples(odds, st.floats(-1, 1), st.booleans()), max_size=40),
    st.floats(0, 2),
    st.sampled_from([0.0, 0.05, 0.3, 0.6, 1.0]),
    st.integers(0, 5),
    st.integers(0, 4),
)
def test_everybody_who_is_listed_in_truth_is_a_finalist(
    pairs: list[tuple[float, float, bool]], slack: float, threshold: float, depth: int, nearest: int
) -> None:
    """Each pair's true log-odds, by what share of the slack the rough ones are off, its kind."""
    true = np.array([_chance(odds) for odds, _, _ in pairs])
    rough = np.array([odds + slack * off for odds, off, _ in pairs], float)
    offers = np.array([offer for _, _, offer in pairs], bool)
    policy = Policy(threshold=threshold, nearest=nearest)
    found = set(finalists.among(rough, offers, policy, depth, slack).tolist())
    for group, many in (
        (~offers & (true >= threshold), depth),
        (offers & (true >= threshold), depth),
        (true < threshold, nearest),
    ):
        places = np.flatnonzero(group)
        if many and len(places):
            last = np.sort(true[places])[-min(many, len(places))]
            assert {p for p in places.tolist() if true[p] >= last} <= found


def test_with_little_slack_few_are_finalists() -> None:
    scores = np.linspace(-5, 5, 10_000)
    offers = np.zeros(10_000, bool)
    assert len(finalists.among(scores, offers, Policy(), 20, 0.01)) < 200


def _chance(odds: float) -> float:
    return float(np.round(1 / (1 + np.exp(-odds)), DIGITS))
