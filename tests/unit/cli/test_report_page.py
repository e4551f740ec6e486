"""The report as a table and as a page that needs nothing else and can be read aloud."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from rich.console import Console

from services.cli.lives import Life
from services.cli.report import showing
from services.cli.report.measures import Report, Row, Waits, report
from services.cli.report.page import page
from services.cli.report.wording import COLUMNS, KINDS, WORDS, Language, Voice, names
from tests.unit.cli.lives import accepted, day, declined, introduced, life, proposal

LANGUAGES: list[Language] = ["en", "fr", "ar"]
DIRECTORY = [
    {"entry": "city", "id": "settat", "names": {"fr": "Settat", "ar": "سطات"}},
    {"entry": "niche", "id": "mobile-payment", "labels": {"en": "<Mobile> payment"}},
    {"entry": "cluster", "id": "mnc", "names": {"fr": "MNC"}},
]
LIVES = [
    *(life(f"d-{n}", introduced(4, 1)) for n in range(7)),
    *(life(f"e-{n}", declined(n), proposal("lapsed")) for n in range(3)),
    life("f-1", accepted(3), city="fes", kind="expertise", niches=()),
    life("f-2", city="fes", state="unmatched", decided=True, niches=("a&b",)),
]


def told(lives: list[Life], language: Language = "en") -> str:
    """The page of some demands."""
    say = Voice(language, names(DIRECTORY, language))
    return page(report(lives, day(30)), say, "2026-11-01", "2026-12-01", "2026-12-01 00:00")


def drawings(html: str) -> list[ET.Element]:
    """The plots of a page, each as a document of its own."""
    return [ET.fromstring(found) for found in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]


def within(drawing: ET.Element, name: str) -> list[ET.Element]:
    return list(drawing.iter(f"{{http://www.w3.org/2000/svg}}{name}"))


class _Read(HTMLParser):
    """Whether tags close, and what is asked of elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.asked: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.asked += [str(value) for name, value in attrs if name in ("src", "href", "srcset")]
        if tag not in ("meta", "rect", "path"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("rect", "path"):
            assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_nothing_from_elsewhere_and_runs_no_script(language: Language) -> None:
    read = _Read()
    html = told(LIVES, language)
    read.feed(html)
    assert (read.open, read.asked) == ([], [])
    assert not read.tags & {"script", "link", "img", "iframe", "object"}
    assert "url(" not in html
    assert "@import" not in html


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("fr", "ltr"), ("ar", "rtl")])
def test_the_page_has_the_language_and_direction_of_its_reader(
    language: Language, direction: str
) -> None:
    assert f'<html lang="{language}" dir="{direction}">' in told(LIVES, language)


def test_each_plot_says_in_words_what_it_draws() -> None:
    html = told(LIVES)
    found = drawings(html)
    assert len(found) == 2 + 3 * 2
    for drawing in found:
        named = {one.attrib["id"]: one.text for one in drawing if "id" in one.attrib}
        assert drawing.attrib["role"] == "img"
        said = [named[name] for name in drawing.attrib["aria-labelledby"].split()]
        assert len(said) == 2
        assert all(said)
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_a_bar_is_as_long_as_its_share() -> None:
    """Settat: 7 accepted, 3 declined, 3 let it pass: 7 of 13."""
    drawing = next(d for d in drawings(told(LIVES)) if "Settat: 7 of 13 (54 %)" in d[1].text)  # type: ignore[operator]
    room, bar = within(drawing, "rect")[:2]
    share = float(bar.attrib["width"]) / float(room.attrib["width"])
    assert share == pytest.approx(7 / 13, abs=1e-3)


def test_every_table_has_a_caption_and_heads_for_its_columns_and_rows() -> None:
    html = told(LIVES)
    tables = re.findall(r"<table>.*?</table>", html, re.DOTALL)
    assert len(tables) == 4
    for one in tables:
        assert "<caption>" in one
        assert one.count('scope="col"') == len(COLUMNS) + 1
        assert one.count('scope="row"') == one.count("<tr>") - 1


def test_names_are_those_of_the_directory_and_cannot_break_the_page() -> None:
    html = told(LIVES)
    assert "&lt;Mobile&gt; payment" in html
    assert "a&amp;b" in html
    assert "سطات" in told(LIVES, "ar")
    assert "(names none)" in html


def test_few_are_given_as_counts_and_none_as_none() -> None:
    say = Voice("en", {})
    assert [say.share(*of) for of in ((1, 3), (3, 9), (3, 10), (0, 0))] == [
        "1 of 3",
        "3 of 9",
        "3 of 10 (30 %)",
        "–",
    ]


def test_a_median_is_told_with_how_many_still_go_on() -> None:
    say = Voice("en", {})
    assert say.waits(Waits(7, 2, 1.25)) == "1.2 (7 over, 2 going on)"
    assert say.waits(Waits(1, 6, None)) == "– (1 over, 6 going on)"
    assert say.waits(Waits(0, 0, None)) == "–"


def test_many_rows_are_drawn_in_part_and_listed_whole() -> None:
    html = told([life(f"d-{n}", accepted(1), city=f"city-{n}") for n in range(20)])
    assert "The 12 with the most demands, of 20" in html
    assert all(f">city-{n}</th>" in html for n in range(20))


def test_a_time_without_demands_is_said_to_be_one() -> None:
    html = told([])
    assert "No demand was opened in this time." in html
    assert "<svg" not in html


def test_the_terminal_shows_the_same_cells() -> None:
    console = Console(width=250, record=True)
    console.print(showing.as_tables(report(LIVES, day(30)), Voice("en", names(DIRECTORY, "en"))))
    shown = console.export_text()
    assert re.search(r"Settat +10 +0 of 10 \(0 %\) +13 +7 of 13 \(54 %\) +3 +3 +0 +7 ", shown)


def test_all_languages_say_all_and_fill_in_the_same() -> None:
    english = WORDS["en"]
    for language in LANGUAGES:
        said = WORDS[language]
        assert said.keys() == english.keys()
        for key, text in said.items():
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[key]))
    assert KINDS["fr"].keys() == KINDS["ar"].keys()


def test_data_has_the_counts_behind_every_share() -> None:
    found: Report = report(LIVES, day(30))
    data = showing.as_data(found)
    row: Row = found.groups["city"][0]
    assert data["city"][0]["due"] == row.due == 13
    assert data["city"][0]["answers"]["accepted"] == 7
    assert data["whole"]["first_answer"]["going_on"] == 0
    assert replace(row).proposals == data["city"][0]["proposals"]
