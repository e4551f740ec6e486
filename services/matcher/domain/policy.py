"""The choices of a hub that are not facts: how many are proposed, from which score on."""

from __future__ import annotations

from dataclasses import dataclass

REACH_ORDER = {"own": 0, "national": 1, "international": 2}


@dataclass(frozen=True, slots=True)
class Policy:
    """``spare`` proposals go out beyond the number wanted, for not everybody accepts.

    Scores are probabilities; below ``threshold`` nobody is bothered. ``nearest`` is how many
    near misses the ambassador is shown when nobody is proposed.
    """

    version: str = "2026-11.1"
    threshold: float = 0.6
    spare: int = 2
    offers_per_need: int = 2
    nearest: int = 3

    def members_for(self, wanted: int) -> int:
        """How many members are proposed for a need that wants ``wanted`` partners."""
        return wanted + self.spare
