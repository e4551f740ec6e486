"""Which proposals somebody muted by their fields: niches stand below one another, and whoever wants
nothing of a field wants nothing of what stands below it either, but what it keeps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

Tree = Mapping[str, str]
"""Of each niche the one that it stands below; a root has none."""
FLAT: Tree = MappingProxyType({})
Path = tuple[str, ...]
"""A niche, then those above it, the nearest first."""


def path(niche: str, tree: Tree) -> Path:
    """``niche`` and all that it stands below; a circle ends where it began."""
    steps = [niche]
    while (above := tree.get(steps[-1])) is not None and above not in steps:
        steps.append(above)
    return tuple(steps)


def paths(niches: Iterable[str], tree: Tree) -> frozenset[Path]:
    """The path of each of ``niches``, without those that another of them stands below: what says
    "mobility" and "drones" is about drones.
    """
    found = {path(one, tree) for one in niches}
    wider = {above for one in found for above in one[1:]}
    return frozenset(one for one in found if one[0] not in wider)


def is_muted(about: Iterable[Path], muted: Collection[str], kept: Collection[str]) -> bool:
    """Whether one of the fields that something is ``about`` (`paths`) is muted.

    The nearest choice counts. ``kept`` is what is wanted although something above it is muted;
    where nothing is, it says nothing.
    """
    return any(_is_muted(one, muted, kept) for one in about)


def _is_muted(steps: Path, muted: Collection[str], kept: Collection[str]) -> bool:
    for place, step in enumerate(steps):
        if step in kept and any(above in muted for above in steps[place + 1 :]):
            return False
        if step in muted:
            return True
    return False
