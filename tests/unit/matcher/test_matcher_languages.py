"""Which language a text is in, and each sentence of a mixed one."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain.analysis import words
from services.matcher.domain.languages import TOLD, language_of, sentences
from services.matcher.domain.letters import ARABIC, fold

LABELLED = Path(__file__).parent / "data" / "languages.tsv"


class Labelled(NamedTuple):
    """A text with its language, or a mixed one with the segments that make it."""

    kind: str
    languages: list[str]
    segments: list[str]


def labelled(*kinds: str) -> list[Labelled]:
    """The labelled texts of some kinds."""
    rows = [
        Labelled(kind, languages.split("+"), text.split(" ‖ "))
        for line in LABELLED.read_text().splitlines()
        if not line.startswith("#")
        for kind, languages, text in [line.split("\t")]
    ]
    return [row for row in rows if row.kind in kinds]


def share_right(rows: list[Labelled], expected: str) -> float:
    """The share of texts whose language is told when ``expected`` was expected."""
    return sum(language_of(r.segments[0], expected) == r.languages[0] for r in rows) / len(rows)


@pytest.mark.parametrize("expected", ["fr", "en"])
def test_a_title_of_a_few_words_shows_its_language_whatever_was_expected(expected: str) -> None:
    assert share_right(labelled("title"), expected) >= 0.94


@pytest.mark.parametrize("expected", ["fr", "en", "ar"])
def test_a_sentence_shows_its_language_whatever_was_expected(expected: str) -> None:
    assert share_right(labelled("sentence"), expected) == 1.0


def test_a_text_of_another_language_is_not_taken_for_one_of_ours() -> None:
    assert share_right(labelled("other"), "fr") >= 0.94


@pytest.mark.parametrize("expected", ["fr", "en"])
def test_a_name_is_in_the_language_expected(expected: str) -> None:
    told = [language_of(name.segments[0], expected) for name in labelled("name")]
    assert told.count(expected) >= len(told) - 2


def test_nearly_every_word_of_a_mixed_text_is_read_in_its_own_language() -> None:
    right = total = 0
    for row in labelled("mixed"):
        meant = [
            language
            for language, segment in zip(row.languages, row.segments, strict=True)
            for _ in words(segment)
        ]
        text = " ".join(row.segments)
        told = [
            "ar" if ARABIC.search(fold(word)) else language
            for sentence, language in sentences(text, language_of(text))
            for word in words(sentence)
        ]
        right += sum(one == other for one, other in zip(meant, told, strict=True))
        total += len(meant)
    assert right / total >= 0.95


@pytest.mark.parametrize("text", ["", "12 34", "…", "ⵜⴰⵎⵙⵙⵓⵔⵜ ⵏ ⵡⴰⵎⴰⵏ"])
def test_a_text_without_words_to_tell_by_is_in_the_language_expected(text: str) -> None:
    assert language_of(text, "en") == "en"
    assert language_of(text) == "fr"


def test_arabic_with_many_latin_names_is_arabic() -> None:
    assert language_of("نبحث عن منصة IoT و LoRaWAN لمراقبة الخلايا") == "ar"


@given(st.text(max_size=300), st.sampled_from(["fr", "en", "ar", "zgh"]))
def test_any_text_has_a_language_and_loses_no_word(text: str, expected: str) -> None:
    assert language_of(text, expected) in {*TOLD, "ar", expected}
    parts = list(sentences(text, expected))
    assert "".join("".join(part.split()) for part, _ in parts).count("a") == text.count("a")
    assert all(language in {*TOLD, expected, "fr"} for _, language in parts)


def test_no_mark_that_unicode_combines_with_a_letter_is_left() -> None:
    marks = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.combining(c)]
    marks.remove("\u0345")  # a letter of its own, once in lower case
    assert fold("é" + "".join(marks)) == "e"
