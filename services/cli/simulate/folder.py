"""A folder of members and demands, read as the simulation needs it: in parts, with their vectors.

What may be asked for, the *themes*, are the folder's demands and its members' past work: each piece
of past work was once a demand that somebody could answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from schemas.demand import Demand
from schemas.member import Member
from services.cli import taken
from services.cli.demo.samples import lines
from services.cli.errors import CommandFailed, ExitCode
from services.cli.evaluate.vectors import Vectors
from services.cli.vocabulary import label_vectors, niches_of
from services.matcher.adapters import events, supply_events
from services.matcher.domain import analysis
from services.matcher.domain.eligibility import World
from services.matcher.domain.inference import Niche
from services.matcher.domain.model import Need, Owner, Piece, Supply, Vector
from services.matcher.domain.passages import passage

_SENTENCE = re.compile(r"(?<=[.!?؟…])\s+")
_REACHES = ("own", "national", "international")
THIN_WORDS = 12
"""How many words of its description a thinned member keeps."""

_Taken = TypeVar("_Taken", Demand, Member)


@dataclass(frozen=True)
class Theme:
    """Something that is asked for: its parts (title first) with a vector each, and which members
    of the folder are expected.
    """

    need: Need
    parts: tuple[str, ...]
    expected: frozenset[str]
    vectors: tuple[Vector | None, ...] = ()


@dataclass(frozen=True)
class Folder:
    """Themes of demands, and members. ``short`` has for each member the one piece that it is left
    with where it is thinned; ``labels`` are the vectors of the texts of ``niches``; ``wanted``
    and ``reaches`` are those of the folder's demands.
    """

    themes: tuple[Theme, ...]
    members: tuple[Supply, ...]
    short: Mapping[str, Piece]
    world: World
    niches: tuple[Niche, ...]
    labels: Mapping[str, Vector]
    cities: tuple[str, ...]
    wanted: tuple[int, ...]
    reaches: tuple[str, ...]


def read(path: Path, vectors: Vectors | None, advance: Callable[[int, int], None]) -> Folder:
    """Read ``path`` and embed its texts, unless ``vectors`` is None; ``advance`` hears of each.

    Raises CommandFailed naming what cannot be used, and where.
    """
    directory = lines(path / "directory.jsonl")
    world = World(
        {e["id"]: e["tier"] for e in directory if e["entry"] == "cluster"},
        {e["id"]: e.get("parent") for e in directory if e["entry"] == "niche"},
    )
    members = _taken(taken.member, path / "members.jsonl")
    supplies = [_supply(member) for member in members if member.active]
    demands = _taken(taken.demand, path / "demands.jsonl")
    if not supplies or not demands:
        raise CommandFailed(f"{path} has no members or no demands to simulate.", ExitCode.USAGE)
    expected = _expected(path / "expected.tsv")
    themes = [_asked(demand, expected) for demand in demands]
    themes += [theme for supply in supplies for theme in _worked(supply, world)]
    short = {supply.supply_id: _short(supply) for supply in supplies}
    queries = [part for theme in themes for part in theme.parts]
    pieces = [piece for supply in supplies for piece in supply.pieces]
    known = _Known(vectors, queries, [_text(piece) for piece in (*pieces, *short.values())])
    known.embed(advance)
    niches = niches_of(directory)
    return Folder(
        tuple(replace(t, vectors=tuple(map(known.query, t.parts))) for t in themes),
        tuple(replace(s, pieces=tuple(map(known.piece, s.pieces))) for s in supplies),
        {member: known.piece(piece) for member, piece in short.items()},
        world,
        tuple(niches),
        label_vectors(niches, vectors),
        tuple(e["id"] for e in directory if e["entry"] == "city"),
        tuple(demand.wanted for demand in demands),
        tuple(demand.reach.value for demand in demands),
    )


class _Known:
    """The vectors of some texts, all None without a model."""

    def __init__(
        self, vectors: Vectors | None, queries: Iterable[str], passages: Iterable[str]
    ) -> None:
        self._vectors = vectors
        self._asked = list(dict.fromkeys(queries))
        self._said = list(dict.fromkeys(passages))
        self._queries: dict[str, Vector | None] = {}
        self._passages: dict[str, Vector] = {}

    def embed(self, advance: Callable[[int, int], None]) -> None:
        """Compute what is not known."""
        if self._vectors is None:
            return
        total = len(self._asked) + len(self._said)
        self._passages = self._vectors.of_passages(self._said, lambda n, _: advance(n, total))
        for text in self._asked:
            self._queries[text] = self._vectors.of_query(text)
            advance(1, total)

    def query(self, text: str) -> Vector | None:
        """The vector of a part of a theme."""
        return self._queries.get(text)

    def piece(self, piece: Piece) -> Piece:
        """``piece`` with its vector."""
        return replace(piece, vector=self._passages.get(_text(piece)))


def sentences(*texts: str) -> list[str]:
    """The sentences of ``texts``, without blank ones."""
    found = (one.strip() for text in texts for one in _SENTENCE.split(text))
    return [one for one in found if one]


def _asked(demand: Demand, expected: Mapping[str, frozenset[str]]) -> Theme:
    """The theme that a demand of the folder is."""
    need = replace(events.need_of_demand(demand), deadline=None)
    parts = (demand.title, *sentences(demand.summary, demand.description))
    return Theme(need, parts, expected.get(demand.external_id, frozenset()))


def _worked(supply: Supply, world: World) -> list[Theme]:
    """The themes that a member's past work is: who did it is expected."""
    found = []
    work = [p for p in supply.pieces if p.role == "portfolio" and p.part == 0]
    for number, piece in enumerate(work):
        need = Need(
            need_id=f"{supply.supply_id}#{number}",
            kind="demand",
            owner=Owner("city", "simulated"),
            asks="service",
            version=1,
            title=piece.title,
            language=analysis.language_of(piece.text),
            niches=supply.niches,
            reach=_REACHES[world.tier(supply.cluster)],
        )
        parts = tuple(dict.fromkeys((piece.title, *sentences(piece.text))))
        found.append(Theme(need, tuple(p for p in parts if p), frozenset({supply.supply_id})))
    return found


def _taken(take: Callable[[dict[str, Any]], _Taken], path: Path) -> list[_Taken]:
    """The facts of a file; raises CommandFailed naming the entry that intake would refuse."""
    found = []
    for number, item in enumerate(lines(path), start=1):
        try:
            found.append(take(item))
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            field = ".".join(map(str, fault["loc"]))
            raise CommandFailed(
                f"{path}, entry {number}: {field}: {fault['msg']}.", ExitCode.USAGE
            ) from error
    return found


def _expected(path: Path) -> dict[str, frozenset[str]]:
    """Who is expected for which demand; nothing where the folder does not say."""
    found: dict[str, set[str]] = {}
    if path.exists():
        for row in path.read_text(encoding="utf-8").splitlines()[1:]:
            external_id, _, rest = row.partition("\t")
            if rest and not row.startswith("#"):
                found.setdefault(external_id, set()).add(rest.split("\t")[0])
    return {external_id: frozenset(members) for external_id, members in found.items()}


def _supply(member: Member) -> Supply:
    return supply_events.supply(supply_events.supply_of_member(member), None)


def _short(supply: Supply) -> Piece:
    return Piece("profile", " ".join(supply.pieces[0].text.split()[:THIN_WORDS]))


def _text(piece: Piece) -> str:
    """What is embedded of a piece, as the service does it."""
    return passage(piece.title, piece.text, piece.part)
