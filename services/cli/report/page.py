"""The report as one HTML page that needs nothing else: no scripts, no fonts, no address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from pathlib import Path

from services.cli.report import plots
from services.cli.report.measures import Report, Row, Waits
from services.cli.report.plots import Bar, told
from services.cli.report.voice import Voice
from services.cli.report.wording import COLUMNS

_DRAWN = 12
"""Bars in a plot and rows in the table below it; what is beyond them is folded away."""
_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Period:
    """The days ``first`` to ``last`` (UTC), both included, as they stood at ``now`` (UTC)."""

    first: date
    last: date
    now: datetime

    def words(self, say: Voice) -> str:
        """It in words."""
        since, until = say.day(self.first), say.day(self.last)
        now = f"{say.day(self.now)}, \u2066{self.now:%H:%M}\u2069"
        return say("period", since=since, until=until, now=now)


def page(found: Report, say: Voice, period: Period, hub: str = "") -> str:
    """The page, in the language and direction of ``say``; ``hub`` is whose matching it is."""
    direction = "rtl" if say.language == "ar" else "ltr"
    title = escape(say("title"))
    whose = f'<p class="hub">{escape(hub)}</p>' if hub else ""
    body = [f"<header>{whose}<h1>{title}</h1><p>{escape(period.words(say))}</p></header>"]
    if not found.whole.demands:
        body.append(f"<p>{escape(say('nothing'))}</p>")
    else:
        body.append(_ways(found, say))
        body.append(_whole(found, say))
        body += [_section(grouping, rows, say) for grouping, rows in found.groups.items()]
        body.append(_reading(say))
    named = f"{title} · {escape(hub)}" if hub else title
    return (
        f'<!doctype html>\n<html lang="{say.language}" dir="{direction}">\n<head>'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{named}</title><style>\n{_STYLE}</style></head>\n<body><main>\n"
        + "\n".join(body)
        + "\n</main></body></html>\n"
    )


def _ways(found: Report, say: Voice) -> str:
    """Links to the parts: on a phone the tables are long."""
    parts = [(f"by-{grouping}", say(grouping)) for grouping in found.groups]
    parts.append(("reading", say("reading")))
    links = "".join(f'<li><a href="#{part}">{escape(name)}</a></li>' for part, name in parts)
    return f'<nav aria-label="{escape(say("title"))}"><ul>{links}</ul></nav>'


def _whole(found: Report, say: Voice) -> str:
    whole = found.whole
    figures = "".join(
        f"<div><dt>{escape(say(column))}</dt><dd>{told(cell)}</dd></div>"
        for column, cell in say.cells(whole)
    )
    drawn = _curve("answer", found.first_answer, whole.first_answer, say)
    drawn += _curve("introduction", found.introduction, whole.introduction, say)
    return (
        f'<section><h2>{escape(say("whole"))}</h2><dl class="figures">{figures}</dl>'
        f'<div class="plots">{drawn}</div></section>'
    )


def _curve(what: str, curve: Sequence[tuple[float, float]], waits: Waits, say: Voice) -> str:
    title = say(f"{what}-curve")
    if not waits.over:
        return _figure(_nothing(say(f"no-{what}")), title)
    return _figure(plots.steps(curve, waits, title, say), title)


def _section(grouping: str, rows: Sequence[Row], say: Voice) -> str:
    first = rows[:_DRAWN]
    accepted = [
        _bar(row, row.answers["accepted"], row.due, grouping, say) for row in first if row.due
    ]
    unmatched = [
        _bar(row, row.unmatched, row.decided, grouping, say) for row in first if row.decided
    ]
    drawn = "".join(
        _figure(plots.bars(of) if of else _nothing(say(f"no-{what}")), say(f"{what}-chart"))
        for what, of in (("accepted", accepted), ("unmatched", unmatched))
    )
    notes = [say("niche-note")] if grouping == "niche" else []
    if len(rows) > _DRAWN:
        notes.append(say("largest", shown=_DRAWN, whole=len(rows)))
    noted = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return (
        f'<section><h2 id="by-{grouping}">{escape(say(grouping))}</h2>{noted}'
        f'<div class="plots">{drawn}</div>{_tables(rows, grouping, say)}</section>'
    )


def _bar(row: Row, part: int, whole: int, grouping: str, say: Voice) -> Bar:
    return Bar(say.name(grouping, row.name), part, whole, say.share(part, whole))


def _figure(drawing: str, title: str) -> str:
    return f"<figure><figcaption>{escape(title)}</figcaption>{drawing}</figure>"


def _nothing(words: str) -> str:
    return f'<p class="nothing">{escape(words)}</p>'


def _tables(rows: Sequence[Row], grouping: str, say: Voice) -> str:
    """All rows: the first, and what is beyond them behind a summary that opens without scripts."""
    first, others = rows[:_DRAWN], rows[_DRAWN:]
    shown = _table(first, grouping, say, f"by-{grouping}")
    if not others:
        return shown
    name = f"others-{grouping}"
    summary = f'<summary id="{name}">{escape(say("others", count=len(others)))}</summary>'
    return f"{shown}<details>{summary}{_table(others, grouping, say, name)}</details>"


def _table(rows: Sequence[Row], grouping: str, say: Voice, named_by: str) -> str:
    """``rows``, called as the element ``named_by`` says. The roles are said, for a phone lays the
    rows out as cards, and some browsers take what is laid out otherwise for no table.
    """
    heads = "".join(
        f'<th role="columnheader" scope="col">{escape(say(name))}</th>' for name in COLUMNS
    )
    lines = []
    for row in rows:
        name = escape(say.name(grouping, row.name))
        cells = "".join(
            f'<td role="cell" data-head="{escape(say(column))}">{told(cell)}</td>'
            for column, cell in say.cells(row)
        )
        lines.append(f'<tr role="row"><th role="rowheader" scope="row">{name}</th>{cells}</tr>')
    return (
        f'<div class="wide" tabindex="0" role="region" aria-labelledby="{named_by}">'
        f'<table role="table" aria-labelledby="{named_by}"><thead role="rowgroup">'
        f'<tr role="row"><th role="columnheader" scope="col">{escape(say("name"))}</th>{heads}'
        f'</tr></thead><tbody role="rowgroup">{"".join(lines)}</tbody></table></div>'
    )


def _reading(say: Voice) -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in say("explained").splitlines())
    head = f'<h2 id="reading">{escape(say("reading"))}</h2>'
    return f'<section class="reading">{head}<ul>{lines}</ul></section>'
