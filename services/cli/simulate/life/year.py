"""A year of the whole life of demands, played and watched."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from services.cli.evaluate.vectors import Vectors, vectors_of
from services.cli.evaluate.waiting import step
from services.cli.simulate.demands import weights_of, year_of
from services.cli.simulate.directory import grown, thinned
from services.cli.simulate.folder import Folder, read
from services.cli.simulate.life.clock import Clock
from services.cli.simulate.life.happening import (
    Changes,
    plan_demands,
    plan_interests,
    plan_members,
)
from services.cli.simulate.life.hub import Hub
from services.cli.simulate.life.numbers import Numbers, Tally
from services.cli.simulate.life.people import Crowd
from services.cli.simulate.life.shelf import interests_of, offers_of
from services.cli.simulate.life.supplies import Supplies
from services.cli.simulate.mail.post import Post
from services.cli.simulate.year import START, index_of
from services.matcher.adapters import embedder
from services.matcher.adapters.shipped import SCORE_MODEL
from services.matcher.domain import scoring
from services.matcher.domain.policy import Policy

_DAY = timedelta(days=1)
_LOOK_EACH = 14
"""Days after which open demands that nothing happens to are judged again. The service does it at
once; here it would be most of the work, and this is late for all alike.
"""
CONFIRM_WITHIN = 2 * _DAY


@dataclass(frozen=True)
class Options:
    """What is played; see the options of the command."""

    folder: Path
    days: int
    a_day: float
    seed: int
    skew: float
    members: int
    thin: float
    policy: Policy
    confirmed: tuple[str, ...]

    def ruled(self) -> Policy:
        """The policy, with an ambassador for the kinds that are to be confirmed. Words alone are
        believed as much as meaning: the year is about what follows from a choice, not about how
        good a hub is that has no model.
        """
        courses = self.policy.courses
        kinds = dict(courses.kinds)
        for kind in self.confirmed:
            course = courses.of(kind)
            within = course.confirm_within or CONFIRM_WITHIN
            kinds[kind] = replace(course, confirm_within=within)
        return replace(self.policy, courses=replace(courses, kinds=kinds), lexical_threshold=0.0)


def play(options: Options, model: embedder.Model | None, cache: Path | None) -> Numbers:
    """Play the year of ``options``. Raises `laws.LawBroken` where a law does not hold."""
    known: AbstractContextManager[Vectors | None] = nullcontext(None)
    if model is not None:
        known = vectors_of(model, cache)
    with known as vectors, step("Reading") as advance:
        folder = read(options.folder, vectors, advance)
    hub, tally = hub_of(options, folder, model)
    with step(f"{options.days} days") as advance:
        run(hub, options.days, lambda: advance(1, options.days))
    tally.post.at_rest()
    return tally.numbers(options.days)


def hub_of(options: Options, folder: Folder, model: embedder.Model | None) -> tuple[Hub, Tally]:
    """A hub at the begin of the year of ``options``, and what counts in it."""
    seed, clock = options.seed, Clock(START)
    weights = weights_of(folder, options.skew, seed)
    members = thinned(folder, grown(folder, weights, options.members, seed), options.thin, seed)
    centres = embedder.load_centres(model) if model else None
    supplies = (*members, *offers_of(options.folder))
    crowd = Crowd(seed, clock)
    hub = Hub(
        folder.world,
        options.ruled(),
        scoring.load(SCORE_MODEL),
        Supplies({one.supply_id: one for one in supplies}, index_of(supplies, centres, folder)),
        clock,
        crowd,
    )
    post = Post(seed, START, options.days, hub)
    crowd.hub, tally = hub, Tally(START, hub, post)
    crowd.watch += [tally, post]
    coming = year_of(folder, weights, options.days, options.a_day, seed)
    plan_demands(hub, coming, START, seed, Changes())
    plan_interests(hub, interests_of(options.folder), START, seed)
    plan_members(hub, START, options.days, seed, Changes())
    return hub, tally


def run(hub: Hub, days: int, tick: Callable[[], None]) -> None:
    """Let ``days`` pass, and see that the hub is at rest then; ``tick`` is called each day."""
    for day in range(1, days + 1):
        hub.clock.run(_day(day))
        if day % _LOOK_EACH == 0:
            hub.look_again()
        tick()
    hub.at_rest()


def _day(number: int) -> datetime:
    return START + number * _DAY
