"""The simulation's results: a table of policies, who got how many, and the JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from services.cli.console import table
from services.cli.simulate.measures import Group, Measures

_BAR = 40
_BUCKETS = 12


def comparison(years: Mapping[str, Measures]) -> Table:
    """One column a policy, one row a measure; the first policy is what the others lose against."""
    made = table("", *years)
    base = next(iter(years.values()))
    for name, cells in _rows(years, base):
        made.add_row(name, *cells)
    return made


def _rows(years: Mapping[str, Measures], base: Measures) -> list[tuple[str, list[str]]]:
    of = list(years.values())
    return [
        ("proposals", [f"{m.proposals:,}" for m in of]),
        ("the busiest 10 % of members get", [f"{m.top_share:.1%}" for m in of]),
        ("Gini, all members", [f"{m.gini:.3f}" for m in of]),
        (
            "Gini, members good enough for some",
            [f"{m.reached_gini:.3f} of {m.reached}" for m in of],
        ),
        ("mean relevance (score)", [f"{m.relevance:.4f}{_loss(m, base)}" for m in of]),
        ("expected member asked", [_share(m.hits) for m in of]),
        ("accepted", [f"{m.accepted:,}" for m in of]),
        ("demands with all they want", [_of(m.fulfilled, m.demands) for m in of]),
        ("demands for nobody", [_of(m.unmatched, m.demands) for m in of]),
        ("median days to the first yes", [_days(m.days_to_accept) for m in of]),
        ("asked for load, not for score", [_of(m.by_load, m.proposals) for m in of]),
        ("asked for being new", [_of(m.by_newness, m.proposals) for m in of]),
    ]


def newcomers(groups: Mapping[str, Group]) -> Table:
    """How members with little text fared, and others beside them."""
    made = table("", "members", "proposals each", "for being new", "never asked", "a chance")
    for name, g in groups.items():
        made.add_row(
            name,
            str(g.members),
            f"{g.proposals_each:.1f}",
            str(g.as_newcomers),
            str(g.never_asked),
            f"{g.proposals_each_chance:.2f}",
        )
    return made


def histogram(counts: Sequence[int], most: int) -> list[str]:
    """How many members got how many proposals, in steps up to ``most``, as lines of text."""
    step = max(1, -(-(most + 1) // _BUCKETS))
    buckets = [0] * (most // step + 1)
    for count in counts:
        buckets[count // step] += 1
    longest = max(max(buckets), 1)
    lines = []
    for place, many in enumerate(buckets):
        low, high = place * step, place * step + step - 1
        named = f"{low}-{high}" if high > low else f"{low}"
        lines.append(f"{named:>9}  {'█' * round(_BAR * many / longest)} {many}")
    return lines


def as_data(
    options: Mapping[str, Any], years: Mapping[str, Measures], whole: Measures | None
) -> dict[str, Any]:
    """Everything as JSON; ``whole`` is the year in which nobody was thinned."""
    return {
        "options": dict(options),
        "years": {name: asdict(m) for name, m in years.items()},
        "nobody_thinned": asdict(whole) if whole else None,
    }


def _loss(m: Measures, base: Measures) -> str:
    if m is base or not base.relevance:
        return ""
    return f" ({m.relevance / base.relevance - 1:+.2%})"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _of(part: int, whole: int) -> str:
    return f"{part:,} ({part / whole:.1%})" if whole else "0"


def _days(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
