"""A set of judged demands, read from its files; what cannot be used is told, the rest goes on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from services.cli.errors import CommandFailed, ExitCode
from services.matcher.domain.inference import Niche

Side = Literal["members", "demands"]
Grades = dict[str, int]
"""Member id to grade; from 1 on a member is right, and more so the higher."""

IDENTITY: dict[Side, str] = {"members": "member_id", "demands": "external_id"}
"""The field of a line that names the thing: the only one that must be there."""

JUDGEMENTS = "qrels.tsv"
ANSWERS = "answers.json"
"""Is there where a hub's own answers are the judgements (`jisr judgements`)."""
_COLUMNS = 4
_HIGHEST = 1_000_000
"""The highest grade: trec_eval counts the judgements of each grade up to the highest there is."""
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file: ``where`` it stands, its ``id``, and its fields as they were written."""

    where: str
    id: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Faults:
    """What was wrong with a set, in the order in which it was met."""

    told: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def tell(self, kind: str, line: str) -> None:
        """Note one fault of a ``kind``."""
        self.counts[kind] += 1
        self.told.append(line)


@dataclass(frozen=True, slots=True)
class Judged:
    """A set: ``grades`` by demand id, demands in the order of their file.

    ``parents`` gives the parent of each niche, and ``niches`` how it is labelled, from
    `directory.jsonl` where there is one. ``answers``: judged by who was asked, so that of all the
    others, near ones too, nothing is known.
    """

    name: str
    members: list[Row]
    demands: list[Row]
    grades: dict[str, Grades]
    parents: dict[str, str | None]
    faults: Faults
    niches: list[Niche] = field(default_factory=list)
    answers: bool = False


def read(folder: Path) -> Judged:
    """Read the set in ``folder``.

    Raises CommandFailed when there is no member or no demand to rank.
    """
    faults = Faults()
    members, demands = (_rows(folder, side, faults) for side in IDENTITY)
    grades = _grades(folder / JUDGEMENTS, faults)
    _compare(grades, {m.id for m in members}, {d.id for d in demands}, faults)
    directory = folder / "directory.jsonl"
    told = list(_niches(directory, faults)) if directory.exists() else []
    parents = {niche.niche_id: parent for niche, parent in told}
    niches = [niche for niche, _ in told]
    name, answers = folder.resolve().name, (folder / ANSWERS).exists()
    return Judged(name, members, demands, grades, parents, faults, niches, answers)


def refuse_blanks(judged: Judged) -> None:
    """Raise CommandFailed where an id holds a blank: the columns of a TREC run end at blanks."""
    for row in (*judged.members, *judged.demands):
        if len(row.id.split()) != 1:
            raise CommandFailed(
                f"{row.where}: the id {row.id!r} holds a blank, and the columns of a TREC run end "
                "at blanks. Give it another id, or leave --run out.",
                ExitCode.USAGE,
            )


def _rows(folder: Path, side: Side, faults: Faults) -> list[Row]:
    path = folder / f"{side}.jsonl"
    if not path.is_file():
        raise CommandFailed(
            f"{path} is missing. A set is a folder with members.jsonl, demands.jsonl and "
            f"{JUDGEMENTS}.",
            ExitCode.USAGE,
        )
    found: dict[str, Row] = {}
    for where, fields in _objects(path, faults):
        name = _identity(fields.get(IDENTITY[side]))
        if name is None:
            faults.tell("bad_lines", f"{where}: no {IDENTITY[side]}")
        elif name in found:
            first = found[name].where
            faults.tell(f"repeated_{side}", f"{where}: {name} again; the line at {first} counts")
        else:
            found[name] = Row(where, name, fields)
    if not found:
        raise CommandFailed(f"{path} has no line that can be used. {_first(faults)}".rstrip())
    return list(found.values())


def _first(faults: Faults) -> str:
    return f"The first fault: {faults.told[0]}." if faults.told else ""


def _identity(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value.strip() else None


def _lines(path: Path, faults: Faults) -> Iterator[tuple[str, str]]:
    """The lines with their places. Lines end at \\n alone: a text may hold U+2028."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            where = f"{path.name}:{number}"
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError as error:
                faults.tell("bad_lines", f"{where}: not UTF-8 ({error.reason})")
                continue
            if text:
                yield where, text


def _objects(path: Path, faults: Faults) -> Iterator[tuple[str, dict[str, Any]]]:
    for where, line in _lines(path, faults):
        try:
            value = json.loads(line)
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
        except (ValueError, RecursionError) as error:
            faults.tell("bad_lines", f"{where}: not JSON ({error})")
            continue
        if not isinstance(value, dict):
            faults.tell("bad_lines", f"{where}: not an object")
        elif _is_deep(value):
            faults.tell("bad_lines", f"{where}: lists in lists, more than {_DEEPEST} deep")
        else:
            yield where, value


def _is_deep(value: Any) -> bool:
    """Whether a value holds others more than `_DEEPEST` levels down."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


def _grades(path: Path, faults: Faults) -> dict[str, Grades]:
    """The judgements by demand; columns end at tabs, or at any blanks where there is no tab."""
    if not path.is_file():
        faults.tell("missing_files", f"{path.name} is missing: nothing can be measured")
        return {}
    found: dict[str, Grades] = {}
    for where, line in _lines(path, faults):
        columns = [c.strip() for c in line.split("\t")] if "\t" in line else line.split()
        grade = _grade(columns[-1])
        if len(columns) != _COLUMNS or grade is None:
            wanted = f"demand, 0, member and a whole grade, up to {_HIGHEST:,}"
            faults.tell("bad_lines", f"{where}: not {wanted}")
            continue
        judged = found.setdefault(columns[0], {})
        if columns[2] in judged:
            pair = f"{columns[0]} and {columns[2]}"
            faults.tell("repeated_judgements", f"{where}: {pair} again; the first judgement counts")
        else:
            judged[columns[2]] = grade
    return found


def _grade(text: str) -> int | None:
    """A whole number, also as 1.0; below 0 means 0, as to trec_eval. None: it is none, or higher
    than any grade is.
    """
    try:
        value = float(text)
    except ValueError:
        return None
    return max(int(value), 0) if value.is_integer() and value <= _HIGHEST else None


def _compare(
    grades: dict[str, Grades], members: set[str], demands: set[str], faults: Faults
) -> None:
    """Tell of judgements whose member or demand is not there."""
    for demand, judged in grades.items():
        if demand not in demands:
            faults.tell("judged_demands_unknown", f"{JUDGEMENTS}: no demand {demand}; left out")
            continue
        missing = [member for member in judged if member not in members]
        faults.counts["judged_members_unknown"] += len(missing)
        if missing:
            names = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
            faults.told.append(f"{JUDGEMENTS}: {demand}: no member {names}; counts as not found")


def _niches(path: Path, faults: Faults) -> Iterator[tuple[Niche, str | None]]:
    """Each active niche with its parent; labels and synonyms as far as they are there."""
    for _, entry in _objects(path, faults):
        if entry.get("entry") != "niche" or entry.get("active") is False:
            continue
        if isinstance(entry.get("id"), str):
            parent, labels, synonyms = (entry.get(k) for k in ("parent", "labels", "synonyms"))
            said = labels.items() if isinstance(labels, dict) else ()
            also = synonyms if isinstance(synonyms, list) else ()
            yield (
                Niche(
                    entry["id"],
                    {language: text for language, text in said if isinstance(text, str)},
                    tuple(text for text in also if isinstance(text, str)),
                ),
                parent if isinstance(parent, str) else None,
            )
