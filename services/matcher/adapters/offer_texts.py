"""What an offer says of itself, which travels with its matches and is in no index."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from schemas.match import Match, SupplyBrief
from schemas.supply import Supply as SupplyEvent
from services.matcher.adapters.supply_events import LONGEST_TEXT, beginning
from services.runtime.database import Connection

_FACTS = "SELECT facts FROM supplies WHERE kind = 'offer' AND supply_id = ANY($1::text[])"


@dataclass(frozen=True, slots=True)
class OfferText:
    """Summary, description and niches of an offer, and the language (BCP 47) of its texts."""

    summary: str
    description: str
    language: str | None
    niches: tuple[str, ...]

    def on(self, brief: SupplyBrief) -> SupplyBrief:
        """``brief`` with it."""
        return brief.model_copy(
            update={
                "summary": self.summary,
                "description": self.description,
                "language": self.language,
                "niches": self.niches,
            }
        )


async def texts_of(connection: Connection, offers: Collection[str]) -> Mapping[str, OfferText]:
    """Those of ``offers`` that are stored, by id."""
    if not offers:
        return {}
    rows = await connection.fetch(_FACTS, sorted(offers))
    found = [SupplyEvent.model_validate(row["facts"]) for row in rows]
    return {one.supply_id: _text(one) for one in found}


async def with_texts(connection: Connection, matches: Sequence[Match]) -> list[Match]:
    """``matches``, those of offers with what the offers say."""
    offers = {match.supply.id for match in matches if match.supply.kind == "offer"}
    texts = await texts_of(connection, offers)
    return [
        match.model_copy(update={"supply": texts[match.supply.id].on(match.supply)})
        if match.supply.id in texts
        else match
        for match in matches
    ]


def _text(offer: SupplyEvent) -> OfferText:
    """One that was stored before its texts were kept apart has them in its pieces alone."""
    description, language = offer.description, offer.language
    if not (offer.summary or description):
        pieces = sorted((p for p in offer.pieces if p.role == "profile"), key=lambda p: p.part)
        whole = " ".join(piece.text for piece in pieces)
        description = "" if whole == offer.name else beginning(whole, LONGEST_TEXT)
        # Those of who stands behind it where that is a member: then its own is not known.
        language = offer.languages[0] if len(offer.languages) == 1 else None
    return OfferText(offer.summary, description, language, offer.niches)
