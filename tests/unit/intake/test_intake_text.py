"""Text is cleaned the same way everywhere, once and for all."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.text import LONGEST_MARK_RUN, clean, clean_all

# Every code point but surrogates, which the JSON reader refuses; the harmful ones often.
CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from(
    "\x00\t\r\n\x0b\x85\u202e\u2066\u200f\u061c\u200d\ufeff\ufffe\u0301\u0323é"
)
TEXTS = st.text(CHARACTERS)
HARMFUL = set("\x00\x1b\x7f\x9f\u202a\u202e\u2066\u2069\u206a\ufeff\ufffe\ufdd0\U0010ffff")


@given(TEXTS, st.booleans())
def test_cleaning_twice_changes_nothing_more(text: str, many_lines: bool) -> None:
    once = clean(text, many_lines=many_lines)
    assert clean(once, many_lines=many_lines) == once


@given(TEXTS, st.booleans())
def test_clean_text_is_nfc_and_holds_no_control_or_bidi_override(
    text: str, many_lines: bool
) -> None:
    cleaned = clean(text, many_lines=many_lines)
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not HARMFUL.intersection(cleaned)
    allowed = {"\n", "\t"} if many_lines else set()
    assert {c for c in cleaned if unicodedata.category(c) == "Cc"} <= allowed


@given(st.text(st.characters(categories=["L", "N", "P"]), min_size=1))
def test_letters_numbers_and_punctuation_stay(text: str) -> None:
    assert clean(text) == unicodedata.normalize("NFC", text)


def test_a_text_without_anything_visible_is_empty() -> None:
    for text in ("", "   ", "\u200f\u200e", "\u200b\u2060", "\x00\x01", "\u202e\u2069", "\u00a0"):
        assert clean(text) == ""


def test_line_breaks_stay_only_where_many_lines_are_meant() -> None:
    document = {"title": "a\r\nb\tc", "description": "a\r\nb\u2028c\td", "keywords": ["x\ny"]}
    assert clean_all(document) == {
        "title": "a b c",
        "description": "a\nb\nc\td",
        "keywords": ["x y"],
    }


@pytest.mark.parametrize("mark", ["\u200e", "\u200f", "\u061c", "\u200c", "\u200d"])
def test_marks_that_right_to_left_writers_need_stay(mark: str) -> None:
    assert clean(f"نظام {mark}ERP") == f"نظام {mark}ERP"


def test_a_flood_of_combining_marks_is_cut_before_it_costs_time() -> None:
    started = time.perf_counter()
    cleaned = clean("a" + "\u0301\u0323" * 16_000 + "b")
    assert time.perf_counter() - started < 0.3
    assert len(cleaned) <= LONGEST_MARK_RUN + 2
    assert cleaned.endswith("b")
