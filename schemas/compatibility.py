"""Whether readers of one version of an event understand what another version writes.

``problems(old, new)`` compares two JSON Schemas in both directions, as schema registries do for
FULL compatibility: *backward*, a new reader and old records; *forward*, an old reader and new
records. Both are one question, asked of a reader and a writer: is everything valid by the
writer's schema valid by the reader's? The answer errs on the safe side: what cannot be shown
to be accepted is a problem.

Writers write the fields that their schema declares and no others. A reader whose
``additionalProperties`` are absent or true ignores the fields it does not know. Defaults are not
compared: a field that is absent means what the reader's own version says it means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Schema: TypeAlias = dict[str, Any]

ANNOTATIONS = frozenset({"$schema", "$id", "title", "description", "default", "examples"})
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_SAME = ("pattern", "format", "multipleOf", "uniqueItems")
_JSON_TYPES = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
    list: "array",
    dict: "object",
}
_UNIONS = ("anyOf", "oneOf")
_STRUCTURE = ("type", "enum", "const", "properties", "required", "additionalProperties")
_KNOWN = ANNOTATIONS.union(
    _LOWER, _UPPER, _SAME, _UNIONS, _STRUCTURE, ("items", "propertyNames", "$ref", "$defs")
)


class UnknownKeywordError(ValueError):
    """A schema uses a keyword that this module cannot compare."""


@dataclass(frozen=True)
class Problem:
    """Something the writer may write and the reader refuses.

    ``pointer`` leads to it in the writer's schema as a JSON Pointer (RFC 6901), with references
    followed as if what they name stood in their place.
    """

    direction: Literal["backward", "forward"]
    pointer: str
    message: str

    def __str__(self) -> str:
        """One line for a report."""
        return f"{self.direction}: {self.pointer or '/'}: {self.message}"


def problems(old: Schema, new: Schema, *, forward: bool = True) -> list[Problem]:
    """What breaks between two versions; ``forward=False`` where all readers are always new."""
    found = [Problem("backward", *fault) for fault in _Comparison(new, old).faults()]
    if forward:
        found += [Problem("forward", *fault) for fault in _Comparison(old, new).faults()]
    return found


_Fault: TypeAlias = tuple[str, str]


class _Comparison:
    """One reader against one writer; a fault is (pointer, what the reader refuses)."""

    def __init__(self, reader: Schema, writer: Schema) -> None:
        self._reader = reader
        self._writer = writer
        self._under_way: set[tuple[str, str]] = set()

    def faults(self) -> list[_Fault]:
        return list(self._compare(self._reader, self._writer, ""))

    def _compare(self, reader: Schema, writer: Schema, at: str) -> Iterator[_Fault]:
        pair = (str(reader.get("$ref")), str(writer.get("$ref")))
        if "None" not in pair:
            if pair in self._under_way:
                return
            self._under_way.add(pair)
        yield from self._resolved(
            _resolve(reader, self._reader), _resolve(writer, self._writer), at
        )
        self._under_way.discard(pair)

    def _resolved(self, reader: Schema, writer: Schema, at: str) -> Iterator[_Fault]:
        if (branches := _branches(writer)) is not None:
            for branch in branches:
                yield from self._compare(reader, branch, at)
        elif (choices := _branches(reader)) is not None:
            yield from self._any_of(choices, writer, at)
        else:
            yield from _values(reader, writer, at)
            yield from _limits(reader, writer, at)
            yield from self._fields(reader, writer, at)
            yield from self._parts(reader, writer, at)

    def _any_of(self, choices: list[Schema], writer: Schema, at: str) -> Iterator[_Fault]:
        """One branch of the reader must take it all; else the faults of the closest are told."""
        attempts = [
            (
                _types(_resolve(choice, self._reader)) != _types(writer),
                list(self._compare(choice, writer, at)),
            )
            for choice in choices
        ]
        if all(faults for _, faults in attempts):
            yield from min(attempts, key=lambda attempt: (attempt[0], len(attempt[1])))[1]

    def _fields(self, reader: Schema, writer: Schema, at: str) -> Iterator[_Fault]:
        always = set(writer.get("required", ()))
        for name in reader.get("required", ()):
            if name not in always:
                yield f"{at}/properties/{_escape(name)}", "may be absent, and is required"
        known = reader.get("properties", {})
        others = reader.get("additionalProperties", True)
        for name, field in writer.get("properties", {}).items():
            here = f"{at}/properties/{_escape(name)}"
            if name in known:
                yield from self._compare(known[name], field, here)
            elif others is False:
                yield here, "is refused as unknown"
            elif isinstance(others, dict):
                yield from self._compare(others, field, here)

    def _parts(self, reader: Schema, writer: Schema, at: str) -> Iterator[_Fault]:
        """Items of lists, names and values of maps."""
        for keyword in ("items", "propertyNames"):
            if keyword in reader:
                yield from self._compare(
                    reader[keyword], writer.get(keyword, {}), f"{at}/{keyword}"
                )
        written, read = (s.get("additionalProperties", True) for s in (writer, reader))
        if isinstance(written, dict):
            if read is False:
                yield f"{at}/additionalProperties", "is refused as unknown"
            elif isinstance(read, dict):
                yield from self._compare(read, written, f"{at}/additionalProperties")


def _values(reader: Schema, writer: Schema, at: str) -> Iterator[_Fault]:
    """Types, and values that are listed one by one."""
    read, written = _types(reader), _types(writer)
    if read is not None:
        refused = sorted((written or {"anything"}) - read)
        if refused == ["integer"] and "number" in read:
            refused = []
        if refused:
            yield (
                f"{at}/type",
                f"may be {', '.join(refused)}, and is read as {', '.join(sorted(read))}",
            )
            return
    listed, allowed = _listed(writer), _listed(reader)
    if allowed is None:
        return
    if listed is None:
        yield f"{at}/enum", f"may be any value, and is read as one of {', '.join(sorted(allowed))}"
    elif unknown := sorted(listed - allowed):
        yield f"{at}/enum", f"may be {', '.join(unknown)}, which the reader does not know"


def _limits(reader: Schema, writer: Schema, at: str) -> Iterator[_Fault]:
    """Bounds, patterns and formats."""
    texts = [json.loads(value) for value in _listed(writer) or ()]
    texts = [text for text in texts if isinstance(text, str)]
    if texts:
        lengths = {"minLength": min(map(len, texts)), "maxLength": max(map(len, texts))}
        writer = {**lengths, **writer}
    for keyword in _LOWER:
        lowest = writer.get(keyword, float("-inf") if "imum" in keyword else 0)
        if keyword in reader and lowest < reader[keyword]:
            yield f"{at}/{keyword}", f"may be down to {lowest}, and is read from {reader[keyword]}"
    for keyword in _UPPER:
        highest = writer.get(keyword, float("inf"))
        if keyword in reader and highest > reader[keyword]:
            yield f"{at}/{keyword}", f"may be up to {highest}, and is read to {reader[keyword]}"
    for keyword in _SAME:
        if keyword in reader and writer.get(keyword) != reader[keyword]:
            if keyword == "pattern" and texts and _all_match(reader[keyword], texts):
                continue
            written = writer.get(keyword, "not limited")
            yield f"{at}/{keyword}", f"is {written}, and is read by {reader[keyword]}"


def _all_match(pattern: str, texts: list[str]) -> bool:
    return all(re.search(pattern, text) for text in texts)


def _types(schema: Schema) -> set[str] | None:
    """The types a value may have, declared or seen in the listed values; None is any."""
    declared = schema.get("type")
    if declared is not None:
        return {declared} if isinstance(declared, str) else set(declared)
    listed = _listed(schema)
    return None if listed is None else {_JSON_TYPES[type(json.loads(text))] for text in listed}


def _listed(schema: Schema) -> set[str] | None:
    """The values listed one by one, as JSON texts; None where they are not listed."""
    if "const" in schema:
        return {json.dumps(schema["const"], ensure_ascii=False)}
    if "enum" in schema:
        return {json.dumps(value, ensure_ascii=False) for value in schema["enum"]}
    return None


def _branches(schema: Schema) -> list[Schema] | None:
    for union in _UNIONS:
        if union in schema:
            if beside := schema.keys() - ANNOTATIONS - {union, "$defs"}:
                raise UnknownKeywordError(f"{union} beside {', '.join(sorted(beside))}")
            branches: list[Schema] = schema[union]
            return branches
    return None


def _resolve(schema: Schema, root: Schema) -> Schema:
    """``schema``, or what its ``$ref`` names in ``root``; raises `UnknownKeywordError`."""
    while "$ref" in schema:
        reference: str = schema["$ref"]
        schema = root
        for step in reference.removeprefix("#/").split("/"):
            schema = schema[step.replace("~1", "/").replace("~0", "~")]
    if unknown := schema.keys() - _KNOWN:
        raise UnknownKeywordError(", ".join(sorted(unknown)))
    return schema


def _escape(name: str) -> str:
    """A name as a step of a JSON Pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")
