"""A hub's judgements as a folder that `jisr train` and `jisr evaluate` read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from services.cli.errors import CommandFailed, ExitCode
from services.cli.evaluate.loading import ANSWERS, JUDGEMENTS
from services.cli.judgements.judging import RIGHT, Judged
from services.cli.stored_lives import Stored


def write(folder: Path, stored: Stored, found: Judged) -> None:
    """Write members, demands (by the ids that the hub gave them), niches and judgements.

    Demands stand in the order in which they were opened. An offer that an ambassador judged, and
    a member whose text is gone, is left out. Raises CommandFailed where ``folder`` has files that
    this command did not write.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / ANSWERS).exists():
        raise CommandFailed(
            f"{folder} has other files. Name a new folder, or one that this command wrote.",
            ExitCode.USAGE,
        )
    folder.mkdir(parents=True, exist_ok=True)
    known = {str(member["member_id"]) for member in stored.members}
    judged = [one for one in found.judgements if one.member_id in known]
    kept = {one.member_id for one in judged}
    _lines(
        folder / "members.jsonl",
        (one for one in stored.members if one.get("active", True) or one["member_id"] in kept),
    )
    named = ({"external_id": life.demand_id} for life in stored.lives)
    said = (stored.documents[life.demand_id] for life in stored.lives)
    _lines(
        folder / "demands.jsonl", ({**text, **name} for text, name in zip(said, named, strict=True))
    )
    _lines(folder / "directory.jsonl", stored.directory)
    rows = (f"{one.demand_id}\t0\t{one.member_id}\t{one.grade}\n" for one in judged)
    (folder / JUDGEMENTS).write_text("".join(rows), encoding="utf-8")
    about = {"at": stored.now.isoformat(), **counts(found)}
    (folder / ANSWERS).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def counts(found: Judged) -> dict[str, Any]:
    """How many of what."""
    return {
        "demands": len({one.demand_id for one in found.judgements}),
        "right": sum(one.grade >= RIGHT for one in found.judgements),
        "wrong": sum(one.grade < RIGHT for one in found.judgements),
        "by": dict(found.counts),
        "say_nothing_of_fit": found.silent,
        "with_offers": found.offers,
    }


def _lines(path: Path, items: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for item in items:
            file.write(json.dumps(item, ensure_ascii=False) + "\n")
