"""The arithmetic of the measurements: percentiles, and the schedule of an open loop."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of ``values`` that at least ``share`` (0-1) of them do not exceed.

    Nearest rank: always a value that was measured, never one between two. Raises ValueError
    when there are none.
    """
    if not values:
        raise ValueError("no values, no percentile")
    if not 0 <= share <= 1:
        raise ValueError(f"{share} is not between 0 and 1")
    rank = max(math.ceil(share * len(values)), 1)
    return sorted(values)[rank - 1]


@dataclass(frozen=True)
class Summary:
    """``count`` durations in milliseconds, summed up."""

    count: int
    p50: float
    p95: float
    p99: float
    max: float

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return asdict(self)


def summary(seconds: Sequence[float]) -> Summary | None:
    """``seconds`` summed up in milliseconds to a tenth; None when there are none."""
    if not seconds:
        return None
    shares = (0.5, 0.95, 0.99, 1.0)
    return Summary(len(seconds), *(round(percentile(seconds, s) * 1000, 1) for s in shares))


def arrivals(rate: float, seconds: float) -> list[float]:
    """When each request of an open loop is due, in seconds from its start.

    The schedule knows nothing of the answers. Latency counted from these times includes what a
    request waited because an earlier one was slow, which a closed loop hides ("coordinated
    omission", G. Tene, "How NOT to Measure Latency", 2013).
    """
    if rate <= 0 or seconds < 0:
        raise ValueError("the rate must be above 0 and the time not below it")
    return [number / rate for number in range(math.floor(rate * seconds + 1e-9))]


def ratio(part: float, whole: float) -> float | None:
    """``part / whole`` to two digits; None when there is no whole."""
    return round(part / whole, 2) if whole else None
