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
from services.cli.report.page import Period, page
from services.cli.report.plots import ticks
from services.cli.report.voice import Voice, names
from services.cli.report.wording import COLUMNS, KINDS, WORDS, Language
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
    period = Period(day(0).date(), day(29).date(), day(30))
    return page(report(lives, day(30)), say, period, say.names[("cluster", "mnc")])


def bars(html: str) -> list[tuple[str, float]]:
    """What each bar says, and which part of its room it fills."""
    found = re.findall(r'<span class="name">.*?</li>', html, re.DOTALL)
    told = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", one)).strip() for one in found]
    widths = [[float(w) for w in re.findall(r'width="([\d.]+)"', one)] for one in found]
    return [(words, bar / room) for words, (room, bar) in zip(told, widths, strict=True)]


def section(html: str, grouping: str) -> str:
    """The part of the page below the heading of ``grouping``."""
    found = re.search(rf'<h2 id="by-{grouping}">.*?</section>', html, re.DOTALL)
    assert found
    return found[0]


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
    assert read.open == []
    assert {asked[:1] for asked in read.asked} == {"#"}
    assert all(f'id="{asked[1:]}"' in html for asked in read.asked)
    assert not read.tags & {"script", "link", "img", "iframe", "object"}
    assert "url(" not in html
    assert "@import" not in html


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("fr", "ltr"), ("ar", "rtl")])
def test_the_page_has_the_language_and_direction_of_its_reader(
    language: Language, direction: str
) -> None:
    assert f'<html lang="{language}" dir="{direction}">' in told(LIVES, language)


def test_each_curve_says_in_words_what_it_draws() -> None:
    found = re.findall(r'role="img" aria-label="([^"]+)"', told(LIVES))
    assert found == [
        "Demands still without an answer, by days since the first proposal. "
        "Days until half of them: 1 (11 over, 0 going on).",
        "Demands still without an introduction, by days since they were opened. "
        "Days until half of them: 4 (7 over, 5 going on).",
    ]


def test_every_drawing_leaves_its_words_to_the_page() -> None:
    """So they keep their size on a phone."""
    found = re.findall(r"<svg.*?</svg>", told(LIVES), re.DOTALL)
    assert found
    for drawing in found:
        ET.fromstring(drawing)
        assert "<text" not in drawing
        assert 'aria-hidden="true"' in drawing


def test_a_bar_is_as_long_as_its_share() -> None:
    """Settat: 7 accepted, 3 declined, 3 let it pass: 7 of 13."""
    found = dict(bars(section(told(LIVES), "city")))
    assert found["Settat 54% 7 of 13"] == pytest.approx(7 / 13, abs=1e-3)
    assert found["fes 1 of 1"] == 1.0


def test_what_nobody_did_yet_is_said_instead_of_drawn() -> None:
    html = told([life("d-1"), life("d-2", city="fes")])
    assert "<svg" not in html
    for words in (
        "No demand has an answer yet.",
        "No demand has an introduction yet.",
        "Nobody has answered yet, or let the time pass.",
        "No demand was judged yet.",
    ):
        assert words in html


@pytest.mark.parametrize(
    ("longest", "marks"),
    [(13.4, [0, 5, 10]), (24.9, [0, 5, 10, 15, 20]), (1.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0])],
)
def test_days_are_marked_by_round_numbers(longest: float, marks: list[float]) -> None:
    assert list(ticks(longest)) == pytest.approx(marks)


def test_every_table_is_named_by_its_heading_and_has_heads_for_its_columns_and_rows() -> None:
    html = told([*LIVES, *(life(f"n-{n}", niches=(f"niche-{n}",)) for n in range(20))])
    tables = re.findall(r"<table.*?</table>", html, re.DOTALL)
    assert len(tables) == 4
    for one in tables:
        named = re.search(r'aria-labelledby="([^"]+)"', one)
        assert named
        assert re.search(f'<(h2|summary) id="{named[1]}">', html)
        assert one.count('scope="col"') == len(COLUMNS) + 1
        assert one.count('scope="row"') == one.count("<tr ") - 1
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("count", "folded"), [(12, 0), (13, 1), (100, 88)])
def test_what_is_beyond_the_first_rows_is_folded_away_and_counted(count: int, folded: int) -> None:
    for language in LANGUAGES:
        html = told([life(f"d-{n}", niches=(f"niche-{n}",)) for n in range(count)], language)
        assert section(html, "niche").count('scope="row"') == count
        found = re.search(r"<details>.*</details>", html, re.DOTALL)
        assert bool(found) is (folded > 0)
        if found:
            assert f"({folded})</summary>" in found[0]
            assert found[0].count('scope="row"') == folded


def test_the_page_says_whose_it_is_and_for_which_days() -> None:
    assert "MNC</p>" in told(LIVES)
    assert "from 1 November 2026 to 30 November 2026 (UTC)" in told(LIVES)
    assert "du 1er novembre 2026 au 30 novembre 2026 (UTC)" in told(LIVES, "fr")


@pytest.mark.parametrize(
    ("language", "figures"),
    [("en", ("2,600", "18%")), ("fr", ("2\u202f600", "18\xa0%")), ("ar", ("2.600", "18%"))],
)
def test_numbers_are_written_as_the_language_does(
    language: Language, figures: tuple[str, str]
) -> None:
    say = Voice(language, {})
    assert (say.number(2600), say.share(468, 2600).figure) == figures


def test_names_are_those_of_the_directory_and_cannot_break_the_page() -> None:
    html = told(LIVES)
    assert "&lt;Mobile&gt; payment" in html
    assert "a&amp;b" in html
    assert "سطات" in told(LIVES, "ar")
    assert "(names none)" in html


def test_few_are_given_as_counts_and_none_as_none() -> None:
    say = Voice("en", {})
    assert [str(say.share(*of)) for of in ((1, 3), (3, 9), (3, 10), (0, 0))] == [
        "1 of 3",
        "3 of 9",
        "30% (3 of 10)",
        "–",
    ]


def test_a_median_is_told_with_how_many_still_go_on() -> None:
    say = Voice("en", {})
    assert str(say.waits(Waits(7, 2, 1.25))) == "1.2 (7 over, 2 going on)"
    assert str(say.waits(Waits(1, 6, None))) == "– (1 over, 6 going on)"
    assert str(say.waits(Waits(0, 0, None))) == "–"


def test_many_rows_are_drawn_in_part_and_listed_whole() -> None:
    html = told([life(f"d-{n}", accepted(1), city=f"city-{n}") for n in range(20)])
    assert "The 12 with the most demands, of 20" in html
    assert all(f">city-{n}</th>" in html for n in range(20))
    assert len(bars(section(html, "city"))) == 2 * 12


def test_a_time_without_demands_is_said_to_be_one() -> None:
    html = told([])
    assert "No demand was opened in this time." in html
    assert "<svg" not in html


def test_the_terminal_shows_the_same_cells() -> None:
    console = Console(width=250, record=True)
    console.print(showing.as_tables(report(LIVES, day(30)), Voice("en", names(DIRECTORY, "en"))))
    shown = console.export_text()
    assert re.search(r"Settat +10 +0% \(0 of 10\) +13 +54% \(7 of 13\) +3 +3 +0 +7 ", shown)


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
