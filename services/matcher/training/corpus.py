"""Texts in three languages that say the same, written for Jisr: `parallel.jsonl` beside this file.

A row is a concept (term, synonyms, definition) or a sentence, in French, Arabic and English.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("fr", "ar", "en")
PARALLEL = Path(__file__).parent / "parallel.jsonl"


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a row: ``form`` is term, definition or sentence."""

    row: int
    form: str
    language: str
    text: str


def read(path: Path = PARALLEL) -> list[Text]:
    """Every text of the corpus, rows in order, and of each row form by form."""
    return list(_texts(path))


def _texts(path: Path) -> Iterator[Text]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file):
            row = json.loads(line)
            for language in LANGUAGES:
                said = row[language]
                if row["sort"] == "sentence":
                    yield Text(number, "sentence", language, said)
                    continue
                yield Text(number, "term", language, " ; ".join([said["term"], *said["synonyms"]]))
                yield Text(number, "definition", language, said["definition"])
