"""What `jisr report` counts, by examples that were counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.lives import Life, Proposal, Word
from services.cli.report.measures import Wait, curve, median, report
from tests.unit.cli.lives import accepted, day, declined, introduced, life, proposal

LAPSED = proposal("lapsed")
WAITING = proposal()
YEAR: list[Life] = [
    # Settat: one introduced, one with two declined and one who lets it pass, one for nobody.
    life("d-1", introduced(4, 1), proposal("superseded"), state="fulfilled", ended_at=day(4)),
    life("d-2", declined(2), declined(3, asked=1), LAPSED, niches=("agro", "mobile-payment")),
    life("d-3", state="unmatched", decided=True, niches=()),
    # Fès: one that waits, one taken back before it was judged, one ended for which nobody was.
    life("d-4", WAITING, city="fes", kind="expertise"),
    life("d-5", city="fes", state="withdrawn", ended_at=day(1)),
    life("d-6", city="fes", state="expired", decided=True, ended_at=day(9)),
]
NOW = day(10)


def test_what_is_asked_is_counted_by_its_answer() -> None:
    whole = report(YEAR, NOW).whole
    assert (whole.demands, whole.decided, whole.unmatched) == (6, 5, 2)
    assert whole.answers == {
        "accepted": 1,
        "declined": 2,
        "silent": 1,
        "waiting": 1,
        "unasked": 1,
    }
    assert (whole.proposals, whole.due, whole.introduced) == (6, 4, 1)


def test_each_demand_counts_in_its_city_its_kind_and_each_of_its_niches() -> None:
    groups = report(YEAR, NOW).groups
    assert [(row.name, row.demands) for row in groups["city"]] == [("fes", 3), ("settat", 3)]
    assert [(row.name, row.demands) for row in groups["kind"]] == [("service", 5), ("expertise", 1)]
    niches = {row.name: (row.demands, row.unmatched) for row in groups["niche"]}
    assert niches == {"mobile-payment": (5, 1), "agro": (1, 0), "": (1, 1)}
    settat = groups["city"][1]
    assert (settat.answers["accepted"], settat.due, settat.unmatched) == (1, 4, 1)


def test_waits_begin_with_the_first_proposal_and_with_the_opening() -> None:
    whole = report(YEAR, NOW).whole
    # d-1 answered after 1 day, d-2 after 2, d-4 not in 10: half were answered after 2 days.
    assert (whole.first_answer.over, whole.first_answer.going_on) == (2, 1)
    assert whole.first_answer.median == 2.0
    # Introduced: d-1 after 4 days; of the others nobody was, so half are not reached.
    assert (whole.introduction.over, whole.introduction.going_on) == (1, 5)
    assert whole.introduction.median is None


def test_a_demand_that_ended_is_watched_until_its_end() -> None:
    short = replace(YEAR[4], ended_at=day(0.5), proposals=(WAITING,))
    # It was watched for half a day: when d-1 is answered after one, nobody else is.
    assert report([YEAR[0], short], NOW).first_answer == [(0.0, 1.0), (1.0, 0.0)]
    assert report([YEAR[0], replace(short, ended_at=None)], NOW).first_answer[-1] == (1.0, 0.5)


@pytest.mark.parametrize(
    ("one", "answer", "answered"),
    [
        (accepted(2), "accepted", 2),
        (introduced(5, accepted_at=3), "accepted", 3),
        (declined(4), "declined", 4),
        (proposal("lapsed"), "silent", None),
        (accepted(2, state="lapsed"), "accepted", 2),
        (proposal("superseded"), "unasked", None),
        (proposal("declined", need=Word("decline", "other", day(1))), "unasked", None),
        (accepted(2, state="declined", need=Word("decline", "other", day(3))), "accepted", 2),
        (accepted(2, state="declined", supply=Word("withdraw", None, day(3))), "accepted", 2),
        (proposal("accepted", changed_at=day(2)), "accepted", 2),
    ],
)
def test_the_first_word_of_who_was_asked_counts(
    one: Proposal, answer: str, answered: float | None
) -> None:
    assert one.answer == answer
    assert one.answered_at == (None if answered is None else day(answered))


def test_a_median_counts_who_still_waits() -> None:
    """Kaplan and Meier by hand: of 5 one is over at 1, one is watched no longer after 2, then
    of 3 one is over at 3 (4/5 x 2/3 = .53) and of 2 one at 5 (.27).
    """
    waits = [Wait(1, True), Wait(2, False), Wait(3, True), Wait(5, True), Wait(9, False)]
    assert [days for days, _ in curve(waits)] == [0, 1, 3, 5]
    assert [share for _, share in curve(waits)] == pytest.approx([1, 4 / 5, 8 / 15, 4 / 15])
    assert median(waits) == 5


def test_who_leaves_when_another_is_answered_was_watched_until_then() -> None:
    assert curve([Wait(2, True), Wait(2, False)]) == [(0.0, 1.0), (2, 0.5)]


def test_without_demands_there_is_nothing_to_tell() -> None:
    found = report([], NOW)
    assert (found.whole.demands, found.first_answer, found.groups["city"]) == (0, [], [])
    assert found.whole.first_answer.median is None


@given(st.lists(st.floats(0, 400), min_size=1))
def test_where_all_is_over_the_median_is_the_lower_of_the_middle(days: list[float]) -> None:
    assert median([Wait(one, True) for one in days]) == sorted(days)[(len(days) - 1) // 2]


@given(st.lists(st.builds(Wait, st.floats(0, 400), st.booleans())))
def test_a_curve_only_falls_and_stays_a_share(waits: list[Wait]) -> None:
    shares = [share for _, share in curve(waits)]
    assert shares == sorted(shares, reverse=True)
    assert all(-1e-9 <= share <= 1 for share in shares)
