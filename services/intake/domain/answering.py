"""Who may answer for which side of a match, and which answers its present state allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.intake.domain.speakers import Role, Speaker

Side = Literal["need", "supply"]
Ref = tuple[str, str]
"""Kind and id of a fact."""

_WAITING = {"proposed", "accepted"}
LOOKING = {"open", "proposed", "introduced", "unmatched"}
"""States of a demand in which somebody may still be proposed."""


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a match, or an ambassador: an organisation (``type`` and ``id``).

    ``behind``: of the facts that it is known by, the source and, of those that belong to a
    cluster, the cluster.
    """

    type: str
    id: str
    side: Side = "need"
    behind: tuple[tuple[str, str | None], ...] = ()

    @property
    def name(self) -> tuple[str, str]:
        """What tells organisations apart."""
        return self.type, self.id


def may_speak_for(speaker: Speaker, party: Party) -> bool:
    """Whether ``speaker`` may answer as ``party``: the hub for all; a city's source for the
    cities that it is bound to; and whoever owns a fact that the party is known by.
    """
    if speaker.is_hub or any(speaker.owns(source, cluster) for source, cluster in party.behind):
        return True
    if party.type == "city" and speaker.role is Role.CITY:
        return speaker.speaks_for is not None and party.id in speaker.speaks_for
    return False


def facts_behind(match: Mapping[str, Any], need: Mapping[str, Any]) -> dict[Side, list[Ref]]:
    """Which facts each side is known by: its demand or offer, and the member or committee."""
    supply = match["supply"]
    sides: dict[Side, list[Ref]] = {
        "need": [("demand", need["id"])] if need["kind"] == "demand" else [],
        "supply": [(supply["kind"], supply["id"])],
    }
    owners: dict[Side, Mapping[str, Any]] = {"need": need["owner"], "supply": supply["owner"]}
    for side, owner in owners.items():
        if owner["type"] == "member":
            sides[side].append(("member", owner["id"]))
        elif owner["type"] == "committee":
            sides[side].append(("directory", f"committee:{owner['id']}"))
    return sides


def missing_or_odd(answer: str, reason: str | None, outcome: str | None, rating: int | None) -> str:
    """The field that ``answer`` needs and lacks, or has and cannot have; "" when it is whole."""
    if (answer == "decline") != (reason is not None):
        return "reason"
    if (answer == "outcome") != (outcome is not None):
        return "outcome"
    if rating is not None and answer != "outcome":
        return "rating"
    return ""


def objection(match: Mapping[str, Any], side: Side, answer: str) -> str:
    """Why the present state of ``match`` does not allow ``answer`` from ``side``; "" when it
    does. The matcher decides; this tells the sender at once what it would find.
    """
    state = match["state"]
    if answer == "outcome":
        return "" if state == "introduced" else f"Nobody was introduced: the match is {state}."
    if state not in _WAITING:
        return f"The match is {state}."
    said = (match.get(f"{side}_said") or {}).get("answer")
    if answer == "accept" and said == "accept":
        return "This side has accepted it already."
    if answer == "withdraw" and said != "accept":
        return "This side has not accepted it: decline it."
    return ""


def no_question(match: Mapping[str, Any]) -> str:
    """Why nobody can be asked about ``match`` any more; "" when it waits for an answer."""
    return "" if match["state"] in _WAITING else f"The match is {match['state']}."


def no_extension(state: str, told: Mapping[str, Any] | None) -> str:
    """Why a demand in ``state`` cannot be extended; "" when it can. ``told``: its NeedChanged."""
    if state not in LOOKING:
        return f"The demand is {state}."
    if told is not None and told["extended"]:
        return "It was extended already, which is possible once."
    if told is not None and told["expires_at"] is None:
        return "It has no end."
    return ""


def present(match: Mapping[str, Any]) -> dict[str, Any]:
    """What a refused answer is told of the present state."""
    names = ("match_id", "version", "state", "need_said", "supply_said", "closed_because")
    return {name: match.get(name) for name in (*names, "answer_by")}
