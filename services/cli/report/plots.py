"""Plots of the report as inline SVG: in the page's colours, and told to who cannot see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import count

_WIDTH = 540
_LABELS = 205
_NUMBERS = 125
_LINE = 26
_HEIGHT, _EDGE = 230, 42
_number = count(1)


@dataclass(frozen=True, slots=True)
class Bar:
    """``part`` of ``whole``; ``told`` is the same in words."""

    name: str
    part: int
    whole: int
    told: str


def bars(shown: Sequence[Bar], title: str) -> str:
    """A bar for each share, as long as it is of all; nothing is drawn where there is no whole."""
    room = _WIDTH - _LABELS - _NUMBERS
    lines = []
    for place, bar in enumerate(shown):
        top = place * _LINE
        long = room * bar.part / bar.whole if bar.whole else 0.0
        lines.append(
            f'<text x="{_LABELS - 10}" y="{top + 17}" text-anchor="end">{_short(bar.name)}</text>'
            f'<rect class="room" x="{_LABELS}" y="{top + 4}" width="{room}" height="18"/>'
            f'<rect class="bar" x="{_LABELS}" y="{top + 4}" width="{long:.1f}" height="18"/>'
            f'<text x="{_WIDTH - _NUMBERS + 10}" y="{top + 17}">{escape(bar.told)}</text>'
        )
    told = "; ".join(f"{bar.name}: {bar.told}" for bar in shown)
    return _svg(lines, max(len(shown), 1) * _LINE, title, told)


def steps(curve: Sequence[tuple[float, float]], title: str, days: str, told: str) -> str:
    """The share that is left, a step down wherever something happened; the half is marked."""
    longest = max((at for at, _ in curve), default=0.0) or 1.0
    across, down = _WIDTH - 2 * _EDGE, _HEIGHT - 2 * _EDGE

    def x(at: float) -> float:
        return round(_EDGE + across * at / longest, 1)

    def y(share: float) -> float:
        return round(_EDGE / 2 + down * (1.0 - share), 1)

    path = f"M{x(0)} {y(1)}" + "".join(f"H{x(at)}V{y(share)}" for at, share in curve)
    lines = [
        f'<path class="axis" d="M{x(0)} {y(1)}V{y(0)}H{x(longest)}"/>',
        f'<path class="half" d="M{x(0)} {y(0.5)}H{x(longest)}"/>',
        f'<path class="curve" d="{path}"/>',
    ]
    lines += [
        f'<text x="{_EDGE - 6}" y="{y(share) + 4}" text-anchor="end">{share:.0%}</text>'
        for share in (0.0, 0.5, 1.0)
    ]
    lines += [
        f'<text x="{x(at)}" y="{y(0) + 18}" text-anchor="middle">{at:.1f}</text>'
        for at in (0.0, longest / 2, longest)
    ]
    lines.append(
        f'<text x="{_WIDTH / 2}" y="{y(0) + 38}" text-anchor="middle">{escape(days)}</text>'
    )
    return _svg(lines, _HEIGHT, title, told)


def _svg(lines: Sequence[str], height: int, title: str, told: str) -> str:
    number = next(_number)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" direction="ltr" '
        f'role="img" aria-labelledby="t{number} d{number}">'
        f'<title id="t{number}">{escape(title)}</title><desc id="d{number}">{escape(told)}</desc>'
        f'<g aria-hidden="true">{"".join(lines)}</g></svg>'
    )


def _short(name: str) -> str:
    return escape(name if len(name) <= 27 else f"{name[:26]}…")
