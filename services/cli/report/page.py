"""The report as one HTML page that needs nothing else: no scripts, no fonts, no address."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from services.cli.report import plots
from services.cli.report.measures import Report, Row
from services.cli.report.plots import Bar
from services.cli.report.wording import COLUMNS, Voice

_DRAWN = 12
"""Bars in a plot; the table below it has all."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2a33; --paper: #fff; --faint: #5b6a74;
  --line: #d5dce1; --room: #eef2f4; --bar: #0b6e4f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4eaee; --paper: #12191e; --faint: #9fb0bb;
  --line: #33414a; --room: #1e2930; --bar: #4fbf95; } }
body { margin: 0 auto; max-width: 84rem; padding: 1.5rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin-bottom: .25rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
p, figcaption { color: var(--faint); max-width: 60rem; }
.plots { display: flex; flex-wrap: wrap; gap: 1rem 2rem; }
figure { flex: 1 1 26rem; margin: 0; } figcaption { color: var(--ink); font-weight: 600; }
svg { width: 100%; height: auto; font: 14px system-ui, sans-serif; }
svg text { fill: var(--ink); unicode-bidi: plaintext; }
.room { fill: var(--room); } .bar { fill: var(--bar); }
.axis { fill: none; stroke: var(--faint); }
.half { fill: none; stroke: var(--faint); stroke-dasharray: 4 4; }
.curve { fill: none; stroke: var(--bar); stroke-width: 2; }
.wide { overflow-x: auto; margin-bottom: 1.25rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
caption { text-align: start; color: var(--faint); padding-bottom: .25rem; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .9rem .3rem 0; text-align: start;
  vertical-align: top; } th { font-weight: 600; } tbody th { min-width: 11rem; }
td { white-space: nowrap; }
@media print { body { padding: 0; } section { break-inside: avoid; } }
"""


def page(found: Report, say: Voice, since: str, until: str, now: str) -> str:
    """The page, in the language and direction of ``say``."""
    direction = "rtl" if say.language == "ar" else "ltr"
    body = [f"<h1>{escape(say('title'))}</h1>"]
    moments = {"since": _whole_date(since), "until": _whole_date(until), "now": _whole_date(now)}
    body.append(f"<p>{escape(say('period', **moments))}</p>")
    if not found.whole.demands:
        body.append(f"<p>{escape(say('nothing'))}</p>")
    else:
        body.append(_whole(found, say))
        body += [_section(grouping, rows, say) for grouping, rows in found.groups.items()]
        body.append(f"<p>{escape(say('explained'))}</p>")
    title = escape(say("title"))
    return (
        f'<!doctype html>\n<html lang="{say.language}" dir="{direction}">\n<head>'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body><main>\n"
        + "\n".join(body)
        + "\n</main></body></html>\n"
    )


def _whole_date(text: str) -> str:
    """A date that stays in its order where the text around it runs from right to left."""
    return f"\u2066{text}\u2069"


def _whole(found: Report, say: Voice) -> str:
    curves = (
        ("answer-curve", found.first_answer, found.whole.first_answer),
        ("introduction-curve", found.introduction, found.whole.introduction),
    )
    drawn = [
        _figure(plots.steps(curve, say(key), say("days"), say.waits(waits)), say(key))
        for key, curve, waits in curves
        if curve
    ]
    table = _table([found.whole], "whole", say, say("whole"))
    return (
        f"<section><h2>{escape(say('whole'))}</h2>{table}"
        f'<div class="plots">{"".join(drawn)}</div></section>'
    )


def _section(grouping: str, rows: Sequence[Row], say: Voice) -> str:
    first = rows[:_DRAWN]
    accepted = [
        _bar(row, row.answers["accepted"], row.due, grouping, say) for row in first if row.due
    ]
    unmatched = [
        _bar(row, row.unmatched, row.decided, grouping, say) for row in first if row.decided
    ]
    drawn = [
        _figure(plots.bars(of, say(key)), say(key))
        for key, of in (("accepted-chart", accepted), ("unmatched-chart", unmatched))
        if of
    ]
    notes = [say("niche-note")] if grouping == "niche" else []
    if len(rows) > _DRAWN:
        notes.append(say("largest", shown=_DRAWN, whole=len(rows)))
    told = "".join(f"<p>{escape(note)}</p>" for note in notes)
    table = _table(rows, grouping, say, say(grouping))
    return (
        f'<section><h2>{escape(say(grouping))}</h2>{told}<div class="plots">{"".join(drawn)}</div>'
        f"{table}</section>"
    )


def _bar(row: Row, part: int, whole: int, grouping: str, say: Voice) -> Bar:
    return Bar(say.name(grouping, row.name), part, whole, say.share(part, whole))


def _figure(drawing: str, title: str) -> str:
    return f"<figure><figcaption>{escape(title)}</figcaption>{drawing}</figure>"


def _table(rows: Sequence[Row], grouping: str, say: Voice, caption: str) -> str:
    heads = "".join(f'<th scope="col">{escape(say(name))}</th>' for name in COLUMNS)
    lines = []
    for row in rows:
        name = say("whole") if grouping == "whole" else say.name(grouping, row.name)
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in say.cells(row))
        lines.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption>"
        f'<thead><tr><th scope="col">{escape(say("name"))}</th>{heads}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )
