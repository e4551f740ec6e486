"""Reads bytes as strict JSON: what two readers could understand differently is refused.

RFC 8259 leaves duplicate keys, huge numbers and lone surrogates to the reader; RFC 7493 (I-JSON)
forbids them, and so does this module, together with Python's own NaN and Infinity.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from services.intake.exceptions import Malformed

DEEPEST = 20
"""Levels of arrays and objects; the contract itself needs five."""

LARGEST_INTEGER = 2**53 - 1
"""I-JSON's bound (RFC 7493, section 2.2): above it, readers that use doubles disagree."""

# A string in one possessive match, so that no input makes the scan go back over itself; a
# missing end quote takes the rest, which `json` then refuses.
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_TOO_LONG_FOR_AN_INTEGER = len(str(-LARGEST_INTEGER))


def parse(data: bytes) -> Any:
    """The JSON value in ``data``. Raises `Malformed` and nothing else, whatever the bytes."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8: byte {error.start} cannot be read.") from error
    _refuse_depth(data)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_number,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Malformed(f"The body is not JSON: {error.msg} at {where}.") from error
    if _ESCAPED_SURROGATE.search(text):
        _refuse_lone_surrogates(value)
    return value


def _refuse_depth(data: bytes) -> None:
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(data):
        character = match.group()
        if character in (b"[", b"{"):
            depth += 1
            if depth > DEEPEST:
                raise Malformed(f"The body is nested deeper than {DEEPEST} levels.")
        elif character in (b"]", b"}"):
            depth -= 1


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Malformed("The body has half of a surrogate pair, which is no character.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise Malformed(f"The name {name[:80]!a} stands twice in one object.")
            seen.add(name)
    return found


def _constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not a JSON number.")


def _integer(digits: str) -> int:
    if len(digits) <= _TOO_LONG_FOR_AN_INTEGER:
        value = int(digits)
        if abs(value) <= LARGEST_INTEGER:
            return value
    raise Malformed(f"An integer is outside ±{LARGEST_INTEGER}, which readers may round.")


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise Malformed(f"The number {digits[:40]} is outside the range of a double.")
    return value
