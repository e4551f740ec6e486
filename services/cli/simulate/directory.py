"""A directory of as many members as wanted, made from those of a folder.

The first are the folder's own. Each further one is one of them told otherwise: it keeps some
sentences of its description, some of its past work and keywords, may have past work of
a member of the same niche, and its vectors have noise. Members gather where there is demand: a
member is told otherwise the more often, the more weight the themes have that expect it. So
there are several members for much of what is asked for, some of whom say more of themselves
than others, as in a real cluster.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from services.cli.simulate.folder import Folder
from services.matcher.domain.model import Owner, Supply, Vector

KEEP_SENTENCE, KEEP_WORK, KEEP_KEYWORD = 0.7, 0.7, 0.6
BORROW_WORK = 0.3
NOISE = 0.3
"""The length of the random vector that is added to a unit vector."""
_FEW = 0.1
"""The share of further members that are drawn evenly, also from those nobody expects."""
_T = TypeVar("_T")
_SENTENCE = re.compile(r"(?<=[.!?؟…;:])\s+")


def grown(folder: Folder, weights: Sequence[float], many: int, seed: int) -> tuple[Supply, ...]:
    """``many`` members, or the folder's own where it has more; the same for the same seed.

    ``weights`` says how often each theme of the folder is asked for.
    """
    chance = np.random.default_rng([seed, 5])
    own = folder.members
    wanted = dict.fromkeys((member.supply_id for member in own), 0.0)
    for theme, weight in zip(folder.themes, weights, strict=True):
        for member in theme.expected & wanted.keys():
            wanted[member] += weight / len(theme.expected)
    shares = np.array([wanted[member.supply_id] for member in own]) + _FEW / len(own)
    drawn = chance.choice(len(own), max(many - len(own), 0), p=shares / shares.sum())
    variants = Variants(own, chance)
    return (*own, *(variants.of(own[place], number) for number, place in enumerate(drawn)))


def thinned(
    folder: Folder, members: Sequence[Supply], share: float, seed: int
) -> tuple[Supply, ...]:
    """``members``, of whom a ``share``, drawn among those with past work, has little text."""
    able = [place for place, member in enumerate(members) if len(member.pieces) > 1]
    many = min(round(share * len(members)), len(able))
    drawn = np.random.default_rng([seed, 1]).choice(able, many, replace=False).tolist()
    few = set(drawn) if many else set()
    return tuple(
        replace(member, pieces=(folder.short[origin(member.supply_id)],), keywords=())
        if place in few
        else member
        for place, member in enumerate(members)
    )


def origin(supply_id: str) -> str:
    """The folder's member that a member was made from."""
    return supply_id.partition("~")[0]


class Variants:
    """Tells a member in ever other words; what it draws depends on ``chance`` alone."""

    def __init__(self, members: Sequence[Supply], chance: np.random.Generator) -> None:
        self._chance = chance
        self._work = {
            member.supply_id: [
                piece
                for other in members
                if other is not member and set(other.niches) & set(member.niches)
                for piece in other.pieces[1:]
            ]
            for member in members
        }

    def of(self, member: Supply, number: int) -> Supply:
        """One more member like ``member``; ``number`` makes its id."""
        profile, *work = member.pieces
        sentences = _SENTENCE.split(profile.text)
        told = self._some(sentences, KEEP_SENTENCE) or sentences[:1]
        pieces = [replace(profile, text=" ".join(told)), *self._some(work, KEEP_WORK)]
        others = self._work[member.supply_id]
        if others and self._chance.random() < BORROW_WORK:
            pieces.append(others[int(self._chance.integers(len(others)))])
        supply_id = f"{member.supply_id}~{number}"
        return replace(
            member,
            supply_id=supply_id,
            owner=Owner("member", supply_id),
            keywords=tuple(self._some(member.keywords, KEEP_KEYWORD)),
            pieces=tuple(replace(p, vector=self._noisy(p.vector)) for p in pieces),
        )

    def _some(self, of: Sequence[_T], keep: float) -> list[_T]:
        return [one for one in of if self._chance.random() < keep]

    def _noisy(self, vector: Vector | None) -> Vector | None:
        if vector is None:
            return None
        noise = self._chance.standard_normal(len(vector))
        mixed = vector + NOISE * noise / np.linalg.norm(noise)
        return (mixed / np.linalg.norm(mixed)).astype(np.float32)
