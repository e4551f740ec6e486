"""The published versions of each event's schema, and what still holds of them.

``history/<event type>/<n>.json`` is the n-th version, without titles, descriptions and examples:
two versions differ only where a reader or a writer can tell. A file, once published, stays as it
is; topics keep records of every version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.compatibility import ANNOTATIONS, Problem, Schema, problems
from schemas.topics import TOPICS
from schemas.values import Submission

HISTORY = Path(__file__).parent / "history"
_KEPT = frozenset({"$schema", "$id", "default"})
_NAMED = frozenset({"properties", "$defs"})


@dataclass(frozen=True)
class Break:
    """A problem between the present schema of an event type and one of its versions."""

    event_type: str
    version: int
    problem: Problem

    def __str__(self) -> str:
        """One line for a report."""
        return f"{self.event_type}, version {self.version}: {self.problem}"


def shape(schema: Any) -> Any:
    """``schema`` without the words that are for people."""
    if isinstance(schema, list):
        return [shape(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        keyword: {name: shape(one) for name, one in value.items()}
        if keyword in _NAMED
        else (value if keyword == "default" else shape(value))
        for keyword, value in schema.items()
        if keyword not in ANNOTATIONS or keyword in _KEPT
    }


def versions(event_type: str, folder: Path = HISTORY) -> dict[int, Schema]:
    """The published versions of an event type by number, oldest first."""
    paths = sorted((folder / event_type).glob("*.json"), key=lambda path: int(path.stem))
    return {int(path.stem): json.loads(path.read_text(encoding="utf-8")) for path in paths}


def read_by_the_hub_alone(event_type: str) -> bool:
    """Whether every reader is deployed with the schema itself.

    Submissions are: senders of every age write them, and only the present intake reads them.
    """
    models = [topic.events[event_type] for topic in TOPICS if event_type in topic.events]
    return all(issubclass(model, Submission) for model in models)


def breaks(current: Mapping[str, Schema], folder: Path = HISTORY) -> list[Break]:
    """Everything in which ``current`` breaks with any published version (FULL_TRANSITIVE)."""
    return [
        Break(event_type, number, problem)
        for event_type, schema in current.items()
        for number, version in versions(event_type, folder).items()
        for problem in problems(
            version, shape(schema), forward=not read_by_the_hub_alone(event_type)
        )
    ]


def unpublished(current: Mapping[str, Schema], folder: Path = HISTORY) -> dict[str, int]:
    """The event types whose newest version is not the present one, and the number it will get."""
    found: dict[str, int] = {}
    for event_type, schema in current.items():
        known = versions(event_type, folder)
        newest = max(known, default=0)
        if known.get(newest) != shape(schema):
            found[event_type] = newest + 1
    return found


def publish(current: Mapping[str, Schema], folder: Path = HISTORY) -> dict[str, int]:
    """Write a version for each event type that has changed; the caller has seen no `breaks`."""
    changed = unpublished(current, folder)
    for event_type, number in changed.items():
        path = folder / event_type / f"{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(shape(current[event_type]), ensure_ascii=False, indent=2)
        path.write_text(text + "\n", encoding="utf-8")
    return changed
