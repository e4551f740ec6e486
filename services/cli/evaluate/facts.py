"""From a line of a set to what the matcher ranks, with whatever fields there are.

The contract's limits (lengths, kinds, fields that must be there) are those of the hub's doors and
do not hold here: a set is measured as it is. Texts are cleaned and languages named as intake does,
and members become supplies by the matcher's own adapter.

No rule of eligibility may keep a pair out, for a set judges relevance alone: clusters, reach,
what is required of a partner, deadlines, places and affiliates are left out of both sides.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from schemas.member import Member
from schemas.supply import Supply as SupplyEvent
from schemas.values import MemberKind, PortfolioPiece
from services.cli.evaluate.loading import Row
from services.intake.domain.language import Classify, detect, normalise_tag
from services.intake.domain.text import clean_all
from services.matcher.adapters import supply_events
from services.matcher.domain.model import Need, Owner

Classifier = Callable[[], Classify]
"""Gives the classifier of languages, and loads it when it is asked for the first time."""

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_YEAR = re.compile(r"(?:19|20)\d\d")


def supply_of(row: Row) -> SupplyEvent:
    """What the member of a line can do, before its texts are embedded.

    Its ids are placeholders, for those of a set need not be identifiers of the contract.
    """
    fields = clean_all(row.fields)
    member = Member.model_construct(
        member_id="m",
        cluster="c",
        name=_text(fields.get("name")),
        kind=MemberKind.COMPANY,
        description=_text(fields.get("description")),
        portfolio=_portfolio(fields.get("portfolio")),
        keywords=_texts(fields.get("keywords")),
        version=1,
    )
    return supply_events.supply_of_member(member)


def niches_of(row: Row) -> tuple[str, ...]:
    """The niches that a line names."""
    return _texts(row.fields.get("niches"))


def city_of(row: Row) -> str | None:
    """The city that a line names."""
    return _text(row.fields.get("city")) or None


def need_of(row: Row, classifier: Classifier) -> Need:
    """The need that the demand of a line states; a language that is not given is detected."""
    fields = clean_all(row.fields)
    title, summary, description = (
        _text(fields.get(name)) for name in ("title", "summary", "description")
    )
    language = fields.get("language")
    if not isinstance(language, str) or not _TAG.fullmatch(language):
        text = "\n".join(filter(None, (title, summary, description)))
        language = detect(text, classifier())
    return Need(
        need_id=row.id,
        kind="demand",
        owner=Owner("city", ""),
        asks=_text(fields.get("kind")),
        version=1,
        title=title,
        language=normalise_tag(language),
        summary=summary,
        description=description,
        keywords=_texts(fields.get("keywords")),
        niches=niches_of(row),
        city=city_of(row),
        reach="international",
    )


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return "\n".join(_texts(value)) if isinstance(value, list) else ""


def _texts(value: Any) -> tuple[str, ...]:
    many = value if isinstance(value, list) else [value]
    return tuple(text for text in map(_text, many) if text)


def _portfolio(value: Any) -> tuple[PortfolioPiece, ...]:
    pieces = [_piece(item) for item in value] if isinstance(value, list) else []
    return tuple(piece for piece in pieces if piece.title or piece.text)


def _piece(item: Any) -> PortfolioPiece:
    if not isinstance(item, dict):
        return PortfolioPiece.model_construct(title="", text=_text(item))
    year = _YEAR.search(_text(item.get("year")))
    return PortfolioPiece.model_construct(
        title=_text(item.get("title")),
        text=_text(item.get("text")),
        year=int(year.group()) if year else None,
    )
