"""The niche vocabulary: a forest of topics, and how near two of them are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_LONGEST_PATH = 12


def path(niche: str, parents: Mapping[str, str | None]) -> list[str]:
    """``niche`` and its ancestors up to the root; a cycle ends the path."""
    found: list[str] = []
    step: str | None = niche
    while step is not None and step not in found and len(found) < _LONGEST_PATH:
        found.append(step)
        step = parents.get(step)
    return found


def nearness(a: str, b: str, parents: Mapping[str, str | None]) -> tuple[float, str | None]:
    """Between 0 and 1, and the nearest common ancestor: 1 for the same niche, halved a step."""
    up_a, up_b = path(a, parents), path(b, parents)
    for distance_a, step in enumerate(up_a):
        if step in up_b:
            return 0.5 ** (distance_a + up_b.index(step)), step
    return 0.0, None


def covered(need: Iterable[str], supply: Iterable[str], parents: Mapping[str, str | None]) -> float:
    """How well ``supply`` answers the niches that ``need`` names, between 0 and 1.

    Half is for the nearest pair, half for all that is named: who works in both niches of a need
    comes before who works in one of them, and a need that names many loses nobody.
    """
    theirs = list(supply)
    best = [nearest([mine], theirs, parents)[0] for mine in need]
    return (max(best) + sum(best) / len(best)) / 2 if best else 0.0


def nearest(
    need: Iterable[str], supply: Iterable[str], parents: Mapping[str, str | None]
) -> tuple[float, str | None]:
    """The nearest pair of two lists of niches: nearness, and what they have in common."""
    best: tuple[float, str | None] = (0.0, None)
    theirs = list(supply)
    for mine in need:
        for other in theirs:
            value, common = nearness(mine, other, parents)
            if value > best[0]:
                best = (value, common)
    return best
