"""Plots of the report: shapes as inline SVG that fill their room, words as text of the page.

Words stand beside the drawing and not in it, so that they keep their size on a phone, wrap, and
are read aloud.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10

from services.cli.report.measures import Waits
from services.cli.report.voice import Cell, Voice

_TICKS = 5
"""At most so many marks on an axis of days, beside the zero."""


@dataclass(frozen=True, slots=True)
class Bar:
    """``part`` of ``whole``; ``told`` is the same in words."""

    name: str
    part: int
    whole: int
    told: Cell


def bars(shown: Sequence[Bar]) -> str:
    """A bar for each share, as long as it is of all."""
    return f'<ul class="bars">{"".join(map(_bar, shown))}</ul>'


def _bar(bar: Bar) -> str:
    long = 100 * bar.part / bar.whole if bar.whole else 0.0
    return (
        f'<li><span class="name">{escape(bar.name)}</span>'
        '<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="room" width="100" height="1"/>'
        f'<rect class="bar" width="{long:.1f}" height="1"/></svg>'
        f'<span class="told">{told(bar.told)}</span></li>'
    )


def told(cell: Cell) -> str:
    """A figure, and beside it what it is made of."""
    note = f" <small>{escape(cell.note)}</small>" if cell.note else ""
    return f"<b>{escape(cell.figure)}</b>{note}"


def steps(curve: Sequence[tuple[float, float]], waits: Waits, title: str, say: Voice) -> str:
    """The share that is left, a step down wherever something happened; the half is marked."""
    longest = max(at for at, _ in curve) or 1.0
    path = "M0 0" + "".join(
        f"H{1000 * at / longest:.1f}V{100 * (1 - share):.1f}" for at, share in curve
    )
    half = ""
    if waits.median is not None:
        half = f'<path class="half" d="M{1000 * waits.median / longest:.1f} 50V100"/>'
    shares = "".join(f"<span>{escape(say.percent(share))}</span>" for share in (1.0, 0.5, 0.0))
    days = "".join(
        f'<span style="left:{100 * at / longest:.1f}%">{escape(say.number(at))}</span>'
        for at in ticks(longest)
    )
    words = _in_words(waits, say)
    label = escape(f"{title}. {words}")
    return (
        f'<div><div class="plot" role="img" aria-label="{label}" dir="ltr">'
        f'<div class="shares">{shares}</div>'
        '<svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="axis" d="M0 0V100H1000"/><path class="half" d="M0 50H1000"/>'
        f'{half}<path class="curve" d="{path}"/></svg>'
        f'<div class="days">{days}</div>'
        f'<div class="unit" dir="auto">{escape(say("days"))}</div></div>'
        f'<p class="words" aria-hidden="true">{escape(words)}</p></div>'
    )


def _in_words(waits: Waits, say: Voice) -> str:
    if waits.median is None:
        return say("less-than-half", going=say.going(waits))
    return say("half", days=say.number(waits.median), going=say.going(waits))


def ticks(longest: float) -> Iterator[float]:
    """Round numbers of days from 0 to at most ``longest``."""
    rough = longest / _TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(power * by for by in (1, 2, 5, 10) if power * by >= rough)
    yield from (step * number for number in range(floor(longest / step + 1e-9) + 1))
