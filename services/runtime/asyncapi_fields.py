"""The fields of a message's payload as rows of a table, read from its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]
_UNITS = {"Length": "characters", "Items": "items", "Properties": "entries"}


@dataclass(frozen=True)
class Row:
    """One field. ``path`` is where it stands: ``proposed[].reasons[].kind``."""

    path: str
    depth: int
    type: str
    bounds: tuple[str, ...]
    values: tuple[str, ...]
    pattern: str | None
    default: str | None
    required: bool
    meaning: str


@dataclass(frozen=True)
class Group:
    """The fields of one kind of payload; a payload that is a union has one group for each."""

    title: str
    description: str
    rows: tuple[Row, ...]


def groups(payload: Schema, document: Schema) -> tuple[Group, ...]:
    """What the payload of a message may be; ``document`` is what its ``$ref`` point into."""
    schema = resolve(payload, document)
    branches = [resolve(branch, document) for branch in schema.get("oneOf", [schema])]
    return tuple(
        Group(
            title=branch.get("title", ""),
            description=branch.get("description", ""),
            rows=tuple(_rows(branch, document, "", 0)),
        )
        for branch in branches
    )


def resolve(schema: Schema, document: Schema) -> Schema:
    """``schema`` with its ``$ref`` replaced by what it names; what stands beside it wins."""
    while "$ref" in schema:
        reference: str = schema["$ref"]
        beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
        named: Any = document
        for step in reference.removeprefix("#/").split("/"):
            named = named[step.replace("~1", "/").replace("~0", "~")]
        schema = {**named, **beside}
    return schema


def _rows(schema: Schema, document: Schema, prefix: str, depth: int) -> Iterator[Row]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        shown = _Field(field, document)
        yield Row(
            path=f"{prefix}{name}",
            depth=depth,
            type=shown.type(),
            bounds=tuple(shown.bounds()),
            values=shown.values(),
            pattern=shown.core.get("pattern"),
            default=shown.default(),
            required=name in required,
            meaning=shown.whole.get("description", ""),
        )
        yield from _rows(shown.core, document, f"{prefix}{name}{shown.step}", depth + 1)


class _Field:
    """A field's schema taken apart: null, the list around it, and the value in its core."""

    def __init__(self, field: Schema, document: Schema) -> None:
        self.whole = resolve(field, document)
        options = [resolve(one, document) for one in self.whole.get("anyOf", [self.whole])]
        values = [option for option in options if option.get("type") != "null"]
        self.nullable = len(values) < len(options)
        self.outer = values[0]
        self.is_list = self.outer.get("type") == "array"
        self.is_map = isinstance(self.outer.get("additionalProperties"), dict)
        self.core = self.outer
        if self.is_list:
            self.core = resolve(self.outer.get("items", {}), document)
        elif self.is_map:
            self.core = resolve(self.outer["additionalProperties"], document)
        self.step = "[]." if self.is_list else "."

    def type(self) -> str:
        core = str(self.core.get("type", "any"))
        if "format" in self.core:
            core = f"{core}, {self.core['format']}"
        if self.is_list:
            core = f"array of {core}"
        elif self.is_map:
            core = f"object of {core}"
        return f"{core} or null" if self.nullable else core

    def values(self) -> tuple[str, ...]:
        """The values it may have, or of a map the names, as JSON; empty where any goes."""
        named = self.outer.get("propertyNames", {}) if self.is_map else self.core
        listed = [named["const"]] if "const" in named else named.get("enum", [])
        return tuple(json.dumps(value, ensure_ascii=False) for value in listed)

    def bounds(self) -> Iterator[str]:
        if self.is_list:
            yield from _between(self.outer, "Items")
        lengths = [*_between(self.core, "Length"), *_between(self.core, "imum")]
        yield from (f"each {length}" if self.is_list else length for length in lengths)

    def default(self) -> str | None:
        """The default as JSON, where it says something: null and empty ones do not."""
        value = self.whole.get("default")
        plain = isinstance(value, (bool, int, float, str)) and value != ""
        return json.dumps(value, ensure_ascii=False) if plain else None


def _between(schema: Schema, what: str) -> Iterator[str]:
    """Both ends of one kind of limit in words: ``1 to 120 characters``, ``at least 1``."""
    low, high = schema.get(f"min{what}"), schema.get(f"max{what}")
    unit = f" {_UNITS[what]}" if what in _UNITS else ""
    if low is not None and high is not None:
        yield f"{low:g} to {high:,}{unit}" if low != high else f"{low:g}{unit}"
    elif low is not None:
        yield f"at least {low:g}{unit}"
    elif high is not None:
        yield f"at most {high:,}{unit}"
