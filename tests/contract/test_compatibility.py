"""No event breaks a version that was published, and the check sees every way of breaking one."""

from __future__ import annotations

import copy

import pytest
from jsonschema import Draft202012Validator

from schemas import published
from schemas.compatibility import Schema, UnknownKeywordError, problems
from schemas.generate import event_schemas
from schemas.topics import TOPICS
from tests.contract.schema_changes import ALLOWED, BREAKS, ONLY_BACKWARD, TEXT, Change, fields

CURRENT = event_schemas()


def test_no_event_breaks_any_published_version() -> None:
    breaks = "\n".join(map(str, published.breaks(CURRENT)))
    assert not breaks, f"{breaks}\nSee schemas/README.md: a break is a new .v2 topic."


def test_every_published_event_type_still_has_its_topic() -> None:
    assert {path.name for path in published.HISTORY.iterdir()} == set(CURRENT)


@pytest.mark.parametrize("event_type", CURRENT)
def test_the_versions_of_an_event_type_are_numbered_without_a_gap(event_type: str) -> None:
    numbers = list(published.versions(event_type))
    assert numbers == list(range(1, len(numbers) + 1))


def test_only_what_city_systems_send_is_read_by_the_hub_alone() -> None:
    alone = {event_type for event_type in CURRENT if published.read_by_the_hub_alone(event_type)}
    assert alone == {
        event_type
        for topic in TOPICS
        if topic.writers == ("city-systems",)
        for event_type in topic.events
    }


@pytest.mark.parametrize("change", BREAKS, ids=lambda change: change.name)
def test_a_break_is_found_with_its_direction_and_its_place(change: Change) -> None:
    found = [(p.direction, p.pointer) for p in problems(change.old, change.new)]
    assert (change.breaks, change.pointer) in found


@pytest.mark.parametrize("change", BREAKS, ids=lambda change: change.name)
def test_a_break_is_real(change: Change) -> None:
    # What the table calls a break must break a reader that follows the standard to the letter.
    backward = change.breaks == "backward"
    writer, reader = (change.old, change.new) if backward else (change.new, change.old)
    assert Draft202012Validator(writer).is_valid(change.witness)
    assert not Draft202012Validator(reader).is_valid(change.witness)


@pytest.mark.parametrize(("name", "old", "new"), ALLOWED, ids=[case[0] for case in ALLOWED])
def test_what_breaks_nobody_is_allowed(name: str, old: Schema, new: Schema) -> None:
    assert not problems(old, new)


@pytest.mark.parametrize(
    ("name", "old", "new"), ONLY_BACKWARD, ids=[case[0] for case in ONLY_BACKWARD]
)
def test_a_submission_may_become_wider_because_only_the_hub_reads_it(
    name: str, old: Schema, new: Schema
) -> None:
    assert not problems(old, new, forward=False)
    assert {problem.direction for problem in problems(old, new)} == {"forward"}


def test_a_schema_that_refers_to_itself_is_compared_once() -> None:
    tree = {**fields(tree={"$ref": "#/$defs/Tree"}), "$defs": {}}
    tree["$defs"] = {"Tree": fields(leaf=TEXT, tree={"$ref": "#/$defs/Tree"})}
    assert not problems(tree, copy.deepcopy(tree))


@pytest.mark.parametrize("keyword", ["not", "if", "patternProperties", "prefixItems"])
def test_a_keyword_that_cannot_be_compared_is_an_error_and_not_ignored(keyword: str) -> None:
    with pytest.raises(UnknownKeywordError, match=keyword):
        problems(fields(a=TEXT), fields(a={keyword: {}}))


@pytest.mark.parametrize("event_type", CURRENT)
def test_every_present_schema_can_be_compared(event_type: str) -> None:
    assert not problems(CURRENT[event_type], CURRENT[event_type])


def test_a_field_named_as_an_annotation_is_part_of_the_shape() -> None:
    schema = fields(title={**TEXT, "title": "Title"}, description=TEXT)
    assert published.shape(schema) == fields(title=TEXT, description=TEXT)
