"""Writes the contract's documents into ``generated/``: ``python -m schemas.generate``.

``--check`` writes nothing and fails when a document is missing, differs or is left over, so
that what is committed is what the code says. ``--release`` also publishes: each schema that has
changed, and breaks no version, becomes the next version in ``history/``.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from schemas import asyncapi, published
from schemas.examples import EXAMPLES
from schemas.json_schema import Schema, body_schema, event_schema
from schemas.topics import TOPICS, dead_letters
from schemas.webhook import BODIES

GENERATED = Path(__file__).parent / "generated"
_COMMAND = "python -m schemas.generate"
_DIFF_LINES = 40
_DAY_MS = 24 * 3600 * 1000


def dump(value: Any) -> str:
    """JSON as it is committed: readable, the same on every machine, one newline at its end."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def event_schemas() -> dict[str, Schema]:
    """The JSON Schema of every event type, in the order of the map of topics."""
    return {
        event_type: event_schema(event_type, topic, [e.data for e in EXAMPLES[event_type]])
        for topic in TOPICS
        for event_type in topic.events
    }


def topics_table() -> str:
    """The map of topics as a table for people."""
    lines = [
        f"<!-- Written by `{_COMMAND}`; edit schemas/topics.py. -->",
        "| topic | key | from → to | cleanup | partitions | events | what |",
        "|---|---|---|---|---|---|---|",
    ]
    for topic in (*TOPICS, *dead_letters()):
        route = f"{', '.join(topic.writers)} → {', '.join(topic.readers)}"
        kept = f", {topic.retention_ms // _DAY_MS} days" if topic.cleanup == "delete" else ""
        events = ", ".join(f"`{name}`" for name in topic.events) or "as the record"
        settings = (topic.cleanup + kept, str(topic.partitions))
        cells = (f"`{topic.name}`", topic.key, route, *settings, events)
        lines.append(f"| {' | '.join(cells)} | {topic.purpose} |")
    return "\n".join(lines) + "\n"


def documents() -> dict[str, str]:
    """Every generated document: its path below ``generated/``, and its text."""
    found = {
        f"jsonschema/{event_type}.json": dump(schema)
        for event_type, schema in event_schemas().items()
    }
    found |= {
        f"webhooks/{event_type}.json": dump(body_schema(event_type, model))
        for event_type, model in BODIES.items()
    }
    found["asyncapi.json"] = dump(asyncapi.document())
    found["topics.md"] = topics_table()
    return found


def _present(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def drift(folder: Path, wanted: Mapping[str, str]) -> Iterator[str]:
    """A paragraph for each file of ``folder`` that is not as ``wanted``; none when all is well."""
    present = _present(folder)
    for name in sorted(present.keys() - wanted.keys()):
        yield f"{name}: left over, nothing generates it"
    for name, text in wanted.items():
        if name not in present:
            yield f"{name}: missing"
        elif present[name] != text:
            lines = difflib.unified_diff(
                present[name].splitlines(), text.splitlines(), "committed", "generated", "", "", 1
            )
            shown = list(islice(lines, _DIFF_LINES + 1))
            if len(shown) > _DIFF_LINES:
                shown[_DIFF_LINES:] = ["..."]
            yield "\n".join([f"{name}: differs", *shown])


def write(folder: Path, wanted: Mapping[str, str]) -> None:
    """Make ``folder`` hold exactly ``wanted``."""
    for name in _present(folder).keys() - wanted.keys():
        (folder / name).unlink()
    for name, text in wanted.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def check(folder: Path, history: Path) -> int:
    """Say what is out of date in ``folder`` and in ``history``; the exit status."""
    if problems := list(drift(folder, documents())):
        print("\n\n".join(problems), file=sys.stderr)
        print(f"\n{len(problems)} out of date. Run: {_COMMAND}", file=sys.stderr)
        return 1
    if changed := published.unpublished(event_schemas(), history):
        print(f"Not published: {', '.join(changed)}. Run: {_COMMAND} --release", file=sys.stderr)
        return 1
    return 0


def release(history: Path) -> int:
    """Publish the schemas that have changed, unless one breaks a version; the exit status."""
    current = event_schemas()
    if breaks := published.breaks(current, history):
        print("\n".join(map(str, breaks)), file=sys.stderr)
        print("\nNothing was published; see schemas/README.md.", file=sys.stderr)
        return 1
    for event_type, number in published.publish(current, history).items():
        print(f"{event_type}: version {number}")
    return 0


def main(
    arguments: Sequence[str] | None = None,
    folder: Path = GENERATED,
    history: Path = published.HISTORY,
) -> int:
    """Generate, check or release; the exit status."""
    parser = argparse.ArgumentParser(prog=_COMMAND, description="Generate the contract.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="only compare; exit 1 on drift")
    what.add_argument(
        "--release", action="store_true", help="generate, and publish the schemas that changed"
    )
    options = parser.parse_args(arguments)
    if options.check:
        return check(folder, history)
    write(folder, documents())
    return release(history) if options.release else 0


if __name__ == "__main__":
    sys.exit(main())
