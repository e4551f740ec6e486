"""The hard rules, each by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from services.matcher.domain.eligibility import RULES, World, barrier
from services.matcher.domain.model import Need, Owner, Supply, Wish
from tests.strategies import NOW, WORLD
from tests.unit.matcher.things import demand, interest, member, offer

YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)
KEPT_OUT: dict[str, Callable[[], tuple[Need, Supply]]] = {}
"""For each rule a pair that this rule, and no earlier one, keeps apart."""


def keeps_out(rule: str) -> Callable[..., Callable[[], tuple[Need, Supply]]]:
    """Register the pair that a function makes as the example of ``rule``."""

    def register(pair: Callable[[], tuple[Need, Supply]]) -> Callable[[], tuple[Need, Supply]]:
        KEPT_OUT[rule] = pair
        return pair

    return register


@keeps_out("side")
def an_offer_of_another_kind() -> tuple[Need, Supply]:
    return demand(asks="incubation"), offer(offers="technology")


@keeps_out("active")
def a_member_that_left() -> tuple[Need, Supply]:
    return demand(), member(active=False)


@keeps_out("need-open")
def a_demand_whose_deadline_has_passed() -> tuple[Need, Supply]:
    return demand(deadline=YESTERDAY), member()


@keeps_out("offer-open")
def an_offer_whose_deadline_has_passed() -> tuple[Need, Supply]:
    return demand(), offer(deadline=YESTERDAY)


@keeps_out("itself")
def a_city_and_its_own_offer() -> tuple[Need, Supply]:
    return demand(), offer(owner=Owner("city", "settat"))


@keeps_out("reach")
def a_demand_for_its_own_cluster_and_a_partner() -> tuple[Need, Supply]:
    return demand(reach="own"), member(cluster="agri")


@keeps_out("offer-reach")
def an_offer_for_its_own_cluster_and_a_partner() -> tuple[Need, Supply]:
    return interest(cluster="agri"), offer(reach="own")


@keeps_out("kind")
def a_demand_for_a_laboratory_and_a_startup() -> tuple[Need, Supply]:
    return demand(wish=Wish(kinds=frozenset({"laboratory"}))), member(member_kind="startup")


@keeps_out("country")
def a_demand_for_france_and_a_moroccan_member() -> tuple[Need, Supply]:
    return demand(wish=Wish(countries=frozenset({"FR"}))), member(country="MA")


@keeps_out("language")
def a_demand_for_speakers_of_english_and_a_member_that_speaks_french() -> tuple[Need, Supply]:
    return demand(wish=Wish(languages=frozenset({"en"}))), member(languages=frozenset({"fr"}))


@keeps_out("certification")
def a_demand_for_two_certificates_and_a_member_with_one() -> tuple[Need, Supply]:
    wish = Wish(certifications=frozenset({"ISO 27001", "PCI DSS"}))
    return demand(wish=wish), member(certifications=frozenset({"ISO 27001"}))


@keeps_out("capacity")
def a_member_with_no_place_left() -> tuple[Need, Supply]:
    return demand(), member(capacity=2, taken=2)


def test_every_rule_has_an_example_here() -> None:
    assert set(KEPT_OUT) == {name for name, _ in RULES}


@pytest.mark.parametrize(("rule", "pair"), KEPT_OUT.items(), ids=KEPT_OUT)
def test_the_rule_that_keeps_a_pair_apart_is_named(
    rule: str, pair: Callable[[], tuple[Need, Supply]]
) -> None:
    assert barrier(*pair(), WORLD, NOW) == rule


@pytest.mark.parametrize("supply", [member(), offer()], ids=["member", "offer"])
def test_a_pair_that_no_rule_keeps_apart_is_eligible(supply: Supply) -> None:
    assert barrier(demand(), supply, WORLD, NOW) is None


def test_an_interest_is_answered_by_offers_and_not_by_members() -> None:
    assert barrier(interest(), offer(), WORLD, NOW) is None
    assert barrier(interest(), member(), WORLD, NOW) == "side"


def test_a_closed_need_gets_nobody() -> None:
    assert barrier(demand(is_open=False), member(), WORLD, NOW) == "need-open"


@pytest.mark.parametrize("supply", [member(), offer(deadline=TOMORROW)])
def test_a_deadline_ahead_keeps_nobody_out(supply: Supply) -> None:
    assert barrier(demand(deadline=TOMORROW), supply, WORLD, NOW) is None


def test_a_member_is_not_told_of_its_own_offer() -> None:
    own = offer(owner=Owner("member", "m-9"))
    assert barrier(interest(), own, WORLD, NOW) == "itself"


@pytest.mark.parametrize(
    ("need", "supply"),
    [
        (interest(affiliates=frozenset({"m-8"})), offer(owner=Owner("member", "m-8"))),
        (interest(), offer(owner=Owner("member", "m-8"), affiliates=frozenset({"m-9"}))),
    ],
    ids=["named by the asker", "named by the other side"],
)
def test_a_member_is_not_told_of_the_offer_of_an_affiliate(need: Need, supply: Supply) -> None:
    assert barrier(need, supply, WORLD, NOW) == "itself"


@pytest.mark.parametrize(
    ("reach", "cluster", "within"),
    [
        ("own", "mnc", True),
        ("own", "agri", False),
        ("national", "agri", True),
        ("national", "lyon", False),
        ("international", "lyon", True),
        ("national", "unheard-of", False),
        ("own", None, True),
    ],
)
def test_a_demand_reaches_the_clusters_of_its_tier(
    reach: str, cluster: str | None, within: bool
) -> None:
    found = barrier(demand(reach=reach), member(cluster=cluster), WORLD, NOW)
    assert found == (None if within else "reach")


def test_the_hub_of_another_cluster_has_another_own_tier() -> None:
    elsewhere = World(WORLD.tiers, WORLD.parents, own_cluster="agri")
    assert barrier(demand(reach="own"), member(cluster="agri"), elsewhere, NOW) is None


@pytest.mark.parametrize(("wanted", "spoken"), [("ar", "ar-MA"), ("ar-MA", "ar"), ("FR", "fr")])
def test_languages_are_compared_without_region_and_case(wanted: str, spoken: str) -> None:
    need = demand(wish=Wish(languages=frozenset({wanted})))
    assert barrier(need, member(languages=frozenset({spoken})), WORLD, NOW) is None


def test_one_of_the_languages_wanted_is_enough() -> None:
    need = demand(wish=Wish(languages=frozenset({"en", "fr"})))
    assert barrier(need, member(languages=frozenset({"fr"})), WORLD, NOW) is None


def test_certificates_are_compared_without_case() -> None:
    need = demand(wish=Wish(certifications=frozenset({"ISO 27001"})))
    assert barrier(need, member(certifications=frozenset({"iso 27001"})), WORLD, NOW) is None


@pytest.mark.parametrize(
    ("capacity", "taken", "room"), [(None, 1_000, True), (2, 1, True), (0, 0, False)]
)
def test_a_supply_without_limit_always_has_room(
    capacity: int | None, taken: int, room: bool
) -> None:
    full = replace(member(), capacity=capacity, taken=taken)
    assert (barrier(demand(), full, WORLD, NOW) is None) == room
