"""Bytes are strict JSON or refused with a reason, whatever they are."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.intake.domain.document import DEEPEST, LARGEST_INTEGER, parse
from services.intake.exceptions import Malformed

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=15,
)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


@given(VALUES, st.booleans())
def test_what_any_json_writer_writes_is_read_back(value: Any, ascii_only: bool) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only).encode()
    if depth(value) <= DEEPEST:
        assert parse(data) == value
    else:
        with pytest.raises(Malformed):
            parse(data)


@given(st.binary())
@example(b"\xff\xfe{\x00}\x00")
@example(b"\xef\xbb\xbf{}")
@example(b'{"a": "\\ud800"}')
def test_no_bytes_raise_anything_but_a_refusal(data: bytes) -> None:
    try:
        parse(data)
    except Malformed as refusal:
        refusal.detail.encode()


@given(st.text(st.sampled_from('[]{}",:\\u0aA1d8-eN \n')))
def test_no_text_of_json_signs_raises_anything_but_a_refusal(text: str) -> None:
    try:
        value = parse(text.encode())
    except Malformed:
        return
    assert depth(value) <= DEEPEST


@pytest.mark.parametrize("levels", [1, DEEPEST])
def test_the_deepest_level_is_read(levels: int) -> None:
    assert depth(parse(b"[" * levels + b"]" * levels)) == levels


@pytest.mark.parametrize("data", [b"[" * 21 + b"]" * 21, b"[" * 60_000, b'{"a":' * 12_000])
def test_what_is_deeper_is_refused_before_it_is_read(data: bytes) -> None:
    with pytest.raises(Malformed, match="nested deeper"):
        parse(data)


def test_brackets_inside_strings_are_no_levels() -> None:
    assert parse(json.dumps({"a": '[{"\\' * 100}).encode()) == {"a": '[{"\\' * 100}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("{'a': 1}", "not JSON"),
        ('{"a": 1} {}', "not JSON"),
        ('{"a": "\n"}', "not JSON"),
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "-Infinity"),
        ('{"a": 1e999}', "range of a double"),
        ('{"a": 9007199254740992}', "integer"),
        ('{"a": ' + "9" * 60_000 + "}", "integer"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ('{"a": {"b": 1, "b": 1}}', "'b' stands twice"),
        ('{"a": "\\ud800"}', "surrogate"),
        ('{"\\udc00": 1}', "surrogate"),
    ],
)
def test_what_two_readers_could_understand_differently_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        parse(text.encode())


def test_a_surrogate_pair_is_one_character() -> None:
    assert parse(b'"\\ud83d\\ude00"') == "\U0001f600"


@pytest.mark.parametrize(
    "data", [b'"' + b'\\"' * 32_000, b'"\\' * 32_000, b'{"a":"' * 10_000, b"1" * 64_000]
)
def test_no_64_kib_take_long(data: bytes) -> None:
    started = time.perf_counter()
    with pytest.raises(Malformed):
        parse(data)
    assert time.perf_counter() - started < 0.3
