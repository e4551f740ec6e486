"""Which initiatives fit a city, and what of it is news to the ambassador."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.matcher.domain import leads
from services.matcher.domain.eligibility import World
from services.matcher.domain.leads import Known, Lead, Speaker, Told
from services.matcher.domain.model import Candidate, Evidence, Need, Owner, Supply
from tests.unit.matcher.things import MODEL, POLICY, demand, index_of, member, offer, unrelated

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PARENTS = {"ict": None, "payment": "ict", "mobile-payment": "payment", "multimedia": "ict"}
WORLD = World({}, PARENTS)
AXES = leads.city_need("settat", ("payment", "farming"), "Paiement, Agriculture", "fr")


def initiative(supply_id: str = "i-1", text: str = "", **changes: object) -> Supply:
    """An initiative of a committee that serves `demand` well."""
    facts = {"offers": "initiative", "owner": Owner("committee", "mnc/trust")}
    return offer(supply_id, text, **(facts | changes))


def known(*supplies: Supply) -> Known:
    """What is known of ``supplies``, by words alone."""
    policy = replace(POLICY, lexical_threshold=0.5)
    others = [unrelated(f"m-{n}") for n in range(8)]
    return Known(index_of(*supplies, *others), WORLD, policy, MODEL, NOW)


def spoken(need: Need, *supplies: Supply) -> set[str]:
    """For which of ``supplies`` a need speaks."""
    return set(leads.speakers(need, [s.supply_id for s in supplies], known(*supplies)))


def speaker(need: Need, score: float, *by: str) -> Speaker:
    """A need that speaks with this score."""
    evidence = Evidence(None, 0.0, None, shared_language=True)
    return Speaker(need, Candidate(initiative(), score, evidence), frozenset(by or (need.need_id,)))


def test_only_active_initiatives_of_committees_are_looked_at() -> None:
    index = index_of(
        initiative("i-2"),
        initiative("i-1"),
        initiative("i-3", active=False),
        initiative("i-4", owner=Owner("city", "fes")),
        offer("o-1"),
        member("m-1"),
    )
    assert [one.supply_id for one in leads.initiatives(index)] == ["i-1", "i-2"]
    assert leads.initiatives(index_of(member())) == []


def test_a_demand_speaks_for_what_answers_it_whatever_kind_of_offer_it_asks_for() -> None:
    far = initiative("i-2", "Menuiserie et plafonds peints.", niches=("farming",))
    assert spoken(demand(asks="technology"), initiative(), far) == {"i-1"}


@pytest.mark.parametrize(
    "changes", [{"deadline": NOW}, {"capacity": 4, "taken": 4}, {"active": False}]
)
def test_nothing_speaks_for_an_initiative_that_is_over_or_full(changes: dict[str, Any]) -> None:
    assert spoken(demand(), initiative(**changes)) == set()
    assert spoken(AXES, initiative(**changes)) == set()


def test_an_axis_speaks_for_its_own_niche_and_the_next_ones_alone() -> None:
    same, child = initiative("i-1", niches=("payment",)), initiative("i-2")
    sibling = initiative("i-3", niches=("multimedia",))
    assert spoken(AXES, same, child, sibling) == {"i-1", "i-2"}
    found = leads.speakers(AXES, ["i-1"], known(same))["i-1"]
    assert found.by == {"payment"}
    assert [reason.id for reason in found.candidate.reasons if reason.kind == "niche"] == [
        "payment"
    ]


def test_a_lead_names_the_best_demand_first_and_the_axes_last() -> None:
    low, high = speaker(demand(need_id="d-2"), 0.4), speaker(demand(need_id="d-1"), 0.7)
    axes = speaker(AXES, 0.9, "payment")
    found = leads.lead("settat", initiative(), [axes, low, high])
    assert found is not None
    assert [one.need.need_id for one in found.speakers] == ["d-1", "d-2", "city:settat"]
    assert (found.score, found.by) == (0.7, frozenset({"d-1", "d-2", "payment"}))
    assert leads.lead("settat", initiative(), []) is None


def found_at(version: int, score: float, *by: str) -> Lead:
    """A lead of a version of the initiative."""
    return Lead("settat", initiative(version=version), (speaker(demand(), score, *by),))


def test_it_is_news_once_and_again_only_for_a_later_version_that_gained() -> None:
    told = Told(2, 0.5, frozenset({"d-1"}))
    assert leads.is_news(found_at(2, 0.5, "d-1"), None)
    assert not leads.is_news(found_at(2, 0.9, "d-1", "d-2"), told)
    assert not leads.is_news(found_at(3, 0.55, "d-1"), told)
    assert leads.is_news(found_at(3, 0.5, "d-1", "d-2"), told)
    assert leads.is_news(found_at(3, 0.6, "d-1"), told)
    assert not leads.is_news(found_at(3, 0.9, "d-1", "d-2"), replace(told, over=True))
