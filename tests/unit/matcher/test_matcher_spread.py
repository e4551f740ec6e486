"""When members are near equal, load decides; and what it may never do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain.decisions import depth, shortlist, weighed
from services.matcher.domain.model import Candidate, Evidence, Owner, Piece, Supply
from services.matcher.domain.policy import Policy, Spread
from services.matcher.domain.ranking import Ranking
from services.matcher.domain.spread import (
    IDLE,
    Choice,
    Load,
    choose,
    crowding,
    has_little_text,
    load_of,
    welcome,
)
from tests.unit.matcher.things import demand, interest, member

SPREAD = Spread(near=0.1, welcome=0.05, welcomed=3.0, little_text=5, pool=20)
MUCH = Piece("profile", "Terminal de paiement mobile sécurisé pour encaisser au marché")
LITTLE = Piece("profile", "Paiement mobile")
ASKED = Load(1.0, 0)


def candidate(name: str, score: float, *, little: bool = False) -> Candidate:
    """A member of this score; its place in a ranking is the caller's."""
    supply = member(name, capacity=3, pieces=(LITTLE if little else MUCH,))
    return Candidate(supply, score, Evidence(None, 0.5, 1.0, True))


def names(choice: Choice, willing: list[Candidate]) -> list[str]:
    """The ids of those who are chosen."""
    return [willing[place].supply.supply_id for place in choice.places]


def loads(**of: Load) -> dict[Owner, Load]:
    """The loads of members, by id."""
    return {Owner("member", name): load for name, load in of.items()}


def test_of_two_near_equals_the_less_loaded_is_asked() -> None:
    two = [candidate("a", 0.90), candidate("b", 0.86)]
    choice = choose(two, (), 1, loads(a=Load(4.0), b=ASKED), SPREAD)
    assert names(choice, two) == ["b"]
    assert choice.because[1] == "spread"


def test_somebody_clearly_better_is_asked_however_loaded() -> None:
    two = [candidate("a", 0.90), candidate("b", 0.74)]
    assert names(choose(two, (), 1, loads(a=Load(99.0), b=ASKED), SPREAD), two) == ["a"]


def test_without_spread_the_score_alone_decides() -> None:
    two = [candidate("a", 0.90), candidate("b", 0.90)]
    assert names(choose(two, (), 1, loads(a=Load(9.0)), None), two) == ["a"]


def test_nobody_is_left_out_where_there_are_places_for_all() -> None:
    two = [candidate("a", 0.95), candidate("b", 0.61)]
    choice = choose(two, (), 3, loads(b=Load(9.0, 9)), SPREAD)
    assert names(choice, two) == ["a", "b"]
    assert set(choice.because.values()) == {"merit"}


def test_a_proposal_that_waits_weighs_more_the_fewer_places_are_left() -> None:
    free, taken = member(capacity=3), member(capacity=3, taken=2)
    waiting = Load(1.0, 1)
    assert crowding(waiting, member(capacity=None)) == 1.0
    assert crowding(waiting, free) < crowding(waiting, taken) == 2.0


def test_a_proposal_counts_half_after_a_half_life_and_nothing_after_the_window() -> None:
    spread = Spread(half_life=30, window=90)
    assert load_of([0.0, 30.0, 90.1], 1, spread) == Load(1.5, 1)
    assert load_of([91.0], 0, spread) == IDLE


def test_little_text_is_few_terms_and_no_past_work() -> None:
    work = Piece("portfolio", "Étals", "Étals du marché")
    assert has_little_text(member(pieces=(LITTLE,)), SPREAD)
    assert not has_little_text(member(pieces=(MUCH,)), SPREAD)
    assert not has_little_text(member(pieces=(LITTLE, work)), SPREAD)


def test_a_newcomer_is_let_in_among_near_equals_and_counted_apart() -> None:
    three = [candidate("a", 0.90), candidate("b", 0.88), candidate("n", 0.86, little=True)]
    known = loads(a=ASKED, b=ASKED, n=ASKED)
    choice = choose(three, (), 2, known, replace(SPREAD, near=0.0))
    assert names(choice, three) == ["a", "n"]
    assert choice.because == {0: "merit", 2: "newcomer"}


def test_who_was_never_asked_is_new_however_much_it_says() -> None:
    two = [candidate("a", 0.90), candidate("b", 0.86)]
    assert names(choose(two, (), 1, loads(a=ASKED), replace(SPREAD, near=0.0)), two) == ["b"]


def test_the_welcome_shrinks_to_nothing_with_what_a_newcomer_is_asked() -> None:
    short = member(pieces=(LITTLE,))
    given_ = [welcome(Load(recent), short, SPREAD) for recent in (0.0, 1.0, 2.0, 3.0, 9.0)]
    assert given_ == pytest.approx([0.05, 0.05 * 2 / 3, 0.05 / 3, 0.0, 0.0])


def test_who_was_asked_keeps_the_place_against_near_equals_who_come_later() -> None:
    three = [candidate("new", 0.95), candidate("asked", 0.88), candidate("c", 0.70)]
    choice = choose(three, {1}, 1, loads(asked=Load(5.0, 5)), SPREAD)
    assert names(choice, three) == ["asked"]


def test_somebody_clearly_better_who_comes_later_is_asked_too() -> None:
    two = [candidate("new", 0.95), candidate("asked", 0.70)]
    assert names(choose(two, {1}, 1, {}, SPREAD), two) == ["new"]


def test_an_interest_is_shown_the_best_whatever_their_load() -> None:
    offers = (candidate("a", 0.9), candidate("b", 0.89), candidate("c", 0.88))
    ranking = Ranking((), offers, (), 3)
    busy = loads(a=Load(9.0))
    listed = shortlist(interest(), ranking, {}, Policy(offers_per_need=1), busy)
    assert [r.candidate.supply.supply_id for r in listed] == ["a"]
    assert not weighed(interest(), ranking, Policy(offers_per_need=1))


def test_loads_are_asked_for_only_where_there_is_a_choice() -> None:
    few = Ranking((candidate("a", 0.9),), (), (), 1)
    many = Ranking(tuple(candidate(n, 0.9) for n in "abcd"), (), (), 4)
    assert not weighed(demand(), few, Policy())
    assert weighed(demand(), many, Policy()) == {Owner("member", n) for n in "abcd"}
    assert not weighed(demand(), many, Policy(spread=None))


scores = st.integers(600_000, 999_999).map(lambda millionths: millionths / 1e6)
amounts = st.builds(
    Load, st.sampled_from([0.0, 0.25, 1.0, 2.5, 8.0]), st.sampled_from([0, 0, 1, 3])
)


@st.composite
def rankings(draw: st.DrawFn) -> list[Candidate]:
    """Members, the best first, some with little text, some without room for many."""
    found = draw(st.lists(st.tuples(scores, st.booleans(), st.integers(1, 3)), max_size=9))
    found.sort(key=lambda one: -one[0])
    made = []
    for number, (score, little, capacity) in enumerate(found):
        one = candidate(f"m{number}", score, little=little)
        made.append(replace(one, supply=replace(one.supply, capacity=capacity)))
    return made


some_loads = st.dictionaries(
    st.integers(0, 8).map(lambda number: Owner("member", f"m{number}")), amounts
)
spreads = st.builds(
    Spread,
    near=st.sampled_from([0.0, 0.02, 0.1, 0.3]),
    welcome=st.sampled_from([0.0, 0.05, 0.1]),
    little_text=st.just(5),
)
asked_before = st.frozensets(st.integers(0, 8))
places_ = st.integers(0, 5)


def crowd(one: Candidate, of: Mapping[Owner, Load]) -> float:
    """How crowded a candidate is."""
    return crowding(of.get(one.supply.owner, IDLE), one.supply)


def greeted(one: Candidate, of: Mapping[Owner, Load], spread: Spread) -> float:
    """The welcome that a candidate gets."""
    return welcome(of.get(one.supply.owner, IDLE), one.supply, spread)


@given(rankings(), asked_before, places_, some_loads, spreads)
def test_as_many_are_chosen_as_there_are_places_or_willing(
    willing: list[Candidate],
    asked: frozenset[int],
    places: int,
    of: dict[Owner, Load],
    spread: Spread,
) -> None:
    choice = choose(willing, asked, places, of, spread)
    fresh = [place for place in range(len(willing)) if place not in asked]
    assert len(choice.places) <= places
    assert len(choice.places) == places or set(fresh) <= set(choice.places)
    assert choice == choose(willing, asked, places, of, spread), "the same in, the same out"


@given(rankings(), asked_before, places_, some_loads, spreads)
def test_nobody_is_asked_in_place_of_somebody_clearly_better(
    willing: list[Candidate],
    asked: frozenset[int],
    places: int,
    of: dict[Owner, Load],
    spread: Spread,
) -> None:
    choice = choose(willing, asked, places, of, spread)
    passed_over = [p for p in range(len(willing)) if p not in choice.places and p not in asked]
    for chosen in set(choice.places) - asked:
        margin = spread.near + greeted(willing[chosen], of, spread)
        for better in passed_over:
            assert willing[better].score <= willing[chosen].score + margin + 1e-6


@given(rankings(), asked_before, places_, some_loads, spreads)
def test_whoever_is_better_less_crowded_and_as_new_is_asked_too(
    willing: list[Candidate],
    asked: frozenset[int],
    places: int,
    of: dict[Owner, Load],
    spread: Spread,
) -> None:
    choice = choose(willing, asked, places, of, spread)
    for chosen in set(choice.places) - asked:
        for other in set(range(len(willing))) - set(choice.places) - asked:
            assert not (
                willing[other].score > willing[chosen].score
                and crowd(willing[other], of) <= crowd(willing[chosen], of)
                and greeted(willing[other], of, spread) >= greeted(willing[chosen], of, spread)
            )


@given(rankings(), asked_before, places_, some_loads, some_loads, spreads)
def test_looking_again_asks_nobody_else_whatever_the_loads_have_become(
    willing: list[Candidate],
    asked: frozenset[int],
    places: int,
    of: dict[Owner, Load],
    later: dict[Owner, Load],
    spread: Spread,
) -> None:
    before = asked | set(choose(willing, asked, places, of, spread).places)
    again = choose(willing, before, places, later, spread)
    assert set(again.places) <= before


@given(rankings(), places_, some_loads, spreads)
def test_whom_it_is_over_with_leaves_one_place_to_one_other(
    willing: list[Candidate], places: int, of: dict[Owner, Load], spread: Spread
) -> None:
    chosen = choose(willing, (), places, of, spread).places
    if not chosen:
        return
    rest = [one for place, one in enumerate(willing) if place != chosen[0]]
    asked = {p for p, one in enumerate(rest) if one in [willing[c] for c in chosen[1:]]}
    fresh = set(choose(rest, asked, places, of, spread).places) - asked
    assert len(fresh) == min(1, len(rest) - len(asked))


@given(rankings(), some_loads)
def test_a_decision_by_load_is_not_repeated(
    willing: list[Candidate], of: dict[Owner, Load]
) -> None:
    policy = Policy(spread=SPREAD)
    ranking = Ranking(tuple(willing), (), (), len(willing))
    chosen = shortlist(demand(), ranking, {}, policy, of)
    history = {ranked.candidate.supply.supply_id: "proposed" for ranked in chosen}
    again = shortlist(demand(), ranking, history, policy, {})
    assert {r.candidate.supply.supply_id for r in again} == set(history)
    assert [r.rank for r in chosen] == list(range(1, len(chosen) + 1))
    assert [r.candidate.score for r in chosen] == sorted(
        (r.candidate.score for r in chosen), reverse=True
    )


def test_a_ranking_goes_deep_enough_for_the_near_equals() -> None:
    alone, near = Policy(spread=None), Policy(spread=Spread(pool=7))
    assert depth(demand(), {}, near) == depth(demand(), {}, alone) + 7
    assert depth(interest(), {}, near) == depth(interest(), {}, alone)


def test_a_supply_of_several_offers_is_loaded_through_its_owner() -> None:
    def offered(name: str, owner: str) -> Supply:
        return replace(member(name), kind="offer", owner=Owner("member", owner))

    one = Candidate(offered("o-1", "busy"), 0.90, Evidence(None, 0.5, 1.0, True))
    two = Candidate(offered("o-2", "calm"), 0.88, Evidence(None, 0.5, 1.0, True))
    choice = choose([one, two], (), 1, loads(busy=Load(5.0), calm=ASKED), SPREAD)
    assert choice.places == (1,)
