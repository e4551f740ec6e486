"""Who mutes a field mutes what stands below it, but what it keeps."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.directory import Directory
from services.notifier.domain.gate import MUTED, Drop, Go, Today, may_go, push_of
from services.notifier.domain.messages import Proposal, Reason
from services.notifier.domain.muting import FLAT, is_muted, path, paths
from services.notifier.domain.routing import route
from tests.unit.notifier.choosing import preferences
from tests.unit.notifier.messages import AT_ONCE, MEMBER, NEED, NOW, PROPOSAL, proposal

TREE = {
    "mobile-payment": "payment",
    "wallets": "mobile-payment",
    "cards": "payment",
    "drones": "mobility",
}


@pytest.mark.parametrize(
    ("about", "muted", "kept", "expected"),
    [
        ("payment", "payment", "", True),
        ("cards", "payment", "", True),
        ("wallets", "payment", "", True),
        ("payment", "cards", "", False),
        ("drones", "payment", "", False),
        ("cards", "payment", "cards", False),
        ("wallets", "payment", "mobile-payment", False),
        ("cards", "payment", "mobile-payment", True),
        ("wallets", "payment wallets", "mobile-payment", True),
        ("cards", "payment cards", "cards", False),
        # Nothing above it is muted: then what is kept keeps nothing.
        ("cards", "cards", "cards", True),
        # Of what is named the exact counts, and one muted field is enough.
        ("payment cards", "payment", "cards", False),
        ("payment cards", "cards", "", True),
        ("cards drones", "payment", "cards", False),
        ("cards drones", "mobility payment", "cards", True),
        ("nobody-told-of-it", "nobody-told-of-it", "", True),
    ],
)
def test_the_nearest_choice_counts(about: str, muted: str, kept: str, *, expected: bool) -> None:
    assert is_muted(paths(about.split(), TREE), muted.split(), kept.split()) is expected


names = st.sampled_from("abcdef")


@given(st.dictionaries(names, names), names)
def test_a_path_ends_in_whatever_was_told(tree: dict[str, str], niche: str) -> None:
    steps = path(niche, tree)
    assert steps[0] == niche
    assert len(set(steps)) == len(steps)
    assert all(tree[below] == above for below, above in pairwise(steps))
    assert tree.get(steps[-1]) in (None, *steps)


@given(st.dictionaries(names, names), st.sets(names), st.sets(names), st.sets(names))
def test_what_is_kept_only_ever_lets_more_through(
    tree: dict[str, str], about: set[str], muted: set[str], kept: set[str]
) -> None:
    found = paths(about, tree)
    reached = {step for steps in found for step in steps}
    assert is_muted(found, muted, ()) is not muted.isdisjoint(reached)
    assert is_muted(found, muted, ()) or not is_muted(found, muted, kept)
    assert not is_muted(found, (), kept)


def asked(*niches: str, reasons: tuple[Reason, ...] = ()) -> Proposal:
    return proposal(need=replace(NEED, niches=niches), reasons=reasons)


def told(message: Proposal, tree: dict[str, str] | None = None, **chosen: object) -> object:
    push = push_of(message, MEMBER, "mail", FLAT if tree is None else tree)
    return may_go(push, preferences(**AT_ONCE, **chosen), Today(), NOW)


def test_what_a_demand_names_counts_rather_than_what_it_has_in_common_with_a_member() -> None:
    in_common = (Reason("niche", id="mobility"),)
    assert told(asked("drones", reasons=in_common), TREE, muted_niches=["drones"]) == Drop(MUTED)
    assert told(asked("drones", reasons=in_common), TREE, muted_niches=["cards"]) == Go()
    # Where it names none, or was told before it could, the hub's own finding counts.
    assert told(asked(reasons=in_common), TREE, muted_niches=["mobility"]) == Drop(MUTED)


def test_of_an_offer_that_meets_an_interest_the_offers_own_fields_count() -> None:
    interest = replace(NEED, kind="interest", owner=MEMBER, niches=("cards",), city=None)
    offer = replace(PROPOSAL.supply, kind="offer", owner=NEED.owner, niches=("drones",))
    offered = proposal(need=interest, supply=offer)
    assert told(offered, TREE, muted_niches=["mobility"]) == Drop(MUTED)
    assert told(offered, TREE, muted_niches=["payment"]) == Go()


def test_a_niche_that_moved_is_muted_by_where_it_stands_now() -> None:
    directory = Directory()
    directory.call("niche", "drones", {}, 1, active=True, parent="mobility")
    chosen = preferences(muted_niches=["mobility"], **AT_ONCE)

    def channels() -> list[str]:
        planned = route(asked("drones"), PROPOSAL.recipient, chosen, NOW, tree=directory.parents)
        return [one.channel for one in planned]

    assert channels() == ["inbox"]
    directory.call("niche", "drones", {}, 2, active=True, parent="aviation")
    assert channels() == ["inbox", "mail"]
