"""The policy's file, changed while the matcher runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from services.matcher import metrics
from services.matcher.app import create_app
from services.matcher.exceptions import PolicyRefused
from services.runtime.settings import Settings
from tests.flow.matcher_facts import demand, member
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.waiting import eventually

pytestmark = pytest.mark.kafka

NOBODY = "version: t-1\nthreshold: 1\n"
ANYBODY = "version: t-2\nthreshold: 0.05\nlexical_threshold: 0.05\n"
COURSE = "courses: {{others: {{waves: [{{reach: own, remind_after: {after}}}]}}}}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A policy under which nobody is good enough."""
    path = tmp_path / "policy.yaml"
    write(path, NOBODY)
    return path


def write(file: Path, text: str | None) -> None:
    """Let ``text`` stand in the file; None: let there be no file."""
    if text is None:
        file.unlink()
    else:
        file.write_text(text)


@pytest.fixture
def ruled(settings: Settings, file: Path) -> Settings:
    """A hub with a policy of its own."""
    return settings.model_copy(update={"policy_file": file})


async def said(hub: MatcherHub) -> str:
    """What /readyz says of the policy, of a matcher that is ready."""
    ready, facts = await hub.matchers[0].readiness()
    assert ready
    return str(facts["policy"])


def saying(hub: MatcherHub, *parts: str) -> Callable[[], object]:
    """Whether /readyz says all of ``parts`` of the policy."""

    async def condition() -> bool:
        told = await said(hub)
        return all(part in told for part in parts)

    return condition


async def test_a_changed_file_holds_at_once_and_open_needs_are_judged_by_it(
    ruled: Settings, file: Path
) -> None:
    async with hub_of(ruled) as hub:
        await hub.tell(member("m-1"), demand("d-1"))
        await eventually(lambda: hub.outcome_is("d-1", "unmatched"))
        assert await said(hub) == "t-1"
        write(file, ANYBODY)
        await eventually(lambda: hub.proposed_are("d-1", {"m-1"}))
        (match,) = await hub.matches("d-1")
        assert match.policy_version == "t-2"
        assert await said(hub) == "t-2"


async def test_a_changed_course_moves_the_timers_of_what_is_open(
    ruled: Settings, file: Path
) -> None:
    write(file, ANYBODY + COURSE.format(after="5 days"))
    async with hub_of(ruled) as hub:
        await hub.tell(member("m-1"), demand("d-1"))
        await eventually(lambda: hub.proposed_are("d-1", {"m-1"}))
        (match,) = await hub.matches("d-1")
        proposed_at = match.proposed_at
        assert proposed_at

        async def reminded_on(day: int) -> bool:
            due = await hub.database.fetchval("SELECT due_at FROM timers WHERE bell = 'reminder'")
            return bool(due == proposed_at + timedelta(days=day))

        assert await reminded_on(5)
        write(file, ANYBODY.replace("t-2", "t-3") + COURSE.format(after="1 day"))
        await eventually(lambda: reminded_on(1))


async def test_a_file_that_cannot_be_used_is_told_and_the_policy_before_it_holds_on(
    ruled: Settings, file: Path
) -> None:
    async with hub_of(ruled) as hub:
        for bad, told in (
            ("version: t-2\nthresold: 0.05\n", f"{file}:2: thresold: is no key here"),
            (
                "version: t-1\nthreshold: 0.05\n",
                f"{file}: version 't-1' said something else before",
            ),
        ):
            write(file, bad)
            await eventually(saying(hub, "t-1; refused: ", told))
            assert metrics.POLICY_REFUSED._value.get() == 1
        write(file, None)
        await eventually(saying(hub, "t-1; refused: ", "cannot be read"))
        await hub.tell(member("m-1"), demand("d-1"))
        await eventually(lambda: hub.outcome_is("d-1", "unmatched"))
        write(file, f"# only another comment\n{NOBODY}")
        await eventually(lambda: metrics.POLICY_REFUSED._value.get() == 0)
        assert await said(hub) == "t-1"


async def test_a_version_means_the_same_for_another_matcher_and_after_a_restart(
    ruled: Settings, file: Path
) -> None:
    async with hub_of(ruled) as hub:
        write(file, ANYBODY)
        await eventually(saying(hub, "t-2"))
        write(file, "version: t-1\nthreshold: 0.2\n")
        with pytest.raises(PolicyRefused, match="'t-1' said something else"):
            await hub.start_matcher()
        write(file, NOBODY)  # back to what it was
        await eventually(lambda: hub.matchers[0].checks["policy"]() == "t-1")


def test_a_matcher_does_not_start_on_a_file_that_cannot_be_used(
    ruled: Settings, file: Path
) -> None:
    write(file, "version: 1\n")
    with pytest.raises(PolicyRefused, match=r":1: version: must be text"):
        create_app(ruled)
