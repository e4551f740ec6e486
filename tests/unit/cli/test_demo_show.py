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
