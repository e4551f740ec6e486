"""What the demo says at its end, and whose pages it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console

from services.cli.demo.command import summary
from services.cli.demo.samples import Samples
from services.cli.demo.story import Ending
from services.cli.demo.welcome import Whose, readers, say
from services.cli.hub import Prepared
from services.runtime.recovery import Recovery

SUMMARY = {
    "demands": 60,
    "proposed": 55,
    "unmatched": 5,
    "notifications": 148,
    "rejected": 0,
    "seconds": 51.0,
    "broker": "Apache Kafka",
    "database": "PostgreSQL",
}
DIRECTORY = [
    {"entry": "city", "id": "fes"},
    {"entry": "ambassador", "id": "mnc/fes", "city": "fes", "member_id": "regard"},
    {"entry": "ambassador", "id": "mnc/rabat", "city": "rabat", "member_id": "tawqii"},
]


def demand(external_id: str, city: str, *members: str, state: str = "proposed") -> dict[str, Any]:
    """A demand, and the members that it was proposed to."""
    matches = [
        {"who": {"kind": "member", "id": member}, "state": "declined", "wave": wave}
        for wave, member in enumerate(members, start=1)
    ]
    return {"external_id": external_id, "city": city, "matches": matches, "state": state}


def shown(addresses: dict[str, str]) -> str:
    console = Console(width=60, record=True)
    say(console, SUMMARY, addresses, ".venv/bin/jisr", Path("var/demo"))
    return console.export_text()


DEMANDS = [
    demand("F-1", "fes", "m-1", "m-2"),
    demand("F-2", "fes", "m-2"),
    demand("R-1", "rabat", "m-3"),
]


def test_a_member_a_city_and_its_ambassador_are_shown() -> None:
    assert readers(DEMANDS, DIRECTORY, "R-1") == [
        Whose("R-1: the member's page", "member", "m-3"),
        Whose("R-1: the city's page", "city", "rabat"),
        Whose("its ambassador's page", "member", "tawqii"),
    ]


def test_of_a_played_life_the_member_who_was_introduced_is_shown() -> None:
    lived = demand("F-1", "fes", "m-1", "m-2", "m-3")
    assert readers([*DEMANDS[1:], lived], DIRECTORY, "F-1")[0].id == "m-3"
    lived["matches"][1]["state"] = "introduced"
    assert readers([*DEMANDS[1:], lived], DIRECTORY, "F-1")[0].id == "m-2"


def test_where_nobody_was_asked_in_the_life_the_member_asked_most_often_is_shown() -> None:
    assert readers([*DEMANDS, demand("K-1", "fes")], DIRECTORY, "K-1")[0].id == "m-2"


def test_without_a_played_life_the_city_with_most_demands_is_shown() -> None:
    assert [one.id for one in readers(DEMANDS, DIRECTORY, None)] == ["m-2", "fes", "regard"]


def test_where_nobody_was_asked_or_nobody_is_in_office_nobody_is_shown() -> None:
    assert readers([demand("K-1", "kenitra")], DIRECTORY, None) == [
        Whose("a city's page", "city", "kenitra")
    ]
    assert readers([], [], None) == []


def test_each_demand_counts_once_in_what_happened() -> None:
    spent = demand("S-1", "fes", "m-1", state="unmatched")
    ending = Ending([*DEMANDS, spent, demand("N-1", "fes", state="unmatched")], 9, 9, 0)
    prepared = Prepared("Kafka", "PostgreSQL", (), (), Recovery(new_cluster=False))
    found = summary(ending, prepared, Samples([], [], [], None), 1.0)
    assert (found["demands"], found["proposed"], found["unmatched"]) == (5, 3, 2)


def test_a_hub_that_serves_tells_its_addresses() -> None:
    address = "http://127.0.0.1:8025/" + "x" * 200
    said = shown({"a member's page (m-1)": address})
    assert address in said.splitlines(), "whole on a line of its own, however narrow the terminal"
    assert "ends now" not in said


def test_a_hub_that_serves_says_until_when_and_how_other_commands_find_it() -> None:
    said = shown({"mails": "http://127.0.0.1:8025"})
    assert "Ctrl-C stops it" in said
    assert "`.venv/bin/jisr status`" in said
    assert "JISR_VAR=var/demo" in said


def test_a_hub_that_ends_tells_no_address_but_how_to_see_them() -> None:
    said = shown({})
    assert "http" not in said
    assert "`make demo` without ONCE=1" in said
