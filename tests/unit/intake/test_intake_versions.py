"""What becomes of a submission, decided without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.facts import Draft, Fact, Kind, Withdrawal, digest, identity
from services.intake.domain.speakers import Role, Speaker, Words, namesake, objection
from services.intake.domain.status import state_of
from services.intake.domain.versions import (
    Missing,
    NotTheirs,
    Outdated,
    Taken,
    Unchanged,
    submit,
    withdraw,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CITY = Speaker("city:settat", Role.CITY)
OTHER = Speaker("city:oujda", Role.CITY)
HUB = Speaker("hub", Role.HUB)


def draft(
    title: str = "a", claimed: int | None = None, kind: Kind = "demand", **more: Any
) -> Draft:
    content = {"external_id": "SET-1", "title": title, **more}
    return Draft(kind, "id", "SET-1", CITY, content, digest(content), claimed)


def taken(stored: Fact | None, order: Draft | Withdrawal) -> Fact:
    decide = (
        submit(stored, order, NOW) if isinstance(order, Draft) else withdraw(stored, order, NOW)
    )
    assert isinstance(decide, Taken)
    return decide.fact


def withdrawal(speaker: Speaker = CITY, kind: Kind = "demand") -> Withdrawal:
    return Withdrawal(kind, "id", speaker, "found one")


def test_the_first_submission_is_version_1_or_the_version_it_claims() -> None:
    assert taken(None, draft()).version == 1
    assert taken(None, draft(claimed=7)).version == 7


def test_the_document_of_a_demand_says_who_when_and_which_version() -> None:
    first = taken(None, draft())
    assert first.document == {
        "external_id": "SET-1",
        "title": "a",
        "demand_id": "id",
        "source": "city:settat",
        "version": 1,
        "status": "open",
        "submitted_at": "2026-03-02T09:00:00Z",
    }
    second = submit(first, draft("b"), NOW + timedelta(days=1))
    assert isinstance(second, Taken)
    assert second.fact.document["submitted_at"] == "2026-03-02T09:00:00Z"
    assert second.fact.changed_at == NOW + timedelta(days=1)


def test_the_same_content_is_unchanged_whatever_version_it_claims() -> None:
    first = taken(None, draft(claimed=5))
    for claimed in (None, 1, 5, 9):
        verdict = submit(first, draft(claimed=claimed), NOW)
        assert isinstance(verdict, Unchanged)
        assert verdict.fact.version == 5


def test_a_version_heard_of_with_known_content_makes_those_between_stale() -> None:
    unchanged = submit(taken(None, draft(claimed=1)), draft(claimed=4), NOW)
    assert isinstance(unchanged, Unchanged)
    assert submit(unchanged.fact, draft("b", claimed=3), NOW) == Outdated(4)


def test_other_content_is_the_next_version_and_stale_under_an_old_one() -> None:
    first = taken(None, draft(claimed=5))
    assert taken(first, draft("b")).version == 6
    assert taken(first, draft("b", claimed=9)).version == 9
    assert submit(first, draft("b", claimed=5), NOW) == Outdated(5)


def test_a_withdrawal_does_not_use_up_the_senders_next_version() -> None:
    withdrawn = taken(taken(None, draft(claimed=1)), withdrawal())
    assert (withdrawn.version, withdrawn.state, withdrawn.note) == (2, "withdrawn", "found one")
    again = taken(withdrawn, draft("b", claimed=2))
    assert (again.version, again.state, again.note) == (3, "open", "")


def test_withdrawing_twice_or_nothing_changes_nothing() -> None:
    assert isinstance(withdraw(None, withdrawal(), NOW), Missing)
    withdrawn = taken(taken(None, draft()), withdrawal())
    assert withdraw(withdrawn, withdrawal(), NOW) == Unchanged(withdrawn)


def test_a_withdrawn_demand_is_not_opened_by_a_repetition_but_by_news() -> None:
    withdrawn = taken(taken(None, draft()), withdrawal())
    assert withdrawn.document["status"] == "withdrawn"
    repeated = submit(withdrawn, draft(), NOW)
    assert isinstance(repeated, Unchanged)
    assert repeated.fact.state == "withdrawn"
    assert taken(withdrawn, draft("b")).state == "open"
    reopened = taken(withdrawn, draft(claimed=9))
    assert (reopened.state, reopened.document["status"]) == ("open", "open")


def test_a_member_made_inactive_is_active_again_when_it_is_put_again() -> None:
    order = draft(kind="member", active=True, cluster="mnc")
    inactive = taken(taken(None, order), withdrawal(kind="member"))
    assert (inactive.state, inactive.document["active"]) == ("inactive", False)
    again = taken(inactive, order)
    assert (again.version, again.state, again.document["active"]) == (3, "active", True)


def test_another_source_changes_nothing_and_the_hub_may() -> None:
    first = taken(None, draft())
    assert submit(first, replace(draft("b"), speaker=OTHER), NOW) == NotTheirs()
    assert withdraw(first, withdrawal(OTHER), NOW) == Missing()
    by_hub = taken(first, replace(draft("b"), speaker=HUB))
    assert (by_hub.source, by_hub.document["source"]) == ("city:settat", "city:settat")


def test_new_content_keeps_a_proposed_demand_proposed_and_reopens_an_unmatched_one() -> None:
    first = taken(None, draft())
    assert taken(replace(first, state="proposed"), draft("b")).state == "proposed"
    assert taken(replace(first, state="unmatched"), draft("b")).state == "open"


STEPS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", None]), st.none() | st.integers(1, 6)), max_size=12
)


@given(STEPS)
def test_versions_only_grow_and_each_new_one_is_told_once(
    steps: list[tuple[str | None, int | None]],
) -> None:
    stored: Fact | None = None
    versions: list[int] = []
    for title, claimed in steps:
        if title is None:
            verdict = withdraw(stored, withdrawal(), NOW)
        else:
            verdict = submit(stored, draft(title, claimed), NOW)
        if isinstance(verdict, Taken):
            versions.append(verdict.fact.version)
            assert verdict.fact.document["version"] == verdict.fact.version
        if isinstance(verdict, Taken | Unchanged):
            assert stored is None or verdict.fact.claim_floor >= stored.claim_floor
            stored = verdict.fact
    assert versions == sorted(set(versions))


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.text())))
def test_the_digest_does_not_know_the_order_of_keys(content: dict[str, Any]) -> None:
    assert digest(dict(reversed(content.items()))) == digest(content)


def test_the_digest_knows_every_value() -> None:
    assert digest({"a": 1}) != digest({"a": "1"})
    assert digest({"a": [1, 2]}) != digest({"a": [2, 1]})


def test_an_identity_is_the_same_every_time_and_apart_for_each_source_and_kind() -> None:
    assert identity("demand", "s", "x") == identity("demand", "s", "x")
    parts = [("demand", "s", "x"), ("offer", "s", "x"), ("demand", "t", "x"), ("demand", "s", "y")]
    assert len({identity(*part) for part in parts}) == 4  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "kind", "owner", "allowed"),
    [
        (Role.CITY, "demand", None, True),
        (Role.CITY, "offer", "city", True),
        (Role.CITY, "offer", "member", False),
        (Role.CITY, "member", None, False),
        (Role.CITY, "directory", None, False),
        (Role.CLUSTER, "demand", None, True),
        (Role.CLUSTER, "offer", "committee", True),
        (Role.CLUSTER, "member", None, True),
        (Role.CLUSTER, "directory", None, False),
        (Role.HUB, "member", None, True),
        (Role.HUB, "directory", None, True),
    ],
)
def test_each_role_says_what_is_its_own_to_say(
    role: Role, kind: str, owner: str | None, allowed: bool
) -> None:
    assert (objection(Speaker("s", role), Words(kind, owner)) is None) is allowed


FES = Speaker("city:fes", Role.CITY, frozenset({"fes", "meknes"}))
MNC = Speaker("cluster:mnc", Role.CLUSTER, frozenset({"mnc"}))


@pytest.mark.parametrize(
    ("speaker", "said", "pointer"),
    [
        (FES, Words("demand", city="meknes"), None),
        (FES, Words("demand", city="oujda"), "/city"),
        (FES, Words("offer", "city", "fes"), None),
        (FES, Words("offer", "city", "fes", city="oujda"), "/city"),
        (FES, Words("offer", "city", "oujda", city="fes"), "/owner/id"),
        (MNC, Words("member", cluster="mnc"), None),
        (MNC, Words("member", cluster="other"), "/cluster"),
        (MNC, Words("demand", city="oujda"), None),
        (CITY, Words("demand", city="oujda"), None),
        (HUB, Words("member", cluster="other"), None),
    ],
)
def test_a_source_names_only_the_cities_or_clusters_that_it_speaks_for(
    speaker: Speaker, said: Words, pointer: str | None
) -> None:
    found = objection(speaker, said)
    assert (found.pointer if found else None) == pointer


@given(
    st.sampled_from([CITY, OTHER, HUB, MNC, Speaker("cluster:mnc", Role.CLUSTER)]),
    st.sampled_from(["hub", "cluster:mnc", "cluster:other", "city:settat"]),
    st.sampled_from(["mnc", "other"]),
)
def test_a_member_belongs_to_the_hub_and_its_cluster_whoever_wrote_it_first(
    speaker: Speaker, first: str, cluster: str
) -> None:
    owns = speaker.owns(first, cluster)
    if speaker == MNC:
        assert owns == (cluster == "mnc")
    else:
        assert owns == (speaker.is_hub or speaker.source == first)


@pytest.mark.parametrize(
    ("source", "role", "named"),
    [
        ("city:fes", Role.CITY, {"fes"}),
        ("cluster:mnc", Role.CLUSTER, {"mnc"}),
        ("city:fes", Role.CLUSTER, None),
        ("city:", Role.CITY, None),
        ("fes", Role.CITY, None),
        ("hub", Role.HUB, None),
        ("hub:x", Role.HUB, None),
    ],
)
def test_a_source_may_say_by_its_name_whom_it_speaks_for(
    source: str, role: Role, named: set[str] | None
) -> None:
    assert namesake(source, role) == named


@pytest.mark.parametrize(
    ("present", "told", "outcome", "matches", "state"),
    [
        ("open", None, None, set(), "open"),
        ("open", None, "proposed", {"proposed"}, "proposed"),
        ("open", None, None, {"proposed"}, "proposed"),
        ("open", None, "unmatched", set(), "unmatched"),
        ("proposed", None, "unmatched", {"declined"}, "unmatched"),
        ("proposed", None, "proposed", {"declined", "lapsed"}, "open"),
        ("proposed", None, "proposed", {"accepted", "declined"}, "proposed"),
        ("proposed", None, "proposed", {"introduced", "proposed"}, "introduced"),
        ("withdrawn", None, "proposed", {"proposed"}, "withdrawn"),
        ("proposed", "fulfilled", "proposed", {"introduced", "proposed"}, "fulfilled"),
        ("introduced", "expired", "unmatched", set(), "expired"),
        ("withdrawn", "introduced", None, {"introduced"}, "withdrawn"),
    ],
)
def test_the_state_is_what_was_told_and_else_follows_from_decision_and_matches(
    present: str, told: str | None, outcome: str | None, matches: set[str], state: str
) -> None:
    assert state_of(present, told, outcome, matches) == state
