"""How members answer, as a model: whether, when, and what."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody says, ``after`` so many days."""

    after: float
    accepts: bool


@dataclass(frozen=True, slots=True)
class Answers:
    """A share of ``reply`` proposals is answered, after a time that is lognormal with ``median``
    days; who answers accepts with the probability that the score states.

    The same member answers the same demand alike in every run with this seed, so two policies are
    compared with the same people.
    """

    seed: int
    reply: float = 0.75
    median: float = 2.0
    sigma: float = 1.0

    def to(self, need_id: str, member_id: str, score: float) -> Answer | None:
        """What ``member_id`` answers; None when nothing ever comes."""
        pair = [zlib.crc32(need_id.encode()), zlib.crc32(member_id.encode())]
        chance = np.random.default_rng([self.seed, 4, *pair])
        replies, accepts = chance.random(2)
        after = self.median * float(np.exp(self.sigma * chance.standard_normal()))
        return Answer(after, bool(accepts < score)) if replies < self.reply else None
