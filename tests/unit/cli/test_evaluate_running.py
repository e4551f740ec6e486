"""A set runs through the matcher's own engine, whatever its rows hold, in the order of its file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.demand import Demand, DemandSubmission
from schemas.member import Member, MemberSubmission
from services.cli.evaluate import facts
from services.cli.evaluate.loading import Faults, Judged, Row
from services.cli.evaluate.running import Engine, engine, rankings
from services.cli.evaluate.vectors import vectors_of
from services.intake.domain.language import Classify
from services.matcher.adapters import events, supply_events
from services.matcher.adapters.shipped import SCORE_MODEL
from services.matcher.adapters.supply_events import supply_of_member
from services.matcher.domain import scoring
from services.matcher.domain.eligibility import World
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Need, Vector
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import rank
from services.matcher.exceptions import TextRefused
from tests.unit.cli.judged_sets import DEMANDS, MEMBERS, a_set, found

SAMPLES = Path(__file__).parents[3] / "samples"
MODEL = scoring.load(SCORE_MODEL)


def rows(name: str, things: list[dict[str, Any]]) -> list[Row]:
    return [Row(f"{name}:{n}", str(t[name]), t) for n, t in enumerate(things, start=1)]


def judged(members: list[dict[str, Any]], demands: list[dict[str, Any]]) -> Judged:
    both = rows("member_id", members), rows("external_id", demands)
    return Judged("made", *both, {}, {}, Faults())


def words_only(of: Judged) -> Engine:
    return engine(of, MODEL, None, lambda _more, _of: None)


def english() -> Classify:
    return lambda _text: ("en", 1.0)


def test_a_set_is_ranked_as_the_service_ranks_the_same_facts() -> None:
    members, demands = (
        [json.loads(line) for line in (SAMPLES / name).read_text("utf-8").splitlines()]
        for name in ("members.jsonl", "demands.jsonl")
    )
    index = SupplyIndex()
    for item in members:
        sent = MemberSubmission.model_validate(item).model_dump(exclude={"contact", "version"})
        index.put(supply_events.supply(supply_of_member(Member(**sent, version=1)), None))
    of = judged(members, [{**item, "language": "fr"} for item in demands])
    for item, ranked in zip(demands, rankings(of.demands, words_only(of), english), strict=True):
        body = {name: v for name, v in item.items() if name not in ("source", "via", "partner")}
        sent = DemandSubmission.model_validate(body).model_dump(exclude={"contact", "version"})
        sent |= {"language": "fr", "reach": "international", "deadline": None, "version": 1}
        demand = Demand(**sent, demand_id=item["external_id"], source=item["source"])
        need, world = events.need_of_demand(demand), World({}, {}, "none")
        now, everybody = datetime.now(UTC), Policy().for_everybody()
        expected = rank(need, index, world, everybody, MODEL, now, depth=1_000).members
        assert ranked.members == [candidate.supply.supply_id for candidate in expected]
        assert ranked.scores == [candidate.score for candidate in expected]


def test_no_rule_keeps_a_pair_out() -> None:
    member = {
        "member_id": "m",
        "capacity": 0,
        "active": False,
        "cluster": "abroad",
        "kind": "nothing known",
        "affiliates": ["fes"],
        "description": "Paiement",
    }
    demand = {
        "external_id": "d",
        "title": "Paiement",
        "reach": "own",
        "deadline": "1999-01-01T00:00:00Z",
        "status": "withdrawn",
        "city": "fes",
        "partner": {"kinds": ["university"], "certifications": ["ISO 27001"]},
    }
    of = judged([member], [demand])
    (ranked,) = rankings(of.demands, words_only(of), english)
    assert ranked.members == ["m"]
    assert ranked.scores[0] > 0.1


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ("name", "title", "summary", "description", "keywords", "niches", "portfolio", "language")


@given(
    st.lists(st.dictionaries(st.sampled_from(FIELDS), ANYTHING), min_size=1, max_size=4),
    st.lists(st.dictionaries(st.sampled_from(FIELDS), ANYTHING), min_size=1, max_size=3),
)
def test_whatever_the_fields_hold_every_member_is_ranked_once(
    members: list[dict[str, Any]], demands: list[dict[str, Any]]
) -> None:
    of = judged(
        [{**member, "member_id": f"~m {n}"} for n, member in enumerate(members)],
        [{**demand, "external_id": f"d{n}"} for n, demand in enumerate(demands)],
    )
    all_ranked = list(rankings(of.demands, words_only(of), english))
    assert [ranked.demand_id for ranked in all_ranked] == [row.id for row in of.demands]
    for ranked in all_ranked:
        assert sorted(ranked.members) == sorted(row.id for row in of.members)
        assert ranked.scores == sorted(ranked.scores, reverse=True)


def test_texts_may_be_longer_than_the_api_allows() -> None:
    long = {"member_id": "m" * 500, "name": "n" * 300, "description": "pain " * 10_000}
    demand = {"external_id": "d", "title": "pain " * 500, "language": "fr"}
    of = judged([long], [demand])
    (ranked,) = rankings(of.demands, words_only(of), english)
    assert ranked.scores[0] > 0.5


def test_a_portfolio_counts_with_and_without_titles_and_years() -> None:
    pieces = [{"title": "Pain"}, {"text": "Levain", "year": "2021-05"}, "Four à bois", 7, None, {}]
    supply = facts.supply_of(Row("", "m", {"portfolio": pieces}))
    assert [(p.role, p.title, p.text, p.year) for p in supply.pieces] == [
        ("profile", "", "", None),
        ("portfolio", "Pain", "Pain", None),
        ("portfolio", "", "Levain", 2021),
        ("portfolio", "", "Four à bois", None),
        ("portfolio", "", "7", None),
    ]


@pytest.mark.parametrize(
    ("given_language", "named"),
    [("AR-ma", "ar-MA"), ("fra", "fr"), (None, "en"), ("français", "en")],
)
def test_a_language_is_that_of_the_line_or_else_detected(
    given_language: str | None, named: str
) -> None:
    text = "A terminal for mobile payments at the market of the town"
    fields = {"title": text, "language": given_language}
    assert facts.need_of(Row("", "d", fields), english).language == named


def test_demands_are_ranked_one_after_another_and_each_is_seen_before_the_next() -> None:
    seen: list[str] = []

    class Watched(SupplyIndex):
        def saw(self, need: Need, now: datetime) -> None:
            seen.append(need.need_id)

    demands = [{"external_id": name, "title": "pain"} for name in ("z", "a", "m")]
    of = judged(list(MEMBERS), demands)
    made = words_only(of)
    watched = Watched()
    for supply in made.index:
        watched.put(supply)
    made.index = watched
    order = []
    for ranked in rankings(of.demands, made, english):
        order.append(ranked.demand_id)
        assert seen == order
    assert order == ["z", "a", "m"]


def test_members_and_demands_without_a_text_are_ranked_and_counted(tmp_path: Path) -> None:
    members = [*MEMBERS, {"member_id": "silent", "description": " \u200b"}]
    members.append({"member_id": "named", "name": "Nom"})
    data = found(a_set(tmp_path, members, [*DEMANDS, {"external_id": "silent"}]))
    assert data["counts"]["members"] == 5
    assert data["counts"]["members_without_text"] == 1
    assert data["counts"]["members_with_a_name_only"] == 1
    assert data["counts"]["demands_without_text"] == 1


class Picky:
    """A model that reads no text with a word of one kind."""

    name, dimension, at_once = "picky", 4, 8

    def __init__(self, refuses: str) -> None:
        self._refuses = refuses

    async def vectors(self, texts: Sequence[str], *_: object) -> list[Vector]:
        if any(self._refuses in text.casefold() for text in texts):
            raise TextRefused("too long")
        return [np.eye(4, dtype=np.float32)[len(text) % 4] for text in texts]

    async def close(self) -> None: ...


def test_a_text_that_the_model_refuses_counts_by_its_words_and_stops_no_other() -> None:
    of = judged(list(MEMBERS), list(DEMANDS))
    with vectors_of(Picky("pain"), None) as vectors:  # the baker's, and the demand for bread
        made = engine(of, MODEL, vectors, lambda _more, _of: None)
        pay, bread = rankings(of.demands, made, english)
    assert vectors is not None
    assert len(vectors.refused) == 2
    assert (pay.vector, bread.vector) == ("computed", "refused")
    assert bread.members[0] == "baker"


def test_a_model_that_refuses_everything_is_no_fault_of_a_text() -> None:
    of = judged(list(MEMBERS), list(DEMANDS))
    with vectors_of(Picky(""), None) as vectors, pytest.raises(TextRefused, match="too long"):
        engine(of, MODEL, vectors, lambda _more, _of: None)
