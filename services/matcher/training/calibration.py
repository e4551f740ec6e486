"""Whether scores are probabilities: expected calibration error, and a reliability plot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10
SEEN = 0.1
"""The least score of pairs that somebody might see: among the near misses told to an ambassador."""
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs of like scores: how many, their mean score, and the share of right ones."""

    pairs: float
    score: float
    right: float


def bins(scores: Numbers, right: Numbers, weights: Numbers) -> list[Bin]:
    """Ten equal ranges of score from 0 to 1; those without a pair are left out.

    ``weights`` (n,) is how many pairs each stands for.
    """
    places = np.minimum((scores * BINS).astype(int), BINS - 1)
    return [
        Bin(
            float(weights[here].sum()),
            float(np.average(scores[here], weights=weights[here])),
            float(np.average(right[here], weights=weights[here])),
        )
        for here in (places == number for number in range(BINS))
        if here.any()
    ]


def seen(scores: Numbers, right: Numbers, weights: Numbers) -> list[Bin]:
    """The `bins` of the pairs from `SEEN` on: of the many below it, which nobody is ever shown,
    most are as wrong as they look, and their number would hide how far the others are off.
    """
    of = scores >= SEEN
    return bins(scores[of], right[of], weights[of])


def expected_error(found: list[Bin]) -> float:
    """The expected calibration error (Naeini, Cooper, Hauskrecht 2015): the mean distance between
    score and share of right ones, each bin weighing as many pairs as it holds.
    """
    whole = sum(one.pairs for one in found)
    return sum(one.pairs * abs(one.score - one.right) for one in found) / whole if whole else 0.0


_SIZE, _EDGE = 320, 44


def plot(found: list[Bin], title: str) -> str:
    """The reliability diagram as SVG: the share of right pairs over the score, a dot a bin."""

    def x(value: float) -> float:
        return round(_EDGE + value * _SIZE, 1)

    def y(value: float) -> float:
        return round(_EDGE + (1 - value) * _SIZE, 1)

    side = _SIZE + 2 * _EDGE
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" '
        f'viewBox="0 0 {side} {side}" font-family="sans-serif" font-size="11" fill="#333">',
        f"<title>{title}</title>",
        f'<rect width="{side}" height="{side}" fill="#fff"/>',
        f'<text x="{side / 2}" y="22" text-anchor="middle" font-size="13">{title}</text>',
        f'<path d="M{x(0)} {y(1)}V{y(0)}H{x(1)}" fill="none" stroke="#888"/>',
        f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="#bbb" stroke-dasharray="4 4"/>',
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        lines.append(f'<text x="{x(tick)}" y="{y(0) + 16}" text-anchor="middle">{tick:g}</text>')
        lines.append(f'<text x="{x(0) - 6}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>')
    lines.append(f'<text x="{side / 2}" y="{side - 8}" text-anchor="middle">score</text>')
    middle = side / 2
    lines.append(
        f'<text x="12" y="{middle}" text-anchor="middle" transform="rotate(-90 12 {middle})">'
        "share of right pairs</text>"
    )
    path = "L".join(f"{x(one.score)} {y(one.right)}" for one in found)
    lines.append(f'<path d="M{path}" fill="none" stroke="#0b6e4f" stroke-width="1.5"/>')
    for one in found:
        radius = round(2.5 + min(6.0, float(np.log10(max(one.pairs, 1.0))) * 1.5), 1)
        told = f"{one.pairs:.0f} pairs: score {one.score:.2f}, right {one.right:.2f}"
        lines.append(
            f'<circle cx="{x(one.score)}" cy="{y(one.right)}" r="{radius}" fill="#0b6e4f">'
            f"<title>{told}</title></circle>"
        )
    return "\n".join([*lines, "</svg>"]) + "\n"
