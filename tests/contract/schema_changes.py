"""Changes of a schema: what breaks somebody, what breaks nobody, what breaks old readers only."""

from __future__ import annotations

from typing import Any, NamedTuple

from schemas.compatibility import Schema


class Change(NamedTuple):
    """A change of a schema, and a value that the writer may write and the reader refuses."""

    name: str
    old: Schema
    new: Schema
    breaks: str
    pointer: str
    witness: Any


def fields(required: Any = (), closed: Any = False, **named: Any) -> Schema:
    """The schema of an object with the fields ``named``."""
    schema: Schema = {"type": "object", "properties": named, "required": list(required)}
    return {**schema, "additionalProperties": False} if closed else schema


TEXT: Schema = {"type": "string"}
NULL: Schema = {"type": "null"}
ROUND: Schema = {"type": "object", "properties": {"tag": {"const": "round"}}, "required": ["tag"]}
FLAT: Schema = {"type": "object", "properties": {"tag": {"const": "flat"}}, "required": ["tag"]}


def reference(target: Schema) -> Schema:
    """An object whose only field is a reference to ``target``."""
    field = {"$ref": "#/$defs/Part", "description": "beside it"}
    return {**fields(part=field), "$defs": {"Part": target}}


BREAKS = [
    Change(
        "a field becomes required",
        fields(a=TEXT),
        fields(("a",), a=TEXT),
        "backward",
        "/properties/a",
        {},
    ),
    Change(
        "a new field is required",
        fields(),
        fields(("a",), a=TEXT),
        "backward",
        "/properties/a",
        {},
    ),
    Change(
        "a required field goes",
        fields(("a",), a=TEXT),
        fields(),
        "forward",
        "/properties/a",
        {},
    ),
    Change(
        "a required field becomes optional",
        fields(("a",), a=TEXT),
        fields(a=TEXT),
        "forward",
        "/properties/a",
        {},
    ),
    Change(
        "a submission loses a field",
        fields(a=TEXT, closed=True),
        fields(closed=True),
        "backward",
        "/properties/a",
        {"a": ""},
    ),
    Change(
        "the type changes",
        fields(a=TEXT),
        fields(a={"type": "integer"}),
        "backward",
        "/properties/a/type",
        {"a": "x"},
    ),
    Change(
        "the type is narrowed",
        fields(a={"type": "number"}),
        fields(a={"type": "integer"}),
        "backward",
        "/properties/a/type",
        {"a": 1.5},
    ),
    Change(
        "the type is widened",
        fields(a={"type": "integer"}),
        fields(a={"type": ["integer", "string"]}),
        "forward",
        "/properties/a/type",
        {"a": "x"},
    ),
    Change(
        "null is no longer taken",
        fields(a={"anyOf": [TEXT, NULL]}),
        fields(a=TEXT),
        "backward",
        "/properties/a/type",
        {"a": None},
    ),
    Change(
        "null is new",
        fields(a=TEXT),
        fields(a={"anyOf": [TEXT, NULL]}),
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
        reference(fields(a=TEXT)),
        reference(fields(a={**TEXT, "maxLength": 1})),
        "backward",
        "/properties/part/properties/a/maxLength",
        {"part": {"a": "ab"}},
    ),
    Change(
        "a name needs escaping in the pointer",
        fields(**{"a/b~c": TEXT}),
        fields(**{"a/b~c": NULL}),
        "backward",
        "/properties/a~1b~0c/type",
        {"a/b~c": ""},
    ),
]


ALLOWED = [
    ("nothing", fields(a=TEXT), fields(a=TEXT)),
    ("an optional field is new", fields(), fields(a=TEXT)),
    ("an optional field goes", fields(a=TEXT), fields()),
    ("words change", {**TEXT, "title": "a"}, {**TEXT, "description": "b", "default": "c"}),
    ("the order of values changes", {"enum": ["a", "b"]}, {"enum": ["b", "a"]}),
    ("a constant is a list of one", {"const": "a"}, {"enum": ["a"]}),
    ("a minimum of nothing is said", TEXT, {**TEXT, "minLength": 0}),
    ("a part moves to a reference", fields(part=fields(a=TEXT)), reference(fields(a=TEXT))),
    ("branches change places", {"oneOf": [ROUND, FLAT]}, {"anyOf": [FLAT, ROUND]}),
]


ONLY_BACKWARD = [
    ("a value is new", {"enum": ["a"]}, {"enum": ["a", "b"]}),
    ("a field is new", fields(closed=True), fields(a=TEXT, closed=True)),
    ("a field is optional now", fields(("a",), a=TEXT), fields(a=TEXT)),
    ("a limit rises", {**TEXT, "maxLength": 1}, {**TEXT, "maxLength": 2}),
]
