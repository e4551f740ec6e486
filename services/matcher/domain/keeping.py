"""A supply in few bytes: what is told of it and explained, but not searched."""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any

from services.matcher.domain.model import Owner, Piece, Supply, Vector, Wish

_NAMES = tuple(field.name for field in fields(Supply))
_OWNER, _WISH, _DEADLINE, _PIECES = map(_NAMES.index, ("owner", "wish", "deadline", "pieces"))
_USUAL: list[Any] = [None if f.default is MISSING else f.default for f in fields(Supply)]


def pack(supply: Supply) -> bytes:
    """``supply`` without its vectors. The bytes are for `unpack` in the same process."""
    values: list[Any] = [getattr(supply, name) for name in _NAMES]
    owner, wish, deadline = supply.owner, supply.wish, supply.deadline
    values[_OWNER] = (owner.type, owner.id)
    if wish != _USUAL[_WISH]:
        values[_WISH] = (wish.kinds, wish.countries, wish.languages, wish.certifications)
    values[_DEADLINE] = None if deadline is None else deadline.isoformat()
    values[_PIECES] = tuple((p.role, p.text, p.title, p.year, p.part) for p in supply.pieces)
    # Most fields are as usual: what is not written is not read again either.
    places = [n for n, usual in enumerate(_USUAL) if values[n] != usual]
    told = (bytes(places), [values[n] for n in places])
    return marshal.dumps(told)


def unpack(packed: bytes, vectors: Mapping[int, Vector] | None = None) -> Supply:
    """The supply that was packed; ``vectors`` are those of its pieces, by place."""
    values = _USUAL.copy()
    places, told = marshal.loads(packed)  # noqa: S302
    for place, value in zip(places, told, strict=True):
        values[place] = value
    found = vectors or {}
    values[_OWNER] = Owner(*values[_OWNER])
    if type(values[_WISH]) is tuple:
        values[_WISH] = Wish(*values[_WISH])
    if values[_DEADLINE] is not None:
        values[_DEADLINE] = datetime.fromisoformat(values[_DEADLINE])
    values[_PIECES] = tuple(
        [
            Piece(role, text, title, year, found.get(place), part)
            for place, (role, text, title, year, part) in enumerate(values[_PIECES])
        ]
    )
    return Supply(*values)
