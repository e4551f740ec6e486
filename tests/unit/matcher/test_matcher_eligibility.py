"""The hard rules, each by its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.member import Member
from schemas.values import MemberKind
from services.matcher.adapters.events import need_of_interests
from services.matcher.domain.eligibility import RULES, World, barrier
from services.matcher.domain.model import Need, Owner, Supply, Taker, Wish
from tests.strategies import NOW, WORLD
from tests.unit.matcher.things import demand, interest, member, offer

YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)


def keeps_out(rule: str, need: Need, supply: Supply) -> bool:
    """Whether ``rule``, and no earlier one, keeps the pair apart."""
    return barrier(need, supply, WORLD, NOW) == rule


def test_rule_side_keeps_out_an_offer_of_another_kind() -> None:
    assert keeps_out("side", demand(asks="incubation"), offer(offers="technology"))


def test_rule_active_keeps_out_a_member_that_left() -> None:
    assert keeps_out("active", demand(), member(active=False))


def test_rule_opted_out_keeps_out_a_member_that_wants_no_demands_of_this_kind() -> None:
    assert keeps_out("opted-out", demand(asks="service"), member(opted_out=frozenset({"service"})))


def test_rule_need_open_keeps_out_who_comes_after_the_deadline_of_a_demand() -> None:
    assert keeps_out("need-open", demand(deadline=YESTERDAY), member())


def test_rule_offer_open_keeps_out_an_offer_whose_deadline_has_passed() -> None:
    assert keeps_out("offer-open", demand(), offer(deadline=YESTERDAY))


def test_rule_itself_keeps_out_the_own_offer_of_a_city() -> None:
    assert keeps_out("itself", demand(), offer(owner=Owner("city", "settat")))


def test_rule_frozen_keeps_out_a_member_that_parted_from_the_city_lately() -> None:
    parted = (Owner("member", "s-1"), TOMORROW)
    assert keeps_out("frozen", demand(frozen=(parted,)), member("s-1"))


def test_rule_reach_keeps_out_a_partner_cluster_from_a_demand_for_the_own_one() -> None:
    assert keeps_out("reach", demand(reach="own"), member(cluster="agri"))


def test_rule_offer_reach_keeps_out_a_partner_cluster_from_an_offer_for_the_own_one() -> None:
    assert keeps_out("offer-reach", interest(cluster="agri"), offer(reach="own"))


def test_rule_kind_keeps_out_a_startup_where_a_laboratory_is_wanted() -> None:
    assert keeps_out(
        "kind", demand(wish=Wish(kinds=frozenset({"laboratory"}))), member(member_kind="startup")
    )


def test_rule_country_keeps_out_a_moroccan_member_where_france_is_wanted() -> None:
    assert keeps_out(
        "country", demand(wish=Wish(countries=frozenset({"FR"}))), member(country="MA")
    )


def test_rule_language_keeps_out_a_member_that_speaks_french_where_english_is_wanted() -> None:
    assert keeps_out(
        "language",
        demand(wish=Wish(languages=frozenset({"en"}))),
        member(languages=frozenset({"fr"})),
    )


def test_rule_certification_keeps_out_a_member_with_one_of_two_certificates() -> None:
    wish = Wish(certifications=frozenset({"ISO 27001", "PCI DSS"}))
    assert keeps_out(
        "certification", demand(wish=wish), member(certifications=frozenset({"ISO 27001"}))
    )


def test_rule_taker_keeps_out_a_startup_where_an_offer_wants_a_university() -> None:
    wanted = Wish(kinds=frozenset({"university"}))
    assert keeps_out("taker", interest(), offer(wish=wanted))


def test_rule_capacity_keeps_out_a_member_with_no_place_left() -> None:
    assert keeps_out("capacity", demand(), member(capacity=2, taken=2))


def test_each_rule_has_its_own_test() -> None:
    tests = [name for name in globals() if name.startswith("test_rule_")]
    for rule, _ in RULES:
        named = f"test_rule_{rule.replace('-', '_')}_keeps_out_"
        assert any(name.startswith(named) for name in tests), rule


@pytest.mark.parametrize("supply", [member(), offer()], ids=["member", "offer"])
def test_a_pair_that_no_rule_keeps_apart_is_eligible(supply: Supply) -> None:
    assert barrier(demand(), supply, WORLD, NOW) is None


@pytest.mark.parametrize(
    ("opted_out", "asked"), [({"all"}, False), ({"incubation"}, True), (set(), True)]
)
def test_a_member_opts_out_of_kinds_or_of_all(opted_out: set[str], asked: bool) -> None:
    found = barrier(demand(), member(opted_out=frozenset(opted_out)), WORLD, NOW)
    assert found == (None if asked else "opted-out")


def test_who_is_frozen_thaws_by_itself() -> None:
    parted = (Owner("member", "s-1"), YESTERDAY)
    assert barrier(demand(frozen=(parted,)), member("s-1"), WORLD, NOW) is None


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


STARTUP = Taker("startup", "MA", frozenset({"fr"}), frozenset({"ISO 9001"}))


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        (Wish(), True),
        (Wish(kinds=frozenset({"startup", "company"})), True),
        (Wish(countries=frozenset({"MA"})), True),
        (Wish(countries=frozenset({"FR"})), False),
        (Wish(languages=frozenset({"en", "fr-MA"})), True),
        (Wish(languages=frozenset({"en"})), False),
        (Wish(certifications=frozenset({"iso 9001"})), True),
        (Wish(certifications=frozenset({"ISO 9001", "PCI DSS"})), False),
    ],
)
def test_an_offer_gets_the_taker_that_it_asks_for(wanted: Wish, taken: bool) -> None:
    found = barrier(interest(taker=STARTUP), offer(wish=wanted), WORLD, NOW)
    assert found == (None if taken else "taker")


def test_a_member_takes_offers_as_what_it_says_of_itself() -> None:
    said = Member(
        member_id="m-9",
        cluster="mnc",
        name="Atlas",
        kind=MemberKind.LABORATORY,
        country="FR",
        languages=("fr", "ar-MA"),
        certifications=("ISO 9001",),
        interests=("Capteurs",),
        version=1,
    )
    expected = Taker("laboratory", "FR", frozenset({"fr", "ar-MA"}), frozenset({"ISO 9001"}))
    assert need_of_interests(said, "fr").taker == expected


def test_a_member_that_states_no_language_does_not_take_an_offer_that_asks_for_one() -> None:
    silent = replace(STARTUP, languages=frozenset())
    wanted = offer(wish=Wish(languages=frozenset({"fr"})))
    assert barrier(interest(taker=silent), wanted, WORLD, NOW) == "taker"


@pytest.mark.parametrize(
    ("city", "country", "taken"),
    [("settat", "MA", True), ("settat", "FR", False), ("unheard-of", "FR", True)],
)
def test_of_a_city_the_country_is_asked_where_the_directory_tells_it(
    city: str, country: str, taken: bool
) -> None:
    wanted = offer(wish=Wish(countries=frozenset({country})))
    found = barrier(demand(owner=Owner("city", city)), wanted, WORLD, NOW)
    assert found == (None if taken else "taker")


def test_of_a_city_nothing_is_asked_that_only_a_member_can_have() -> None:
    wanted = Wish(
        kinds=frozenset({"university"}),
        languages=frozenset({"en"}),
        certifications=frozenset({"ISO 9001"}),
    )
    assert barrier(demand(), offer(wish=wanted), WORLD, NOW) is None
