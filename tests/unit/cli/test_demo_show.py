"""What the demo shows of each demand: who was asked, in an order that can be read."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from services.cli.demo.show import narrator, overview, results

NARRATE = narrator("en", [])


def match(kind: str, title: str, wave: int, rank: int, state: str = "proposed") -> dict[str, Any]:
    who = {"kind": kind, "id": title.lower(), "title": title, "owner": {"id": title.lower()}}
    told = {"wave": wave, "rank": rank, "state": state, "score": 0.5, "reasons": []}
    return {"who": who, **told}


DEMAND = {
    "external_id": "F-1",
    "city": "fes",
    "language": "fr",
    "title": "Quinze mentors",
    "state": "introduced",
    "matches": [
        match("member", "Second", 2, 1, "introduced"),
        match("offer", "Places", 1, 1),
        match("member", "First", 1, 1, "declined"),
    ],
}


@pytest.mark.parametrize("width", [100, 200])
def test_members_of_several_waves_are_numbered_through_and_say_their_wave(width: int) -> None:
    console = Console(width=width, record=True)
    console.print(overview([DEMAND], NARRATE, width))
    said = " ".join(console.export_text().split())
    assert "1. First declined" in said
    assert "2. Second wave 2" in said
    assert "1. Places (offer)" in said


def test_the_json_says_of_which_wave_a_rank_is() -> None:
    (found,) = results([DEMAND], NARRATE)
    assert [(one["member_id"], one["wave"], one["rank"]) for one in found["matches"]] == [
        ("first", 1, 1),
        ("second", 2, 1),
        ("places", 1, 1),
    ]


REASON = {"kind": "meaning", "weight": 1.0, "terms": []}
LONG: dict[str, Any] = {
    "external_id": "F-1",
    "city": "fes",
    "language": "fr",
    "title": "Un besoin",
    "state": "proposed",
    "matches": [
        {
            "who": {"kind": "member", "id": "m", "title": "Qamra Studio"},
            "wave": 1,
            "rank": 1,
            "score": 0.9,
            "state": "proposed",
            "reasons": [
                REASON | {"kind": "terms", "terms": [f"mot{n:02}" for n in range(30)]},
                REASON | {"kind": "terms", "terms": [f"autre{n:02}" for n in range(30)]},
            ],
        }
    ],
}


def test_where_it_is_narrow_all_lines_of_the_reasons_begin_below_one_another() -> None:
    console = Console(width=70, record=True)
    console.print(overview([LONG], NARRATE, 70))
    lines = console.export_text().splitlines()
    name = next(line.index("1. Qamra") for line in lines if "1. Qamra" in line)
    below = [line[name:] for line in lines if any(w in line for w in ("mot", "autre"))]
    assert len(below) > 1
    assert {len(line) - len(line.lstrip()) for line in below} == {3}
