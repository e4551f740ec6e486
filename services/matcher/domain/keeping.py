"""A supply in few bytes: what is told of it and explained, but not searched."""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime

from services.matcher.domain.model import Owner, Piece, Supply, Vector, Wish

_LEVEL = 1
_PLAIN = tuple(
    f.name for f in fields(Supply) if f.name not in ("owner", "wish", "deadline", "pieces")
)


def pack(supply: Supply) -> bytes:
    """``supply`` without its vectors. The bytes are for `unpack` in the same process."""
    owner, wish, deadline = supply.owner, supply.wish, supply.deadline
    whole = (
        tuple(getattr(supply, name) for name in _PLAIN),
        (owner.type, owner.id),
        (wish.kinds, wish.countries, wish.languages, wish.certifications),
        None if deadline is None else deadline.isoformat(),
        tuple((p.role, p.text, p.title, p.year, p.part) for p in supply.pieces),
    )
    return zlib.compress(marshal.dumps(whole), _LEVEL)


def unpack(packed: bytes, vectors: Mapping[int, Vector] | None = None) -> Supply:
    """The supply that was packed; ``vectors`` are those of its pieces, by place."""
    plain, owner, wish, deadline, pieces = marshal.loads(zlib.decompress(packed))  # noqa: S302
    found = vectors or {}
    return Supply(
        **dict(zip(_PLAIN, plain, strict=True)),
        owner=Owner(*owner),
        wish=Wish(*wish),
        deadline=None if deadline is None else datetime.fromisoformat(deadline),
        pieces=tuple(
            Piece(role, text, title, year, found.get(place), part)
            for place, (role, text, title, year, part) in enumerate(pieces)
        ),
    )
