"""The policy's file: what it comes to, and that each mistake in it is named with its line."""

from __future__ import annotations

import contextlib
import re
from dataclasses import fields, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from schemas.values import DemandKind
from services.matcher.adapters.policy_file import MOST_BYTES, SHIPPED, PolicyFile, read
from services.matcher.adapters.spans import LONGEST, span, written
from services.matcher.domain.course import Course, Courses, Wave
from services.matcher.domain.freezing import Freeze
from services.matcher.domain.policy import Policy, Spread
from services.matcher.exceptions import PolicyRefused

DAY = timedelta(days=1)
# A released policy says the same for ever; what has changed gets another version, and a line here.
SHIPPED_POLICIES = {
    "2026-11.5": "d5e77fa0dbfd9edb",
    "2026-11.6": "9431c7804d9fa17a",
    "2026-11.7": "5204c8f2137030cd",
    "2026-11.8": "18b5741c28a13209",
    "2026-11.9": "101d272b20bed62b",
    "2026-11.10": "dc78a3aab01805c1",
    "2026-11.11": "c0134a3490f85a1d",
}
ALWAYS = {"reach", "answer_within", "remind_after"}


def stated(text: str) -> Policy:
    """The policy that a file with this text states."""
    return PolicyFile(Path("policy.yaml")).stated(text.encode()).policy


def refusal(text: str) -> str:
    """Why this text is refused."""
    with pytest.raises(PolicyRefused) as refused:
        stated(text)
    return str(refused.value)


def test_the_shipped_file_says_what_the_code_does() -> None:
    assert read(None).policy == Policy()


def test_the_shipped_file_names_every_choice() -> None:
    said = yaml.safe_load(SHIPPED.read_text())
    assert set(said) == {one.name for one in fields(Policy)}
    assert set(said["freeze"]) == {one.name for one in fields(Freeze)}
    assert set(said["spread"]) == {one.name for one in fields(Spread)}
    assert set(said["courses"]) == {one.name for one in fields(Courses)}
    for course in (said["courses"]["others"], said["courses"]["interests"]):
        assert set(course) == {one.name for one in fields(Course)}
        for wave in course["waves"]:
            assert set(wave) - {"spare", "threshold"} == ALWAYS


def test_a_shipped_policy_that_says_something_else_has_another_version() -> None:
    said = repr(sorted(yaml.safe_load(SHIPPED.read_text()).items())).encode()
    assert SHIPPED_POLICIES[Policy().version] == sha256(said).hexdigest()[:16]


def test_the_example_in_the_shipped_file_can_be_used() -> None:
    text = SHIPPED.read_text()
    example = re.search(r"^  # kinds:\n(  #.*\n)+", text, re.MULTILINE)
    assert example
    told = example[0].replace("  # ", "  ", 1).replace("\n  # ", "\n  ")
    kinds = stated(text.replace(example[0], "").replace("  kinds: {}\n", told)).courses.kinds
    assert kinds["expertise"].waves[0] == Wave("own", None, None, 3 * DAY, 1.5 * DAY)
    assert kinds["expertise"].open_for == Course().open_for
    assert kinds["research-partnership"].confirm_within == 2 * DAY
    assert kinds["research-partnership"].waves == Course().waves


def test_a_file_that_says_only_its_version_is_the_shipped_policy_under_that_name() -> None:
    assert stated("version: hub-1") == replace(Policy(), version="hub-1")


def test_a_kind_says_only_what_differs_from_the_others() -> None:
    policy = stated(
        "version: x\ncourses:\n  others: {open_for: 100 days, goes_on: true}\n"
        "  kinds:\n    service: {goes_on: false}"
    )
    assert policy.course("service") == replace(Course(), open_for=100 * DAY)
    assert policy.course("expertise") == replace(Course(), open_for=100 * DAY, goes_on=True)
    assert policy.course("interest") == Courses().interests


def test_spread_is_off_or_says_what_differs() -> None:
    assert stated("version: x\nspread: off").spread is None
    assert stated("version: x\nspread: {window: 2 weeks}").spread == Spread(window=14.0)


def test_a_freeze_is_off_or_says_what_differs() -> None:
    assert stated("version: x\nfreeze: off").freeze is None
    assert stated("version: x\nfreeze: {terms: 2 weeks}").freeze == Freeze(terms=14 * DAY)


def test_words_stand_for_what_never_happens() -> None:
    others = stated(
        "version: x\ncourses: {others: {confirm_within: never, open_for: for ever}}"
    ).courses.others
    assert (others.confirm_within, others.open_for) == (None, None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no keys are in it"),
        ("threshold: 0.3", "policy.yaml:1: version: is missing"),
        ("version: 2026.11", "policy.yaml:1: version: must be text; put it in quotes"),
        ("version: ' x'", "policy.yaml:1: version: "),
        ("version: x\ntreshold: 0.3", "policy.yaml:2: treshold: is no key here; did you mean thr"),
        ("version: x\nthreshold: 1.1", "policy.yaml:2: threshold: should be less than or equal"),
        ("version: x\nthreshold: high", "policy.yaml:2: threshold: should be a valid number"),
        ("version: x\nthreshold: .nan", "policy.yaml:2: threshold: "),
        ("version: x\nspare: 1.5", "policy.yaml:2: spare: "),
        ("version: x\nspare: true", "policy.yaml:2: spare: "),
        ("version: x\nspare: 1\nspare: 2", "policy.yaml:3: spare stands here twice"),
        ("version: x\nspread:", "policy.yaml:2: spread: is empty"),
        ("version: x\nspread: {half_life: 60}", "policy.yaml:2: spread.half_life: 60 is no span"),
        ("version: x\ncourses:\n  kinds:\n    servce: {}", "policy.yaml:4: courses.kinds.servce: "),
        ("version: x\ncourses:\n  others:\n    waves: []", "policy.yaml:4: courses.others.waves: "),
        (
            "version: x\ncourses:\n  others:\n    waves:\n      - reach: far",
            "policy.yaml:5: courses.others.waves.1.reach: must be 'own', 'national' or",
        ),
        (
            "version: x\ncourses:\n  others:\n    waves:\n      - reach: national\n"
            "      - reach: own",
            "policy.yaml:6: courses.others.waves.2.reach: a wave after one that reaches national",
        ),
        (
            "version: x\ncourses:\n  interests:\n    waves:\n      - reach: own\n"
            "        answer_within: 3 days",
            "policy.yaml:5: courses.interests.waves.1: remind_after must be shorter",
        ),
        (
            "version: x\ncourses: {others: {open_for: 2 weeks}}",
            "policy.yaml:2: courses.others: expiry_notice must be shorter than open_for",
        ),
        (
            "version: x\ncourses: {others: {other_within: 4 days}}",
            "policy.yaml:2: courses.others: other_remind_after must be shorter",
        ),
        (
            "version: x\ncourses:\n  others:\n    open_for: ever",
            "policy.yaml:4: courses.others.open_for: 'ever' is no span of time; write a number and "
            'minutes, hours, days or weeks, as "7 days", or "for ever"',
        ),
        ("version: x\na: [1", "is no YAML: while parsing a flow sequence"),
        ("a: &a 1\nversion: *a", "policy.yaml:2: anchors and aliases are not read"),
        ("? [a]\n: 1", "policy.yaml:1: a key must be one word"),
        ("version: x\n---\nversion: y", "is no YAML: expected a single document"),
        ("[" * 5_000, "is nested too deep"),
        ("version: 2026-13-45", "cannot be read"),
        ("version: !!python/name:os.system", "is no YAML: could not determine a constructor"),
        ("version: !!int ''", "cannot be read"),
        ("version: !!timestamp x", "cannot be read"),
        ("version: x\x00", "is no YAML: unacceptable character"),
        ("- version: x", "no keys are in it"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_to_do(text: str, told: str) -> None:
    assert told in refusal(text)


def test_every_mistake_is_named_at_once_in_the_order_of_the_lines() -> None:
    said = refusal("spare: -1\nversion: 1\nnear: 2")
    assert re.findall(r"policy\.yaml:(\d)", said) == ["1", "2", "3"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyRefused, match=r"gone\.yaml cannot be read \(No such file"):
        read(tmp_path / "gone.yaml")
    (tmp_path / "long.yaml").write_text("#" * (MOST_BYTES + 1))
    with pytest.raises(PolicyRefused, match="longer than 65,536 bytes"):
        read(tmp_path / "long.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"version: \xe9")
    with pytest.raises(PolicyRefused, match="no UTF-8 text"):
        read(tmp_path / "latin.yaml")


@given(st.text(st.sampled_from("version: xspread{}[]-&*!\n\t'\"#|>%@0.\x00"), max_size=80))
def test_whatever_stands_in_it_the_file_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(PolicyRefused):
        assert stated(text).version


@given(st.integers(1, LONGEST // timedelta(minutes=1)))
def test_a_span_that_is_written_is_read_as_the_same(minutes: int) -> None:
    long = timedelta(minutes=minutes)
    assert span(written(long)) == long


@pytest.mark.parametrize(
    "text", ["", "7", "7days", "days", "-1 days", "0 days", "1.5 days", "٣ days"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"span of time|between a minute"):
        span(text)


def test_a_span_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="ten years"):
        span("99999 weeks")


def test_every_kind_of_demand_may_have_a_course() -> None:
    kinds = "".join(f"\n    {kind}: {{goes_on: false}}" for kind in DemandKind)
    assert set(stated(f"version: x\ncourses:\n  kinds:{kinds}").courses.kinds) == set(DemandKind)
