"""How the report writes names, counts, shares, waits and days in one language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from services.cli.report.measures import NO_NICHE, Row, Waits
from services.cli.report.wording import COLUMNS, KINDS, WORDS, Language

FEW = 10
"""Of fewer than this no percentage is written: 1 of 3 is not 33 %."""
# As the pages and mails of the hub write: Moroccan months in Arabic, day before month in English.
_CLDR: Mapping[Language, str] = {"en": "en_GB", "fr": "fr_MA", "ar": "ar_MA"}


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell: the figure, and in a ``note`` what it is made of."""

    figure: str
    note: str = ""

    def __str__(self) -> str:
        return f"{self.figure} ({self.note})" if self.note else self.figure


@dataclass(frozen=True)
class Voice:
    """Says it in ``language``; ``names`` of cities, clusters and niches by (entry, id)."""

    language: Language
    names: Mapping[tuple[str, str], str]

    def __call__(self, key: str, **values: object) -> str:
        """The words of ``key``."""
        return WORDS[self.language][key].format(**values)

    def name(self, grouping: str, row: str) -> str:
        """What a row is called."""
        if grouping == "niche" and row == NO_NICHE:
            return self("no-niche")
        if grouping == "kind":
            return KINDS[self.language].get(row, row)
        return self.names.get((grouping, row), row)

    def number(self, value: float) -> str:
        """``value`` with at most one digit after the point."""
        return format_decimal(value, format="#,##0.#", locale=_CLDR[self.language])

    def day(self, day: date) -> str:
        """``day``, with its month in letters."""
        said = format_date(day, "long", locale=_CLDR[self.language])
        # CLDR does not have it: in French the first of a month is "1er".
        return f"1er{said[1:]}" if self.language == "fr" and day.day == 1 else said

    def percent(self, share: float) -> str:
        """``share`` of 1 as a percentage."""
        return format_percent(share, locale=_CLDR[self.language])

    def share(self, part: int, whole: int) -> Cell:
        """``part`` of ``whole``, as a percentage where that says something."""
        if not whole:
            return Cell(self("none"))
        told = self("of", part=self.number(part), whole=self.number(whole))
        return Cell(told) if whole < FEW else Cell(self.percent(part / whole), told)

    def waits(self, waits: Waits) -> Cell:
        """The median in days, with how many are over and how many are not."""
        if not waits.over + waits.going_on:
            return Cell(self("none"))
        figure = self("none") if waits.median is None else self.number(waits.median)
        return Cell(figure, self.going(waits))

    def going(self, waits: Waits) -> str:
        """How many are over and how many are not."""
        return self("going", over=self.number(waits.over), going=self.number(waits.going_on))

    def cells(self, row: Row) -> Sequence[tuple[str, Cell]]:
        """What stands in the columns of ``COLUMNS``, each with its column."""
        told = {
            "demands": Cell(self.number(row.demands)),
            "unmatched": self.share(row.unmatched, row.decided),
            "proposals": Cell(self.number(row.proposals)),
            "accepted": self.share(row.answers["accepted"], row.due),
            "declined": Cell(self.number(row.answers["declined"])),
            "silent": Cell(self.number(row.answers["silent"])),
            "waiting": Cell(self.number(row.answers["waiting"])),
            "introduced": Cell(self.number(row.introduced)),
            "first-answer": self.waits(row.first_answer),
            "introduction": self.waits(row.introduction),
        }
        return [(column, told[column]) for column in COLUMNS]


def names(directory: Iterable[Mapping[str, Any]], language: Language) -> dict[tuple[str, str], str]:
    """What the directory calls cities, clusters and niches, in ``language`` or else in any."""
    found = {}
    for entry in directory:
        labels: Mapping[str, str] | None = {
            "city": entry.get("names"),
            "cluster": entry.get("names"),
            "niche": entry.get("labels"),
        }.get(str(entry["entry"]))
        if labels:
            spare: Sequence[str] = list(labels.values())
            found[str(entry["entry"]), str(entry["id"])] = labels.get(language, spare[0])
    return found
