"""Small sets of judged demands in folders, and the command on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from services.cli.main import app

BAKER = {"member_id": "baker", "name": "Fournil", "description": "Pain au levain, four à bois."}
BANKER = {"member_id": "banker", "description": "Paiement mobile par carte, terminal de paiement."}
ROOFER = {"member_id": "roofer", "description": "Toiture, tuiles, charpente traditionnelle."}
MEMBERS = (BAKER, BANKER, ROOFER)
PAY = {"external_id": "pay", "title": "Terminal de paiement mobile", "language": "fr"}
BREAD = {"external_id": "bread", "title": "Pain au levain pour la cantine", "language": "fr"}
DEMANDS = (PAY, BREAD)
JUDGEMENTS = ("pay\t0\tbanker\t1", "bread\t0\tbaker\t2")


def a_set(
    folder: Path,
    members: Iterable[Any] = MEMBERS,
    demands: Iterable[Any] = DEMANDS,
    judgements: Sequence[str] | None = JUDGEMENTS,
) -> Path:
    """A set in ``folder``: a string is a line as it stands, anything else is written as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, things in (("members", members), ("demands", demands)):
        lines = (t if isinstance(t, str) else json.dumps(t, ensure_ascii=False) for t in things)
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    if judgements is not None:
        (folder / "qrels.tsv").write_text("".join(f"{line}\n" for line in judgements), "utf-8")
    return folder


def evaluate(folder: Path, *options: str | Path, method: str = "lexical") -> Result:
    """What `jisr evaluate` did."""
    arguments = ["evaluate", folder, "--method", method, *options]
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def found(folder: Path, *options: str | Path, method: str = "lexical") -> dict[str, Any]:
    """The JSON of an evaluation that must go well."""
    report = folder / "report.json"
    answer = evaluate(folder, "--json", report, *options, method=method)
    assert answer.exit_code == 0, answer.exception or answer.output
    data: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return data
