"""No event breaks a version that was published, and the check sees every way of breaking one."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

from schemas import published
from schemas.compatibility import Schema, UnknownKeywordError, problems
from schemas.generate import event_schemas
from schemas.topics import TOPICS

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


class Change(NamedTuple):
    """A change of a schema, and a value that the writer may write and the reader refuses."""

    name: str
    old: Schema
    new: Schema
    breaks: str
    pointer: str
    witness: Any


def _object(required: tuple[str, ...] = (), closed: bool = False, **fields: Any) -> Schema:
    schema: Schema = {"type": "object", "properties": fields, "required": list(required)}
    return {**schema, "additionalProperties": False} if closed else schema


TEXT: Schema = {"type": "string"}
NULL: Schema = {"type": "null"}
ROUND: Schema = {"type": "object", "properties": {"tag": {"const": "round"}}, "required": ["tag"]}
FLAT: Schema = {"type": "object", "properties": {"tag": {"const": "flat"}}, "required": ["tag"]}


def _ref(target: Schema) -> Schema:
    field = {"$ref": "#/$defs/Part", "description": "beside it"}
    return {**_object(part=field), "$defs": {"Part": target}}


BREAKS = [
    Change(
        "a field becomes required",
        _object(a=TEXT),
        _object(("a",), a=TEXT),
        "backward",
        "/properties/a",
        {},
    ),
    Change(
        "a new field is required",
        _object(),
        _object(("a",), a=TEXT),
        "backward",
        "/properties/a",
        {},
    ),
    Change(
        "a required field goes",
        _object(("a",), a=TEXT),
        _object(),
        "forward",
        "/properties/a",
        {},
    ),
    Change(
        "a required field becomes optional",
        _object(("a",), a=TEXT),
        _object(a=TEXT),
        "forward",
        "/properties/a",
        {},
    ),
    Change(
        "a submission loses a field",
        _object(a=TEXT, closed=True),
        _object(closed=True),
        "backward",
        "/properties/a",
        {"a": ""},
    ),
    Change(
        "the type changes",
        _object(a=TEXT),
        _object(a={"type": "integer"}),
        "backward",
        "/properties/a/type",
        {"a": "x"},
    ),
    Change(
        "the type is narrowed",
        _object(a={"type": "number"}),
        _object(a={"type": "integer"}),
        "backward",
        "/properties/a/type",
        {"a": 1.5},
    ),
    Change(
        "the type is widened",
        _object(a={"type": "integer"}),
        _object(a={"type": ["integer", "string"]}),
        "forward",
        "/properties/a/type",
        {"a": "x"},
    ),
    Change(
        "null is no longer taken",
        _object(a={"anyOf": [TEXT, NULL]}),
        _object(a=TEXT),
        "backward",
        "/properties/a/type",
        {"a": None},
    ),
    Change(
        "null is new",
        _object(a=TEXT),
        _object(a={"anyOf": [TEXT, NULL]}),
        "forward",
        "/properties/a/type",
        {"a": None},
    ),
    Change("a value goes", {"enum": ["a", "b"]}, {"enum": ["a"]}, "backward", "/enum", "b"),
    Change("a value is new", {"enum": ["a"]}, {"enum": ["a", "b"]}, "forward", "/enum", "b"),
    Change("values are listed", TEXT, {"type": "string", "enum": ["a"]}, "backward", "/enum", "b"),
    Change("a constant changes", {"const": "a"}, {"const": "b"}, "backward", "/enum", "a"),
    Change(
        "true is no 1",
        {"enum": [1]},
        {"enum": [True]},
        "backward",
        "/type",
        1,
    ),
    Change(
        "a minimum rises",
        {"type": "integer", "minimum": 0},
        {"type": "integer", "minimum": 1},
        "backward",
        "/minimum",
        0,
    ),
    Change(
        "a minimum is new",
        {"type": "integer"},
        {"type": "integer", "minimum": 0},
        "backward",
        "/minimum",
        -1,
    ),
    Change(
        "a maximum falls",
        {"type": "number", "maximum": 2},
        {"type": "number", "maximum": 1},
        "backward",
        "/maximum",
        2,
    ),
    Change(
        "a maximum rises",
        {"type": "number", "maximum": 1},
        {"type": "number", "maximum": 2},
        "forward",
        "/maximum",
        2,
    ),
    Change("a text gets longer", {"maxLength": 1}, {"maxLength": 2}, "forward", "/maxLength", "ab"),
    Change("a text may be empty", {"minLength": 1}, {}, "forward", "/minLength", ""),
    Change(
        "a list gets shorter",
        {"type": "array", "maxItems": 2},
        {"type": "array", "maxItems": 1},
        "backward",
        "/maxItems",
        [1, 2],
    ),
    Change("a pattern changes", {"pattern": "a"}, {"pattern": "b"}, "backward", "/pattern", "a"),
    Change("a pattern is new", TEXT, {**TEXT, "pattern": "b"}, "backward", "/pattern", "a"),
    Change("a pattern goes", {**TEXT, "pattern": "b"}, TEXT, "forward", "/pattern", "a"),
    Change(
        "a listed value does not match the reader's pattern",
        {**TEXT, "pattern": "^a"},
        {**TEXT, "enum": ["a", "b"]},
        "forward",
        "/pattern",
        "b",
    ),
    Change(
        "the items of a list change",
        {"type": "array", "items": TEXT},
        {"type": "array", "items": {"type": "integer"}},
        "backward",
        "/items/type",
        ["a"],
    ),
    Change(
        "a map takes another key",
        {"type": "object", "propertyNames": {"enum": ["fr"]}},
        {"type": "object", "propertyNames": {"enum": ["fr", "ar"]}},
        "forward",
        "/propertyNames/enum",
        {"ar": ""},
    ),
    Change(
        "the values of a map change",
        {"type": "object", "additionalProperties": TEXT},
        {"type": "object", "additionalProperties": {**TEXT, "minLength": 1}},
        "backward",
        "/additionalProperties/minLength",
        {"fr": ""},
    ),
    Change(
        "a map is closed",
        {"type": "object", "additionalProperties": TEXT},
        {"type": "object", "additionalProperties": False},
        "backward",
        "/additionalProperties",
        {"fr": ""},
    ),
    Change(
        "a branch goes",
        {"oneOf": [ROUND, FLAT]},
        {"oneOf": [ROUND]},
        "backward",
        "/properties/tag/enum",
        {"tag": "flat"},
    ),
    Change(
        "a branch is new",
        {"oneOf": [ROUND]},
        {"oneOf": [ROUND, FLAT]},
        "forward",
        "/properties/tag/enum",
        {"tag": "flat"},
    ),
    Change(
        "what a reference names changes",
        _ref(_object(a=TEXT)),
        _ref(_object(a={**TEXT, "maxLength": 1})),
        "backward",
        "/properties/part/properties/a/maxLength",
        {"part": {"a": "ab"}},
    ),
    Change(
        "a name needs escaping in the pointer",
        _object(**{"a/b~c": TEXT}),
        _object(**{"a/b~c": NULL}),
        "backward",
        "/properties/a~1b~0c/type",
        {"a/b~c": ""},
    ),
]


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


ALLOWED = [
    ("nothing", _object(a=TEXT), _object(a=TEXT)),
    ("an optional field is new", _object(), _object(a=TEXT)),
    ("an optional field goes", _object(a=TEXT), _object()),
    ("words change", {**TEXT, "title": "a"}, {**TEXT, "description": "b", "default": "c"}),
    ("the order of values changes", {"enum": ["a", "b"]}, {"enum": ["b", "a"]}),
    ("a constant is a list of one", {"const": "a"}, {"enum": ["a"]}),
    ("a minimum of nothing is said", TEXT, {**TEXT, "minLength": 0}),
    ("a part moves to a reference", _object(part=_object(a=TEXT)), _ref(_object(a=TEXT))),
    ("branches change places", {"oneOf": [ROUND, FLAT]}, {"anyOf": [FLAT, ROUND]}),
]


@pytest.mark.parametrize(("name", "old", "new"), ALLOWED, ids=[case[0] for case in ALLOWED])
def test_what_breaks_nobody_is_allowed(name: str, old: Schema, new: Schema) -> None:
    assert not problems(old, new)


ONLY_BACKWARD = [
    ("a value is new", {"enum": ["a"]}, {"enum": ["a", "b"]}),
    ("a field is new", _object(closed=True), _object(a=TEXT, closed=True)),
    ("a field is optional now", _object(("a",), a=TEXT), _object(a=TEXT)),
    ("a limit rises", {**TEXT, "maxLength": 1}, {**TEXT, "maxLength": 2}),
]


@pytest.mark.parametrize(
    ("name", "old", "new"), ONLY_BACKWARD, ids=[case[0] for case in ONLY_BACKWARD]
)
def test_a_submission_may_become_wider_because_only_the_hub_reads_it(
    name: str, old: Schema, new: Schema
) -> None:
    assert not problems(old, new, forward=False)
    assert {problem.direction for problem in problems(old, new)} == {"forward"}


def test_a_schema_that_refers_to_itself_is_compared_once() -> None:
    tree = {**_object(tree={"$ref": "#/$defs/Tree"}), "$defs": {}}
    tree["$defs"] = {"Tree": _object(leaf=TEXT, tree={"$ref": "#/$defs/Tree"})}
    assert not problems(tree, copy.deepcopy(tree))


@pytest.mark.parametrize("keyword", ["not", "if", "patternProperties", "prefixItems"])
def test_a_keyword_that_cannot_be_compared_is_an_error_and_not_ignored(keyword: str) -> None:
    with pytest.raises(UnknownKeywordError, match=keyword):
        problems(_object(a=TEXT), _object(a={keyword: {}}))


@pytest.mark.parametrize("event_type", CURRENT)
def test_every_present_schema_can_be_compared(event_type: str) -> None:
    assert not problems(CURRENT[event_type], CURRENT[event_type])


def test_a_field_named_as_an_annotation_is_part_of_the_shape() -> None:
    schema = _object(title={**TEXT, "title": "Title"}, description=TEXT)
    assert published.shape(schema) == _object(title=TEXT, description=TEXT)
