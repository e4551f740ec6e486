"""The telling part of `make bench`: webhooks and mails a second, beside bare clients."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import asyncpg

from bench import machine
from bench.report import RESULTS
from bench.telling import mails, webhooks
from services.runtime.database import migrate
from services.runtime.embedded import EmbeddedPostgres

WEBHOOKS, MAILS, TURNS = 10_000, 500, 5
RATE, SECONDS = 100.0, 10.0
CONNECTIONS = 4  # to the mail server, as the settings' default


def run(command: str, say: Callable[[str], None], *, quick: bool) -> str:
    """Measure, and write `results/telling.json` and `.md` unless ``quick``; the page.

    Bare and hub take turns, so that what else the machine does meets both.
    """
    found: dict[str, Any] = {"facts": machine.facts(command)}
    watch = machine.Watch()
    with tempfile.TemporaryDirectory(prefix="jisr-bench-", ignore_cleanup_errors=True) as name:
        os.chmod(name, 0o755)
        with EmbeddedPostgres(Path(name) / "postgres") as server:
            asyncio.run(_prepare(server.dsn))
            turns, share = (1, 20) if quick else (TURNS, 1)
            say("Telling: webhooks")
            seconds = SECONDS / (10 if quick else 1)
            found["webhooks"] = asyncio.run(
                webhooks.measure(server.dsn, WEBHOOKS // share, turns, RATE, seconds, say)
            )
            say("Telling: mails")
            found["mails"] = asyncio.run(_mails(server.dsn, MAILS // share, turns))
    found["around"] = asdict(watch.read())
    page = markdown(found)
    if not quick and not os.environ.get("BENCH_DRY"):
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "telling.json").write_text(json.dumps(found, indent=2) + "\n")
        (RESULTS / "telling.md").write_text(page)
    return page


async def _prepare(dsn: str) -> None:
    await migrate(dsn)
    admin = await asyncpg.connect(dsn)
    await admin.execute(
        "INSERT INTO vault.contacts (kind, id, email) SELECT 'member', 'member-' || n,"
        " 'member-' || n || '@members.example' FROM generate_series(0, 20000) AS n"
    )
    await admin.close()


async def _mails(dsn: str, count: int, turns: int) -> dict[str, Any]:
    found: dict[str, Any] = {"count": count, "bare": [], "hub": []}
    for _ in range(turns):
        with mails.postbox() as port:
            found["bare"].append(await mails.bare(port, count, CONNECTIONS))
            found["hub"].append(await mails.hub(dsn, port, count))
    return found


def markdown(found: dict[str, Any]) -> str:
    """The page."""
    facts, around = found["facts"], found["around"]
    sent, mailed = found["webhooks"], found["mails"]
    calm, hung = statistics.median(sent["p99_0"]), statistics.median(sent["p99_1"])
    lines = [
        "# Telling: webhooks and mails",
        "",
        f"`{facts['command']}` at {facts['date']} on commit {facts['commit']}: {facts['cores']} "
        f"cores of {facts['processor']}, {facts['memory_gib']} GiB, Python {facts['python']}. "
        f"Cores taken by others meanwhile: {around['others']}. Medians of "
        f"{len(sent['bare'])} turns in which bare and hub alternate; the least and the greatest "
        "beside them.",
        "",
        "| | a second, bare | by the hub | share (bar: 50 % of webhooks) |",
        "| --- | ---: | ---: | ---: |",
        _line(f"{sent['count']:,} webhooks to {webhooks.RECEIVERS} receivers", sent),
        _line(f"{mailed['count']:,} mails over {CONNECTIONS} connections", mailed),
        "",
        "Bare is a loop around aiohttp or aiosmtplib that signs one body, or sends a written "
        "mail. The hub claims each delivery from PostgreSQL (durable), writes and signs "
        "it, and stores each attempt with its event. Sender, receivers and database share the "
        "machine.",
        "",
        "## One of 20 receivers hangs",
        "",
        f"{sent['rate']:g} webhooks a second, in turn for every receiver; milliseconds from "
        "planning to arrival at the others.",
        "",
        "| | p99 |",
        "| --- | ---: |",
        f"| all answer | {calm:.1f} ({_all(sent['p99_0'])}) |",
        f"| one hangs | {hung:.1f} ({_all(sent['p99_1'])}) |",
        f"| change (bar: 20 %) | {100 * (hung / calm - 1):+.0f} % |",
        "",
    ]
    return "\n".join(lines)


def _line(what: str, one: dict[str, Any]) -> str:
    alone, ours = one["bare"], one["hub"]
    shares = [mine / bare for mine, bare in zip(ours, alone, strict=True)]
    return (
        f"| {what} | {_middle(alone)} | {_middle(ours)} | "
        f"{100 * statistics.median(shares):.0f} % "
        f"({100 * min(shares):.0f} to {100 * max(shares):.0f}) |"
    )


def _middle(values: list[float]) -> str:
    return f"{statistics.median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"


def _all(values: list[float]) -> str:
    return ", ".join(f"{one:.1f}" for one in values)
