"""What the demo shows: a table with one row for each demand, the mails, the JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from services.notifier.adapters.voice import Voice
from services.notifier.domain import wording
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import LOCALES, Locale, Reason

_WORDS = 3
_NAME = 30
_WIDE = 140
_STATES = {"unmatched": "handed to the ambassador", "open": "not decided yet"}


@dataclass(frozen=True)
class Narrator:
    """Says reasons in one language, with the names of the sample directory."""

    voice: Voice
    directory: Directory

    def reasons(self, given: Sequence[dict[str, Any]], most: int | None = None) -> list[str]:
        """``given`` as sentences, the weightiest first."""
        lists = ("terms", "path")
        found = [
            Reason(**{**reason, **{name: tuple(reason.get(name, ())) for name in lists}})
            for reason in given
        ]
        phrases = wording.reasons(found, self.directory, self.voice.locale)
        return [self.voice.phrase(phrase) for phrase in phrases[:most]]


def narrator(locale: Locale, directory: Sequence[dict[str, Any]]) -> Narrator:
    """A narrator in ``locale`` who knows the entries of ``directory``."""
    known = Directory()
    for entry in directory:
        if entry["entry"] != "ambassador":
            names = entry.get("names") or entry["labels"]
            known.call(entry["entry"], entry["id"], names, 1, active=True)
    assert locale in LOCALES
    return Narrator(Voice(locale), known)


def overview(demands: Sequence[dict[str, Any]], narrate: Narrator, width: int) -> Table:
    """One row for each demand: who was proposed, with which score and why.

    ``width`` is in characters; a narrow one gets fewer, taller columns.
    """
    made = Table(box=SIMPLE_HEAD, pad_edge=False, width=width)
    narrow = width < _WIDE
    for name in ("demand",) if narrow else ("city", "demand", "lang"):
        made.add_column(name, overflow="fold", max_width=18 if narrow else 34)
    made.add_column("proposed, score, why", ratio=1)
    for demand in sorted(demands, key=lambda d: d["external_id"]):
        made.add_row(*_cells(demand, narrate, narrow=narrow), end_section=True)
    return made


def _cells(demand: dict[str, Any], narrate: Narrator, *, narrow: bool) -> list[RenderableType]:
    identity, title = demand["external_id"], f"[dim]{_short(demand['title'])}[/]"
    if narrow:
        where = f"{identity}\n{demand['city']}, {demand['language']}\n{title}"
        return [where, _stacked(demand, narrate)]
    return [
        demand["city"],
        f"{identity}\n{title}",
        demand["language"],
        _aligned(demand, narrate),
    ]


def _aligned(demand: dict[str, Any], narrate: Narrator) -> Table | str:
    """The matches of one demand, a line each, aligned inside the demand's row."""
    if not demand["matches"]:
        return _nobody(demand)
    lines = Table.grid(padding=(0, 2, 0, 0), expand=True)
    lines.add_column(width=_NAME, overflow="fold")
    lines.add_column(width=4)
    lines.add_column(ratio=1, overflow="fold")
    for number, match in _numbered(demand):
        lines.add_row(_name(match, number), f"{match['score']:.2f}", _why(match, narrate))
    return lines


def _stacked(demand: dict[str, Any], narrate: Narrator) -> RenderableType:
    """The matches of one demand, each with its reasons below it."""
    if not demand["matches"]:
        return _nobody(demand)
    lines: list[RenderableType] = []
    for number, match in _numbered(demand):
        lines.append(f"{_name(match, number)}  {match['score']:.2f}")
        # A padding, and no blanks: all lines of the reasons begin below one another.
        lines.append(Padding(f"[dim]{_why(match, narrate)}[/]", (0, 0, 0, 3)))
    return Group(*lines)


def _numbered(demand: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The matches in the order of `ranked`, numbered through all waves: a rank is of its wave
    alone. Offers have numbers of their own, as they are no rivals of the members.
    """
    numbers: Counter[str] = Counter()
    for match in ranked(demand):
        numbers[match["who"]["kind"]] += 1
        yield numbers[match["who"]["kind"]], match


def _nobody(demand: dict[str, Any]) -> str:
    return f"[yellow]nobody[/]  {_STATES.get(demand['state'], demand['state'])}"


def _name(match: dict[str, Any], number: int) -> str:
    offer = " [dim](offer)[/]" if match["who"]["kind"] == "offer" else ""
    state = "" if match["state"] == "proposed" else f" [dim]{match['state']}[/]"
    wave = f" [dim]wave {match['wave']}[/]" if match["wave"] > 1 else ""
    return f"{number}. {escape(match['who']['title'])}{offer}{wave}{state}"


def life(demand: dict[str, Any]) -> Table:
    """What happened to one demand, line by line."""
    made = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        title=f"\nThe life of {demand['external_id']}",
        title_justify="left",
    )
    for name in ("what", "wave", "who", "why"):
        made.add_column(name)
    for line in demand["timeline"]:
        who = line.get("who") or {}
        why = line.get("reason") or line.get("because") or line.get("outcome") or ""
        name = who.get("name") or who.get("id") or ""
        made.add_row(line["what"], str(line.get("wave") or ""), escape(name), why)
    return made


def _why(match: dict[str, Any], narrate: Narrator) -> str:
    return escape("; ".join(narrate.reasons(_telling(match["reasons"]), _WORDS)))


def _telling(reasons: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without "close in meaning" where there is something to name."""
    named = [reason for reason in reasons if reason["kind"] != "meaning"]
    return named if len(named) > 1 else list(reasons)


def _short(title: str, most: int = 60) -> str:
    return escape(title if len(title) <= most else title[: most - 1] + "…")


def ranked(demand: dict[str, Any]) -> list[dict[str, Any]]:
    """The members proposed for a demand by wave and rank, then the offers."""
    kinds = {"member": 0, "offer": 1}
    return sorted(demand["matches"], key=lambda m: (kinds[m["who"]["kind"]], m["wave"], m["rank"]))


def results(demands: Sequence[dict[str, Any]], narrate: Narrator) -> list[dict[str, Any]]:
    """The part of the JSON that says who was proposed for each demand.

    ``member_id`` is the member proposed; for an offer the id of who stands behind it, with
    ``offer_id`` beside it. ``rank`` is within its ``wave``. ``reasons`` are sentences.
    """
    return [
        {
            "external_id": demand["external_id"],
            "language": demand["language"],
            "state": demand["state"],
            "matches": [_match(match, narrate) for match in ranked(demand)],
        }
        for demand in sorted(demands, key=lambda d: d["external_id"])
    ]


def _match(match: dict[str, Any], narrate: Narrator) -> dict[str, Any]:
    who = match["who"]
    offer = {"offer_id": who["id"]} if who["kind"] == "offer" else {}
    return {
        "member_id": who["owner"]["id"],
        "wave": match["wave"],
        "rank": match["rank"],
        "score": match["score"],
        "reasons": narrate.reasons(match["reasons"]),
        **offer,
    }
