"""The sample files, as the doors take them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from services.cli.errors import CommandFailed, ExitCode

Door = Literal["http", "kafka"]


@dataclass(frozen=True)
class Submission:
    """One body, who sends it, and by which door."""

    kind: Literal["demand", "offer"]
    source: str
    via: Door
    body: dict[str, Any]


@dataclass(frozen=True)
class Samples:
    """A folder of samples, read whole."""

    directory: list[dict[str, Any]]
    members: list[dict[str, Any]]
    submissions: list[Submission]
    life: str | None = None
    """The external id of the demand whose whole life is played."""
    contacts: list[dict[str, Any]] = field(default_factory=list)
    """How to reach cities and committees, each with its ``kind`` and ``id``."""

    @property
    def demands(self) -> list[Submission]:
        """The demands among the submissions."""
        return [s for s in self.submissions if s.kind == "demand"]


def read(folder: Path) -> Samples:
    """Read ``folder``; raises CommandFailed naming the file and line that is not JSON."""
    demands = [_submission("demand", item) for item in lines(folder / "demands.jsonl")]
    offers = [_submission("offer", item) for item in lines(folder / "offers.jsonl")]
    return Samples(
        lines(folder / "directory.jsonl"),
        lines(folder / "members.jsonl"),
        [*offers, *demands],
        life.read_text().strip() if (life := folder / "life.txt").exists() else None,
        contacts(folder),
    )


def contacts(folder: Path) -> list[dict[str, Any]]:
    """The lines of ``contacts.jsonl``; none where a folder has no such file.

    Raises CommandFailed naming the line that does not say whose contact it is.
    """
    path = folder / "contacts.jsonl"
    found = lines(path) if path.exists() else []
    for number, line in enumerate(found, start=1):
        if not all(isinstance(line.get(name), str) and line[name] for name in ("kind", "id")):
            raise CommandFailed(
                f"{path}: contact {number} does not say whose it is: it needs `kind` (city, "
                "committee or member) and `id`."
            )
    return found


def _submission(kind: Literal["demand", "offer"], item: dict[str, Any]) -> Submission:
    return Submission(kind, item["source"], item.get("via", "http"), body(item))


def body(item: Mapping[str, Any]) -> dict[str, Any]:
    """What is submitted of a line, without who sends it by which door."""
    return {key: value for key, value in item.items() if key not in ("source", "via")}


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON lines file. Raises CommandFailed naming the line that is none."""
    if not path.exists():
        raise CommandFailed(f"{path} is missing.", ExitCode.USAGE)
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except ValueError as error:
                raise CommandFailed(f"{path}:{number} is not JSON ({error}).") from error
    return found
