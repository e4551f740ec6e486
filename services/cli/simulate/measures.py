"""What is told of a year: how evenly, how well, and how it fared with newcomers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from services.cli.simulate.demands import Coming
from services.cli.simulate.directory import origin
from services.cli.simulate.year import Proposal, Record

TOP = 0.1


def top_share(counts: Sequence[int], share: float = TOP) -> float:
    """Which part of all falls to the ``share`` (rounded up) who have most; 0 when there is none."""
    most = sorted(counts, reverse=True)[: math.ceil(share * len(counts))]
    return sum(most) / sum(counts) if sum(counts) else 0.0


def gini(counts: Sequence[int]) -> float:
    """The Gini coefficient: 0 when all have the same, towards 1 when one has everything.

    Half the mean absolute difference over the mean, from the sorted counts (Sen 1973, "On
    Economic Inequality", chapter 2).
    """
    many, total = len(counts), sum(counts)
    if not total:
        return 0.0
    ranked = sum(place * count for place, count in enumerate(sorted(counts), start=1))
    return 2 * ranked / (many * total) - (many + 1) / many


@dataclass(frozen=True)
class Group:
    """How a group of members fared: proposals a member, those it got for being new, how many were
    never asked, and proposals for each demand it was good enough for.
    """

    members: int
    proposals_each: float
    as_newcomers: int
    never_asked: int
    proposals_each_chance: float


@dataclass(frozen=True)
class Measures:
    """One year, measured. ``relevance`` is the mean score of the proposals, ``hits`` the share of
    the demands with an expected member that was asked (None when none is expected anywhere),
    ``reached_gini`` the Gini coefficient of those who were good enough for a demand at all.
    """

    demands: int
    proposals: int
    top_share: float
    gini: float
    reached: int
    reached_gini: float
    relevance: float
    hits: float | None
    unmatched: int
    accepted: int
    fulfilled: int
    days_to_accept: float | None
    by_load: int
    by_newness: int
    little_text: Group
    others: Group
    counts: Mapping[str, int]


def measure(
    record: Record,
    members: Collection[str],
    little: Collection[str],
    coming: Sequence[Coming],
    expected: Sequence[frozenset[str]],
) -> Measures:
    """``record`` in numbers. ``little`` are the members with little text, ``expected`` who should
    be asked for each theme.
    """
    counted = Counter(p.member_id for p in record.proposals)
    counts = {member: counted[member] for member in sorted(members)}
    reached = [counts[member] for member in counts if record.able.get(member)]
    why = Counter(p.because for p in record.proposals)
    return Measures(
        demands=record.demands,
        proposals=len(record.proposals),
        top_share=top_share(list(counts.values())),
        gini=gini(list(counts.values())),
        reached=len(reached),
        reached_gini=gini(reached),
        relevance=fmean(p.score for p in record.proposals) if record.proposals else 0.0,
        hits=_hits(record.proposals, coming, expected),
        unmatched=record.unmatched,
        accepted=record.accepted,
        fulfilled=record.fulfilled,
        days_to_accept=median(record.waits) if record.waits else None,
        by_load=why["spread"],
        by_newness=why["newcomer"],
        little_text=group(record, set(little)),
        others=group(record, set(members) - set(little)),
        counts=counts,
    )


def group(record: Record, members: Collection[str]) -> Group:
    """How ``members`` fared."""
    theirs = [p for p in record.proposals if p.member_id in members]
    chances = sum(record.able.get(member, 0) for member in members)
    return Group(
        members=len(members),
        proposals_each=len(theirs) / len(members) if members else 0.0,
        as_newcomers=sum(p.because == "newcomer" for p in theirs),
        never_asked=len(set(members) - {p.member_id for p in theirs}),
        proposals_each_chance=len(theirs) / chances if chances else 0.0,
    )


def _hits(
    proposals: Sequence[Proposal], coming: Sequence[Coming], expected: Sequence[frozenset[str]]
) -> float | None:
    wanted = {one.need.need_id: expected[one.theme] for one in coming if expected[one.theme]}
    found = {p.need_id for p in proposals if origin(p.member_id) in wanted.get(p.need_id, ())}
    return len(found) / len(wanted) if wanted else None
