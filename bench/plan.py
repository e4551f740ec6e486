"""How much is measured: the full run, and a quick one for trying."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Times are in seconds; counts are demands. ``calm_s`` is waited before idle is measured."""

    rate: float = 5.0
    warm_up_s: float = 10.0
    latency_s: float = 60.0
    calm_s: float = 30.0
    idle_s: float = 60.0
    at_once: int = 32
    with_embeddings: int = 80
    lexical: int = 300


FULL = Plan()
QUICK = Plan(warm_up_s=1.0, latency_s=4.0, calm_s=1.0, idle_s=2.0, with_embeddings=16, lexical=40)
