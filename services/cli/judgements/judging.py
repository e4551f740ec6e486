"""Whether a demand and a member fit, as far as what was said of the pair tells it. Pure.

The table and its reasons are docs/decisions/0023-answers-as-judgements.md; grades are those of
`samples/qrels.tsv`, where a pair is right from 2 on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.cli.lives import NOT_MY_FIELD, Life, Proposal

Verdict = Literal["struck", "added"]
Why = Literal["contract", "introduced", "accepted", "added", "not-my-field", "struck"]
GRADES: Mapping[Why, int] = {
    "contract": 3,
    "introduced": 2,
    "accepted": 2,
    "added": 2,
    "not-my-field": 0,
    "struck": 0,
}
RIGHT = 2


@dataclass(frozen=True, slots=True)
class Judgement:
    """One pair and why it counts as it does."""

    demand_id: str
    member_id: str
    why: Why

    @property
    def grade(self) -> int:
        """From 0, wrong, to 3, exactly right."""
        return GRADES[self.why]


@dataclass(frozen=True, slots=True)
class Judged:
    """All judgements, how many there are of each kind, and what was left out: proposals to members
    of which nothing was said that tells whether they fit, and matches with offers, for which
    `jisr train` has no place.
    """

    judgements: Sequence[Judgement]
    counts: Mapping[Why, int]
    silent: int
    offers: int


def judged(lives: Sequence[Life], verdicts: Mapping[tuple[str, str], Verdict]) -> Judged:
    """What was said of demands and members; ``verdicts`` are the ambassadors', by demand and
    supply.
    """
    by_hand: dict[str, dict[str, Verdict]] = defaultdict(dict)
    for (demand_id, supply_id), verdict in verdicts.items():
        by_hand[demand_id][supply_id] = verdict
    found, silent = [], 0
    for life in lives:
        for member_id, proposal in _members(life, by_hand[life.demand_id]):
            said = why(proposal, by_hand[life.demand_id].get(member_id))
            if said is None:
                silent += 1
            else:
                found.append(Judgement(life.demand_id, member_id, said))
    offers = sum(one.supply_kind != "member" for life in lives for one in life.proposals)
    return Judged(found, Counter(one.why for one in found), silent, offers)


def _members(life: Life, by_hand: Mapping[str, Verdict]) -> Iterator[tuple[str, Proposal | None]]:
    """Who was proposed for a demand, or judged by hand."""
    asked = {one.supply_id: one for one in life.proposals}
    for supply_id in sorted(asked.keys() | by_hand.keys()):
        proposal = asked.get(supply_id)
        if proposal is None or proposal.supply_kind == "member":
            yield supply_id, proposal


def why(proposal: Proposal | None, verdict: Verdict | None) -> Why | None:
    """What tells whether the pair fits; None: nothing does. The word of the two sides counts more
    than the ambassador's, and "not my field" more than an accept: a pair fits when both think so.
    """
    said = _said(proposal) if proposal is not None else None
    return said or verdict


def _said(proposal: Proposal) -> Why | None:
    words = [word for word in (proposal.supply, proposal.need) if word is not None]
    if any(word.reason == NOT_MY_FIELD for word in words):
        return "not-my-field"
    if proposal.introduced_at is not None or proposal.state == "introduced":
        return "contract" if "contract" in proposal.outcomes else "introduced"
    if proposal.answer == "accepted" or any(word.answer == "accept" for word in words):
        return "accepted"
    return None
