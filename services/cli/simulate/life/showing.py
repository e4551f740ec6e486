"""A simulated year on the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table

from services.cli.console import table
from services.cli.simulate.life.numbers import Numbers


def shown(numbers: Numbers) -> Table:
    """One row for each thing that is told."""
    made = table("", "")
    for name, value in _rows(numbers):
        made.add_row(name, value)
    return made


def _rows(n: Numbers) -> list[tuple[str, str]]:
    demands, matches = sum(n.demands.values()), sum(n.matches.values())
    return [
        ("demands", f"{demands:,}: {_each(n.demands)}"),
        ("openly unmatched at some time", _of(n.unmatched, demands)),
        ("over, and nobody introduced", _of(n.without, demands)),
        ("matches", f"{matches:,}: {_each(n.matches)}"),
        ("in wave", _each(n.waves)),
        ("ended by the hub", _each(n.ended_because)),
        ("introductions", f"{n.introductions:,}"),
        ("offers shown for interests", f"{sum(n.interests.values()):,}: {_each(n.interests)}"),
        ("places given in batches", f"{n.places_given:,}"),
        ("confirmations of ambassadors", _each(n.confirmations)),
        ("median days to the first answer", _days(n.days_to_answer)),
        ("median days to the first introduction", _days(n.days_to_introduction)),
        ("mean relevance (score)", f"{n.relevance:.4f}"),
        ("the busiest 10 % of members get", f"{n.top_share:.1%}"),
        ("Gini, all members", f"{n.gini:.3f}"),
        ("notices", f"{sum(n.notices.values()):,}: {_each(n.notices)}"),
        ("mails", f"{_mailed(n.mails):,}: {_each(n.mails)}"),
        (
            "mails for a member in a week",
            f"mean {n.a_week.mean:.2f}, 95th percentile {n.a_week.p95}, most {n.a_week.most}",
        ),
        ("judgements, steps", f"{n.judgements:,}, {n.steps:,}"),
    ]


def _each(counts: Mapping[str, int] | Mapping[int, int]) -> str:
    return ", ".join(f"{name} {many:,}" for name, many in counts.items()) or "-"


def _mailed(mails: Mapping[str, int]) -> int:
    """How many left; one that was sent again after a crash left twice."""
    return mails.get("digest", 0) + mails.get("of one matter", 0)


def _of(part: int, whole: int) -> str:
    return f"{part:,} ({part / whole:.1%})" if whole else "0"


def _days(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
