"""Single stories of a need's life: each was told wrongly once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from services.matcher.domain.course import Course, Courses, Wave
from services.matcher.domain.judging import Known
from services.matcher.domain.life import step
from services.matcher.domain.life.case import Case, Pair
from services.matcher.domain.life.effects import LookFurther, Tell
from services.matcher.domain.life.happenings import (
    Answered,
    Confirmed,
    Edited,
    Fresh,
    Happening,
    Judged,
    OutcomeSaid,
    Rang,
    Withdrawn,
)
from services.matcher.domain.life.timers import timers
from services.matcher.domain.model import Need, Supply, match_id
from services.matcher.domain.policy import Policy
from tests.strategies import NOW, WORLD
from tests.unit.matcher.things import MODEL, demand, index_of, interest, member, offer

DAY = timedelta(days=1)
COURSE = Course()
POLICY = Policy(threshold=0.05, lexical_threshold=0.05, spare=0, spread=None)
ONE = Policy(
    threshold=0.05,
    lexical_threshold=0.05,
    spare=0,
    spread=None,
    courses=Courses(others=Course(waves=(Wave("international"),))),
)


def known(*supplies: Supply, policy: Policy = POLICY) -> Known:
    """What is known where there are these supplies."""
    return Known(index_of(*supplies), WORLD, policy, MODEL, NOW)


def chosen(need: Need, case: Case, here: Known) -> tuple[list[str], int]:
    """Whom the plan asks, and in which wave."""
    found = here.plan(need, case, here.rankings(need, 20), {})
    return [ranked.candidate.supply.supply_id for ranked in found.chosen], found.wave


def asked(*ids: str, wave: int = 1, kind: str = "demand", wanted: int | None = 1) -> Case:
    """A need for which these are asked."""
    case = Case("d-1" if kind == "demand" else "interest:m-0", kind, NOW, wanted=wanted)  # type: ignore[arg-type]
    fresh = tuple(
        Fresh(match_id(case.need_id, i), i, "member" if kind == "demand" else "offer") for i in ids
    )
    return step(case, Judged(fresh, wave), COURSE, NOW)[0]


def after(case: Case, *happened: Happening, days: float = 0) -> Case:
    """The case ``days`` later, when these have happened."""
    for one in happened:
        case, _ = step(case, one, COURSE, NOW + days * DAY)
    return case


def says(case: Case, supply_id: str, side: str = "supply", how: str = "accept") -> Answered:
    """What one side of a match says."""
    return Answered(match_id(case.need_id, supply_id), side, how)  # type: ignore[arg-type]


def of(case: Case, supply_id: str) -> Pair:
    """The match of a supply."""
    return next(pair for pair in case.pairs if pair.supply_id == supply_id)


def test_when_the_one_who_accepted_leaves_the_next_best_is_asked_at_once() -> None:
    case = asked("m-1")
    case = after(case, says(case, "m-1"))
    here = known(member("m-1", active=False), member("m-2"))
    assert chosen(demand(), case, here) == (["m-2"], 1)


def test_an_interest_is_never_done_however_many_were_introduced() -> None:
    case = asked("o-1", "o-2", kind="interest", wanted=None)
    for one in ("o-1", "o-2"):
        case = after(case, says(case, one, "need"), says(case, one))
    assert case.introduced == 2
    offers = [offer(f"o-{n}") for n in range(1, 5)]
    for there in (offers, offers[2:]):
        ids, _ = chosen(interest(), case, known(*there))
        assert ids == ["o-3", "o-4"]


def test_who_was_asked_further_out_keeps_no_place_of_a_nearer_wave() -> None:
    case = asked("p-1", wave=2)
    near, far = member("m-1"), member("p-1", cluster="agri")
    assert chosen(demand(reach="national"), case, known(near, far)) == (["m-1"], 1)


def test_who_has_not_answered_and_would_not_be_asked_now_keeps_nobody_waiting() -> None:
    case = asked("m-1")
    changed = member("m-1", pieces=(), niches=())
    ids, _ = chosen(demand(), case, known(changed, member("m-2"), policy=ONE))
    assert ids == ["m-2"]


def test_whom_the_ambassador_chose_stays_asked_through_an_edit() -> None:
    case = replace(asked("m-1"), picked=frozenset({"m-1"}))
    here = known(member("m-1", pieces=(), niches=()), member("m-2"))
    assert not here.gone(demand(version=2), case, edited=True)
    assert here.gone(demand(version=2), replace(case, picked=frozenset()), edited=True)


def test_a_demand_that_is_opened_again_lives_anew() -> None:
    case = replace(asked("m-1"), expires_at=NOW + 180 * DAY, confirmed=2, extended=True)
    case = after(case, Withdrawn(), days=10)
    case = after(case, Edited(1, NOW + 370 * DAY), days=190)
    assert (case.state, case.opened_at, case.confirmed) == ("open", NOW + 190 * DAY, 0)
    assert not case.extended
    assert min(timers(case, COURSE).values()) > NOW + 190 * DAY


def test_an_edit_of_what_has_ended_is_told_even_where_it_ends_again() -> None:
    case = asked("m-1")
    case = after(case, says(case, "m-1"), says(case, "m-1", "need"))
    assert case.state == "fulfilled"
    again = after(case, Edited(1, None), days=1)
    assert (again.state, again.version) == ("fulfilled", case.version + 1)


def test_a_wave_that_ends_while_somebody_has_accepted_begins_anew_with_the_next() -> None:
    case = asked("m-1")
    case = after(case, says(case, "m-1"), days=3)
    case = after(case, Rang("wave-end", "1"), days=7)
    case = after(case, Rang("other-lapse", of(case, "m-1").match_id), days=13)
    case = after(case, Judged((Fresh("x", "m-2", "member"),), 1), days=13)
    assert timers(case, COURSE)["wave-end", "1"] == NOW + 20 * DAY


def test_the_offerer_hears_of_it_when_the_member_wants_nothing_any_more() -> None:
    case = asked("o-1", kind="interest", wanted=None)
    case = after(case, says(case, "o-1", "need"))
    _, effects = step(case, Withdrawn(), COURSE, NOW + DAY)
    told = [(e.kind, e.to) for e in effects if isinstance(e, Tell)]
    assert told == [("closed", "supply")]


def test_an_accept_in_time_is_heard_though_the_hub_was_away_when_it_was_said() -> None:
    case = asked("m-1")
    pair = of(case, "m-1")
    lapsed = after(case, Rang("lapse", pair.match_id), days=8)
    assert of(lapsed, "m-1").state == "lapsed"
    in_time = replace(says(case, "m-1"), said_at=NOW + 6 * DAY)
    assert of(after(lapsed, in_time, days=8), "m-1").state == "accepted"
    too_late = replace(in_time, said_at=NOW + 7.5 * DAY)
    assert after(lapsed, too_late, days=8) is lapsed


def test_an_order_of_the_ambassador_leaves_nobody_out() -> None:
    case = replace(Case("d-1", "demand", NOW), order=("o-1", "m-1"))
    ids, _ = chosen(demand(), case, known(member("m-1"), offer("o-1"), offer("o-2")))
    assert ids == ["o-1", "m-1", "o-2"]


def test_an_introduction_that_leaves_nobody_to_wait_for_has_the_need_looked_at_again() -> None:
    case = asked("m-1", wanted=2)
    case = after(case, says(case, "m-1"))
    _, effects = step(case, says(case, "m-1", "need"), COURSE, NOW)
    assert LookFurther() in effects


def test_what_came_of_it_frees_the_place_once_both_have_said() -> None:
    case = asked("m-1")
    case = after(case, says(case, "m-1"), says(case, "m-1", "need"))
    pair = of(case, "m-1").match_id
    case = after(case, OutcomeSaid(pair, "need", "met", 5), days=30)
    assert of(case, "m-1").place == "held"
    assert of(after(case, OutcomeSaid(pair, "supply", "met"), days=31), "m-1").place == "none"


def test_a_confirmation_of_another_wave_changes_nothing() -> None:
    course = replace(COURSE, confirm_within=2 * DAY)
    case, _ = step(Case("d-1", "demand", NOW), Judged((Fresh("x", "m", "member"),)), course, NOW)
    assert case.confirming == 1
    assert step(case, Confirmed(2), course, NOW) == (case, ())
