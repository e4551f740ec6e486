"""A simulated year of the whole life: no law is broken, and one that is would be seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.cli.errors import CommandFailed, ExitCode
from services.cli.main import app
from services.cli.simulate.folder import Folder, read
from services.cli.simulate.life import hub as hubs
from services.cli.simulate.life import lines
from services.cli.simulate.life.clock import Clock
from services.cli.simulate.life.laws import LawBroken
from services.cli.simulate.life.numbers import Numbers
from services.cli.simulate.life.supplies import Supplies
from services.cli.simulate.life.year import Options, hub_of, run
from services.matcher.domain.allocation import Allocation
from services.matcher.domain.judging import Known
from services.matcher.domain.life import step
from services.matcher.domain.life.effects import TakePlace, Tell
from services.matcher.domain.life.happenings import Answered, Rang
from services.matcher.domain.life.timers import timers
from services.matcher.domain.policy import Policy
from tests.strategies import NOW

pytestmark = pytest.mark.slow

SAMPLES = Path(__file__).parents[3] / "samples"
STEP = "services.cli.simulate.life.hub.step"
RUNNER = CliRunner(env={"COLUMNS": "200"})
SHORT = Options(SAMPLES, 35, 1.5, 1, 0.5, 0, 0.1, Policy(), ("service",))
CONTENDED = replace(SHORT, days=20, a_day=6.0, skew=2.0)


@pytest.fixture(scope="module")
def folder() -> Folder:
    """The samples, without vectors."""
    return read(SAMPLES, None, lambda *_: None)


def played(options: Options, folder: Folder) -> Numbers:
    """What is told of a year."""
    hub, tally = hub_of(options, folder, None)
    run(hub, options.days, lambda: None)
    return tally.numbers(options.days)


def proposals(told: dict[str, Any]) -> int:
    """How many matches a report tells of."""
    return sum(told["matches"].values()) + sum(told["interests"].values())


@pytest.mark.parametrize("seed", range(1, 5))
def test_in_no_year_a_law_is_broken(folder: Folder, seed: int) -> None:
    numbers = played(replace(SHORT, seed=seed), folder)
    assert numbers.introductions
    assert numbers.matches["lapsed"]
    assert numbers.matches["declined"]
    assert numbers.confirmations["given"]
    assert numbers.confirmations["gone on without"]
    assert proposals(asdict(numbers)) == numbers.notices["proposal"]
    introductions = numbers.introductions + numbers.interests["introduced"]
    assert numbers.notices["introduced"] == 2 * introductions


def test_the_same_seed_is_the_same_year_and_another_one_another(folder: Folder) -> None:
    few = replace(SHORT, days=10)
    assert played(few, folder) == played(few, folder)
    assert played(few, folder) != played(replace(few, seed=2), folder)


def test_where_places_are_few_none_is_taken_twice(folder: Folder) -> None:
    scarce = replace(folder, members=tuple(replace(m, capacity=1) for m in folder.members))
    numbers = played(CONTENDED, scarce)
    assert numbers.ended_because["full"]


@pytest.fixture(scope="module")
def crowded(folder: Folder) -> Options:
    """A year in which more want a place of an offer than there are: each has one, many look."""
    return replace(SHORT, days=60, a_day=0.5, policy=replace(Policy(), offers_per_need=6))


def _scarce(hub: hubs.Hub) -> None:
    for supply in list(hub.supplies.facts.values()):
        if supply.kind == "offer":
            hub.change(replace(supply, capacity=1, version=supply.version + 1))


def test_scarce_places_are_given_in_batches_and_the_others_wait(
    folder: Folder, crowded: Options
) -> None:
    hub, tally = hub_of(crowded, folder, None)
    _scarce(hub)
    run(hub, crowded.days, lambda: None)
    numbers = tally.numbers(crowded.days)
    assert numbers.places_given
    assert numbers.notices["waiting"]


def test_who_is_left_in_line_beside_a_free_place_is_seen(
    folder: Folder, crowded: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "share", lambda *_args, **_options: Allocation())
    hub, _ = hub_of(crowded, folder, None)
    _scarce(hub)
    with pytest.raises(LawBroken, match="nobody is in line beside a free place"):
        run(hub, crowded.days, lambda: None)


Step = Callable[..., Any]


def _telling_twice(step: Step) -> Step:
    def broken(case: Any, happened: Any, course: Any, now: Any) -> Any:
        after, effects = step(case, happened, course, now)
        return after, (*effects, *(e for e in effects if isinstance(e, Tell)))

    return broken


def _keeping_places(step: Step) -> Step:
    def broken(case: Any, happened: Any, course: Any, now: Any) -> Any:
        after, effects = step(case, happened, course, now)
        return after, tuple(e for e in effects if not isinstance(e, TakePlace))

    return broken


def _asking_again(step: Step) -> Step:
    def broken(case: Any, happened: Any, course: Any, now: Any) -> Any:
        after, effects = step(case, happened, course, now)
        if len(after.pairs) > 1 and after.pairs != case.pairs:
            after = replace(after, pairs=(*after.pairs, after.pairs[0]))
        return after, effects

    return broken


def _introducing_at_once(step: Step) -> Step:
    def broken(case: Any, happened: Any, course: Any, now: Any) -> Any:
        after, effects = step(case, happened, course, now)
        if isinstance(happened, Answered):
            pairs = (replace(p, state="introduced") for p in after.pairs)
            after = replace(after, pairs=tuple(pairs))
        return after, effects

    return broken


def _forgetting_bells(step: Step) -> Step:
    def broken(case: Any, happened: Any, course: Any, now: Any) -> Any:
        after, effects = step(case, happened, course, now)
        return (replace(after, rung=frozenset()) if isinstance(happened, Rang) else after), effects

    return broken


@pytest.mark.parametrize(
    ("fault", "law"),
    [
        (_telling_twice, "nobody is told anything twice"),
        (_keeping_places, "I5, a place is held by whoever accepted"),
        (_asking_again, "I2, a pair is proposed once"),
        (_introducing_at_once, "I6, an introduction needs both"),
        (_forgetting_bells, "told anything twice"),
    ],
)
def test_a_broken_step_is_seen(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, fault: Callable[[Step], Step], law: str
) -> None:
    monkeypatch.setattr(STEP, fault(step))
    with pytest.raises(LawBroken, match=law) as broken:
        played(SHORT, folder)
    assert broken.value.__notes__


def test_a_place_that_is_given_twice_is_seen(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Supplies, "has_room", lambda *_: True)
    scarce = replace(folder, members=tuple(replace(m, capacity=1) for m in folder.members))
    with pytest.raises(LawBroken, match="I5, capacity is never exceeded"):
        played(CONTENDED, scarce)


def test_a_bell_that_rings_early_is_seen(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def early(case: Any, course: Any) -> Any:
        return {ring: due - timedelta(days=1) for ring, due in timers(case, course).items()}

    monkeypatch.setattr(hubs, "timers", early)
    with pytest.raises(LawBroken, match="not before it is due"):
        played(SHORT, folder)


def test_a_shortlist_that_is_not_asked_is_seen(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Known.plan

    def hesitant(known: Any, need: Any, case: Any, *args: Any, **kwargs: Any) -> Any:
        found = plan(known, need, case, *args, **kwargs)
        return replace(found, chosen=() if case.pairs else found.chosen[:1])

    monkeypatch.setattr(Known, "plan", hesitant)
    with pytest.raises(LawBroken, match="I3, at rest the shortlist is asked"):
        played(replace(SHORT, days=5, a_day=6.0), folder)


def test_a_clock_lets_things_happen_in_their_order_and_never_goes_back() -> None:
    clock, seen = Clock(NOW), []

    def later() -> None:
        seen.append(("first", clock.now))
        clock.at(NOW - timedelta(days=9), lambda: seen.append(("late", clock.now)))

    clock.at(NOW + timedelta(days=2), lambda: seen.append(("second", clock.now)))
    clock.at(NOW + timedelta(days=1), later)
    clock.at(NOW + timedelta(days=4), lambda: seen.append(("never", clock.now)))
    clock.run(NOW + timedelta(days=3))
    one, two = NOW + timedelta(days=1), NOW + timedelta(days=2)
    assert seen == [("first", one), ("late", one), ("second", two)]
    assert clock.now == NOW + timedelta(days=3)


def simulate(*options: str) -> Any:
    """The command on the samples, some days with the folder's own members."""
    few = ["--days", "14", "--members", "0"]
    return RUNNER.invoke(app, ["simulate", "--folder", str(SAMPLES), *few, *options])


def test_the_command_tells_the_year_and_that_no_invariant_was_broken(tmp_path: Path) -> None:
    file = tmp_path / "year.json"
    done = simulate("--json", str(file))
    assert done.exit_code == 0, done.exception
    assert "no invariant broken" in done.output
    assert "mails for a member in a week" in done.output
    told = json.loads(file.read_text())
    assert told["broken"] is None
    assert told["options"]["policy"] == Policy().version
    assert proposals(told) == told["notices"]["proposal"]


def test_a_policy_may_be_tried_on_a_year(tmp_path: Path) -> None:
    (tmp_path / "strict.yaml").write_text("version: strict\nthreshold: 1\n")
    done = simulate("--policy", str(tmp_path / "strict.yaml"))
    assert "Policy strict, seed 1: no invariant broken" in done.output
    assert "openly unmatched at some time" in done.output


def test_a_broken_law_ends_with_1_and_tells_how_to_see_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(STEP, _telling_twice(step))
    broken = simulate("--seed", "3").exception
    assert isinstance(broken, CommandFailed)
    assert broken.code is ExitCode.FAILED
    assert "nobody is told anything twice" in str(broken)
    assert f"Once more: jisr simulate --folder {SAMPLES} --seed 3 --days 14" in str(broken)


def test_options_of_the_spread_need_it() -> None:
    wrong = simulate("--near", "0.1").exception
    assert isinstance(wrong, CommandFailed)
    assert wrong.code is ExitCode.USAGE
