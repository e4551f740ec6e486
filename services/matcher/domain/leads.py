"""Which initiatives of committees fit a city: what its demands and its declared axes say for them.

A lead is for the ambassador, who brings an initiative to those in the city whom it concerns; it
is raised once, and once more for a later version of the initiative that has gained something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from services.matcher.domain.eligibility import RULES, World
from services.matcher.domain.evidence import Asked, gather
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Candidate, Need, Owner, Reason, Supply
from services.matcher.domain.niches import nearness
from services.matcher.domain.policy import Policy
from services.matcher.domain.reasons import Explainer
from services.matcher.domain.scoring import ScoreModel

NEAR = 0.5
"""An axis speaks for an initiative in the same niche, or in one next to it (`niches.nearness`)."""
GAIN = 0.1
"""By how much a better score is news."""


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that an initiative is judged on, ``now`` (UTC) included."""

    supplies: SupplyIndex
    world: World
    policy: Policy
    model: ScoreModel
    now: datetime


@dataclass(frozen=True, slots=True)
class Speaker:
    """A need that speaks for an initiative, with its score and reasons; ``by`` names what spoke: a
    demand's id, or each axis.
    """

    need: Need
    candidate: Candidate
    by: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lead:
    """An initiative that fits a city; ``speakers`` is never empty, its demands first, best first,
    then the axes.
    """

    city: str
    initiative: Supply
    speakers: tuple[Speaker, ...]

    @property
    def best(self) -> Speaker:
        """What speaks most for it."""
        return self.speakers[0]

    @property
    def score(self) -> float:
        """The probability of the best pair."""
        return self.best.candidate.score

    @property
    def by(self) -> frozenset[str]:
        """All that speaks for it."""
        return frozenset[str]().union(*(speaker.by for speaker in self.speakers))

    @property
    def axes(self) -> tuple[str, ...]:
        """The city's axes that speak for it, in the order in which the city names them."""
        last = self.speakers[-1]
        if not _is_city(last.need):
            return ()
        return tuple(axis for axis in last.need.niches if axis in last.by)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Those of the best pair, and the niches of the axes where these speak, too."""
        last = self.speakers[-1]
        more = last.candidate.reasons if last is not self.best and _is_city(last.need) else ()
        known = {reason.id for reason in self.best.candidate.reasons}
        fresh = (r for r in more if r.kind == "niche" and r.id not in known)
        return (*self.best.candidate.reasons, *fresh)


@dataclass(frozen=True, slots=True)
class Told:
    """What the ambassador was told of an initiative; ``over``: it has said what came of it,
    ``taken_back``: the initiative had ended.
    """

    version: int
    score: float
    by: frozenset[str]
    over: bool = False
    taken_back: bool = False

    def may_gain(self, version: int) -> bool:
        """Whether a ``version`` of the initiative may be told again at all."""
        return not self.over and version > self.version


def city_need(city: str, axes: Sequence[str], title: str, language: str) -> Need:
    """A city as somebody who looks for what its axes name; ``title`` names them."""
    return Need(
        need_id=f"city:{city}",
        kind="interest",
        owner=Owner("city", city),
        asks="interest",
        version=1,
        title=title,
        language=language,
        niches=tuple(axes),
        city=city,
        reach="international",
    )


def initiatives(supplies: SupplyIndex) -> list[Supply]:
    """The active initiatives of committees, by id."""
    facts = supplies.facts
    code = facts.kinds_of_offer.find("initiative")
    if code is None:
        return []
    slots = np.flatnonzero((facts.offers.values == 1 + code) & facts.active.values)
    found = (supplies.supply_at(slot) for slot in slots.tolist())
    ours = (supply for supply in found if supply.owner.type == "committee")
    return sorted(ours, key=lambda supply: supply.supply_id)


def has_ended(initiative: Supply, now: datetime) -> bool:
    """Whether an initiative was withdrawn, or its time is over."""
    over = initiative.deadline is not None and initiative.deadline <= now
    return over or not initiative.active


def speakers(need: Need, ids: Sequence[str], known: Known) -> dict[str, Speaker]:
    """For which initiatives of ``ids`` a need speaks: a demand from the policy's threshold on, a
    city (`city_need`) where one of its axes is `NEAR`. Which kinds of offer answer which demand
    counts for nothing here: nobody is asked to answer it.
    """
    found = {i: known.supplies.get(i) for i in ids}
    open_to = {i: s for i, s in found.items() if s is not None and _allowed(need, s, known)}
    slots = [known.supplies.slot_of(i) for i in open_to]
    if not open_to:
        return {}
    asked = Asked.of(need, known.supplies, known.world.parents, known.now.year)
    exact = gather(asked, known.supplies, np.array(slots))
    scores = exact.scores(known.model).tolist()
    least = known.policy.least_score(by_meaning=exact.closeness is not None)
    explainer = Explainer(need, asked, known.supplies, known.world, known.model)
    spoken: dict[str, Speaker] = {}
    for place, (supply_id, supply) in enumerate(open_to.items()):
        if _is_city(need):
            by = near_axes(need.niches, supply, known.world.parents)
        else:
            by = frozenset({need.need_id} if scores[place] >= least else ())
        if by:
            candidate = Candidate(supply, scores[place], exact.at(place))
            spoken[supply_id] = Speaker(need, explainer.explained([candidate])[0], by)
    return spoken


def _is_city(need: Need) -> bool:
    return need.kind == "interest"


def _allowed(need: Need, supply: Supply, known: Known) -> bool:
    return all(
        holds(need, supply, known.world, known.now) for name, holds in RULES if name != "side"
    )


def near_axes(
    axes: Sequence[str], initiative: Supply, parents: Mapping[str, str | None]
) -> frozenset[str]:
    """Those of a city's ``axes`` in which, or next to which, an initiative works."""
    return frozenset(
        axis
        for axis in axes
        if any(nearness(axis, niche, parents)[0] >= NEAR for niche in initiative.niches)
    )


def lead(city: str, initiative: Supply, spoken: Sequence[Speaker]) -> Lead | None:
    """The lead that ``spoken`` make together; None where nothing speaks for it."""
    if not spoken:
        return None
    order = sorted(
        spoken,
        key=lambda s: (_is_city(s.need), -s.candidate.score, s.need.need_id),
    )
    return Lead(city, initiative, tuple(order))


def is_news(found: Lead, told: Told | None) -> bool:
    """Whether the ambassador is to hear of it: for the first time, or of a later version of the
    initiative for which something new speaks, or the best by `GAIN` more; or because one that had
    ended is there again.
    """
    if told is None:
        return True
    gained = told.taken_back or bool(found.by - told.by) or found.score >= told.score + GAIN
    return gained and told.may_gain(found.initiative.version)
