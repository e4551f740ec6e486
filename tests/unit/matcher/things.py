"""Needs and supplies with everything that a test does not care about filled in."""

from __future__ import annotations

from typing import Any

from services.matcher.adapters.shipped import SCORE_MODEL
from services.matcher.domain import scoring
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Need, Owner, Piece, Supply, Taker
from services.matcher.domain.policy import Policy

POLICY = Policy()
MODEL = scoring.load(SCORE_MODEL)


def demand(**changes: Any) -> Need:
    """A demand of Settat for mobile payment, in French."""
    facts: dict[str, Any] = {
        "need_id": "d-1",
        "kind": "demand",
        "owner": Owner("city", "settat"),
        "asks": "service",
        "version": 1,
        "title": "Paiement mobile sécurisé",
        "description": "Encaisser par carte au marché, avec un terminal mobile.",
        "language": "fr",
        "niches": ("mobile-payment",),
        "city": "settat",
    }
    return Need(**(facts | changes))


def interest(**changes: Any) -> Need:
    """What the member m-9 looks for."""
    facts: dict[str, Any] = {
        "need_id": "interest:m-9",
        "kind": "interest",
        "owner": Owner("member", "m-9"),
        "asks": "interest",
        "version": 1,
        "title": "Terminal de paiement mobile par carte",
        "language": "fr",
        "reach": "international",
        "taker": Taker("startup", "MA", frozenset({"fr"}), frozenset({"ISO 9001"})),
    }
    return Need(**(facts | changes))


def member(supply_id: str = "m-1", text: str = "", **changes: Any) -> Supply:
    """A member that serves `demand` well."""
    text = text or "Terminal de paiement mobile sécurisé : encaisser par carte."
    facts: dict[str, Any] = {
        "supply_id": supply_id,
        "kind": "member",
        "owner": Owner("member", supply_id),
        "name": f"Membre {supply_id}",
        "version": 1,
        "member_kind": "startup",
        "cluster": "mnc",
        "languages": frozenset({"fr"}),
        "niches": ("mobile-payment",),
        "capacity": 3,
        "pieces": (Piece("profile", text),),
    }
    return Supply(**(facts | changes))


def offer(supply_id: str = "o-1", text: str = "", **changes: Any) -> Supply:
    """An offer of the city of Oujda that serves `demand` well."""
    facts: dict[str, Any] = {
        "kind": "offer",
        "owner": Owner("city", "oujda"),
        "offers": "service",
        "member_kind": None,
        "cluster": None,
        "capacity": None,
    }
    return member(supply_id, text, **(facts | changes))


def unrelated(supply_id: str, **changes: Any) -> Supply:
    """A member of another trade."""
    text = "Menuiserie traditionnelle, restauration de plafonds peints."
    return member(supply_id, text, **({"niches": ("farming",)} | changes))


def index_of(*found: Supply) -> SupplyIndex:
    """An index of ``found``, without embeddings."""
    index = SupplyIndex()
    for one in found:
        index.put(one)
    return index
