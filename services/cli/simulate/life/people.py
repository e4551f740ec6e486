"""How people behave, as a model: members, cities, ambassadors.

Whoever does something draws from a generator of its own, made from the seed and what it is
about, so the same member answers the same demand alike in every run with that seed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import numpy as np

from services.cli.simulate.life.clock import Clock
from services.cli.simulate.life.hub import Hub
from services.cli.simulate.life.laws import Taken
from services.cli.simulate.life.opened import Opened
from services.matcher.domain.decisions import Ranked
from services.matcher.domain.life.case import Pair, Side
from services.matcher.domain.life.effects import Replying, Tell
from services.matcher.domain.life.happenings import (
    Answered,
    Confirmed,
    Extended,
    OutcomeSaid,
    Questioned,
    Replied,
)

REASONS = ("too-busy", "not-my-field", "conflict-of-interest", "terms", "other")
_REASON_SHARES = (0.45, 0.25, 0.05, 0.1, 0.15)
_OUTCOMES = ("met", "contract", "nothing")
_OUTCOME_SHARES = (0.5, 0.3, 0.2)


@dataclass(frozen=True, slots=True)
class Habits:
    """Shares of those who do something; times are lognormal, by their median in days.

    Of the members who are asked, ``reply`` answer by themselves and ``wakes`` of the others once
    they are reminded; they accept with the probability that the score states. ``second`` of the
    cities answer a member that accepted, ``agrees`` of these with yes.
    """

    reply: float = 0.7
    wakes: float = 0.4
    asks_first: float = 0.05
    answers_question: float = 0.7
    steps_back: float = 0.03
    second: float = 0.85
    agrees: float = 0.85
    tells_outcome: float = 0.5
    extends: float = 0.3
    confirms: float = 0.6
    strikes: float = 0.15
    adds: float = 0.15
    reorders: float = 0.1
    median: float = 2.0
    sigma: float = 1.0


def chance_of(seed: int, *about: str) -> np.random.Generator:
    """The generator for what ``about`` names."""
    return np.random.default_rng([seed, 7, *(zlib.crc32(word.encode()) for word in about)])


@dataclass
class Crowd:
    """See `opened.People`: everybody, as ``habits`` say. ``watch`` hears of all that they do."""

    seed: int
    clock: Clock
    habits: Habits = field(default_factory=Habits)
    watch: list[Watcher] = field(default_factory=list)
    hub: Hub = field(init=False)

    def asked(self, opened: Opened, pair: Pair, ranked: Ranked) -> None:
        """Whoever is asked may ask a question, answer, or wait until it is reminded."""
        for one in self.watch:
            one.asked(opened, pair, ranked)
        chance = self._chance("asked", pair.match_id)
        if chance.random() < self.habits.asks_first:
            words, name = f"What of {opened.need.title}?", f"q-{pair.match_id}"
            question = Questioned(pair.match_id, pair.asked, words, name)
            self._later(chance, partial(self.hub.happens, opened.need.need_id, question), 0.5)
        accepts = bool(chance.random() < ranked.candidate.score)
        if chance.random() < self.habits.reply:
            self._later(chance, partial(self._answer, opened, pair.match_id, pair.asked, accepts))

    def told(self, opened: Opened, tell: Tell) -> None:
        """Whoever is told something may act on it."""
        for one in self.watch:
            one.told(opened, tell)
        chance = self._chance(tell.kind, tell.to, tell.match_id or opened.need.need_id, tell.round)
        habits = self.habits
        match tell.kind:
            case "reminder" if chance.random() < habits.wakes:
                pair = opened.case.pair(tell.match_id)
                side: Side = "need" if tell.to == "need" else "supply"
                score = habits.agrees if pair is None or side == pair.other else 0.5
                accepts = bool(chance.random() < score)
                self._later(chance, partial(self._answer, opened, tell.match_id, side, accepts), 1)
            case "answer-asked" if chance.random() < habits.second:
                side = "need" if tell.to == "need" else "supply"
                accepts = bool(chance.random() < habits.agrees)
                self._later(chance, partial(self._answer, opened, tell.match_id, side, accepts))
            case "outcome-asked" | "outcome-reminder" if chance.random() < habits.tells_outcome:
                self._outcome(opened, tell, chance)
            case "expiry-near" if chance.random() < habits.extends:
                extended = partial(self.hub.happens, opened.need.need_id, Extended())
                self._later(chance, extended)
            case "confirmation-asked" if chance.random() < habits.confirms:
                self._confirm(opened, chance)
            case "question" if chance.random() < habits.answers_question:
                self._reply(opened, tell, chance)
            case _:
                pass

    def changed(self, taken: Taken) -> None:
        """Those who watch hear of every step."""
        for one in self.watch:
            one.changed(taken)

    def _answer(self, opened: Opened, match_id: str, side: Side, accepts: bool) -> None:
        need_id = opened.need.need_id
        chance = self._chance("answer", side, match_id)
        if not accepts:
            reason = str(chance.choice(REASONS, p=_REASON_SHARES))
            self.hub.answer(need_id, Answered(match_id, side, "decline", reason))
            return
        self.hub.answer(need_id, Answered(match_id, side, "accept"))
        if chance.random() < self.habits.steps_back:
            back = Answered(match_id, side, "withdraw")
            self._later(chance, partial(self.hub.answer, need_id, back))

    def _reply(self, opened: Opened, tell: Tell, chance: np.random.Generator) -> None:
        """The other side answers what it is asked; ambassadors leave it to them."""
        if tell.asking is None or tell.replying is not None or tell.to == "ambassador":
            return
        reply = Replying(opened.need.owner, "As it says.")
        replied = Replied(tell.match_id, tell.asking, reply)
        self._later(chance, partial(self.hub.happens, opened.need.need_id, replied), 0.5)

    def _outcome(self, opened: Opened, tell: Tell, chance: np.random.Generator) -> None:
        said = str(chance.choice(_OUTCOMES, p=_OUTCOME_SHARES))
        outcome = next(one for one in _OUTCOMES if one == said)
        side: Side = "need" if tell.to == "need" else "supply"
        told = OutcomeSaid(tell.match_id, side, outcome, int(chance.integers(6)))  # type: ignore[arg-type]
        self._later(chance, partial(self.hub.happens, opened.need.need_id, told))

    def _confirm(self, opened: Opened, chance: np.random.Generator) -> None:
        """The ambassador confirms, now and then without the first of the candidates, with somebody
        of its own, or in another order.
        """
        wave = opened.case.confirming or opened.case.wave
        ids = [one.candidate.supply.supply_id for one in opened.planned.chosen]
        struck = frozenset(ids[:1] if chance.random() < self.habits.strikes else ())
        added: tuple[str, ...] = ()
        if chance.random() < self.habits.adds:
            known = sorted(self.hub.supplies.facts)
            added = (known[int(chance.integers(len(known)))],)
        order = tuple(ids[::-1]) if chance.random() < self.habits.reorders else ()
        confirmed = Confirmed(wave, struck, added, order)
        self._later(chance, partial(self.hub.happens, opened.need.need_id, confirmed), 1.0)

    def _later(
        self, chance: np.random.Generator, happens: Callable[[], None], median: float | None = None
    ) -> None:
        habits = self.habits
        drawn = float(np.exp(habits.sigma * chance.standard_normal()))
        days = (habits.median if median is None else median) * drawn
        self.clock.at(self.clock.now + timedelta(days=days), happens)

    def _chance(self, *about: str) -> np.random.Generator:
        return chance_of(self.seed, *about)


class Watcher:
    """Hears what everybody hears, to count it."""

    def asked(self, opened: Opened, pair: Pair, ranked: Ranked) -> None:
        """Somebody is asked."""

    def told(self, opened: Opened, tell: Tell) -> None:
        """Somebody is told something."""

    def changed(self, taken: Taken) -> None:
        """A step was taken."""
