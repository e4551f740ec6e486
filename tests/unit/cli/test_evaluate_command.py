"""`jisr evaluate`: what it shows, what it writes, how it ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from services.cli.errors import CommandFailed
from services.cli.evaluate.measuring import NAMES
from services.cli.evaluate.method import Method
from services.cli.evaluate.running import score_model
from services.matcher.adapters.shipped import SCORE_MODEL
from services.matcher.domain import scoring
from services.matcher.domain.model import Evidence
from tests.embedding_server import DIMENSION, embedding_server
from tests.unit.cli.judged_sets import DEMANDS, MEMBERS, PAY, a_set, evaluate, found

pytest.importorskip("ir_measures", reason="no wheel for Linux on aarch64")

MARKET = {"member_id": "market", "description": "Terminal de paiement pour les petits commerces."}
FARM = {"member_id": "farm", "description": "Élevage de chèvres et fromage de montagne."}
ROOF = {"member_id": "roof", "description": "Charpente, toiture et tuiles."}
ARABIC = {"external_id": "arabic", "title": "جهاز للدفع الإلكتروني في المتاجر الصغيرة"}


def test_the_tables_show_measures_times_and_what_to_know_of_the_set(tmp_path: Path) -> None:
    shown = evaluate(a_set(tmp_path / "village")).output
    assert "village, lexical" in shown
    for part in (*NAMES, "95% interval", "analysis", "scoring", "members without any text"):
        assert part in shown
    assert "embedding  " not in shown


def test_the_report_has_everything_as_data(tmp_path: Path) -> None:
    data = found(a_set(tmp_path / "village"))
    assert (data["set"], data["method"]) == ("village", "lexical")
    assert data["counts"] | {"members": 3, "demands": 2, "demands_judged": 2} == data["counts"]
    assert data["metrics"]["hit@1"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert data["bootstrap"] == {"resamples": 2000, "confidence": 0.95, "seed": 2026}
    assert set(data["ms"]) == {"analysis", "scoring"}
    assert set(data["ms"]["scoring"]) == {"p50", "mean"}
    assert set(data["demands"]) == set(data["demands_ms"]) == {"pay", "bread"}
    spent = data["demands_ms"]["pay"]
    assert set(spent) == {"analysis", "embedding", "scoring", "vector"}
    assert spent["scoring"] > 0
    assert spent["vector"] == "no model"
    assert data["depth"] == 100
    assert data["versions"]["embedder"] is None
    assert data["versions"]["score_model"]


def test_means_are_over_the_demands_that_are_judged(tmp_path: Path) -> None:
    demands = [*DEMANDS, {"external_id": "open", "title": "Autre chose"}]
    lines = ["pay 0 banker 1", "bread 0 baker 0", "gone 0 baker 1"]
    data = found(a_set(tmp_path, demands=demands, judgements=lines))
    assert data["counts"]["demands_judged"] == 2
    assert data["counts"]["demands_with_nobody_right"] == 1
    assert data["counts"]["judged_demands_unknown"] == 1
    assert data["metrics"]["MRR"]["value"] == pytest.approx(0.5)


def test_faults_are_told_and_the_rest_is_measured(tmp_path: Path) -> None:
    answer = evaluate(a_set(tmp_path, [*MEMBERS, "{", "{"]))
    assert answer.exit_code == 0
    assert "members.jsonl:4: not JSON" in answer.output
    assert "lines that could not be read" in answer.output
    assert "MRR" in answer.output


def test_many_faults_are_told_in_part_and_written_whole(tmp_path: Path) -> None:
    a_set(tmp_path, [*MEMBERS, *["{"] * 50])
    assert "and 30 more" in evaluate(tmp_path).output
    assert len(found(tmp_path)["faults"]) == 50


@pytest.mark.parametrize("judgements", [None, ["gone 0 baker 1"], ["nonsense"]])
def test_without_judgements_there_is_a_run_or_nothing(
    tmp_path: Path, judgements: list[str] | None
) -> None:
    a_set(tmp_path, judgements=judgements)
    answer = evaluate(tmp_path)
    assert isinstance(answer.exception, CommandFailed)
    assert "nothing to measure" in str(answer.exception)
    data = found(tmp_path, "--run", tmp_path / "run")
    assert data["metrics"] is None
    assert (tmp_path / "run").exists()


def test_meaning_crosses_languages_and_kept_vectors_give_the_same_run(tmp_path: Path) -> None:
    folder = a_set(tmp_path / "set", [FARM, MARKET, ROOF], [ARABIC], ["arabic 0 market 1"])
    options: list[str | Path] = ["--cache", tmp_path / "kept", "--threads", "1"]
    first = found(folder, "--run", tmp_path / "first", *options, method="hybrid")
    assert first["metrics"]["hit@1"]["value"] == 1.0
    assert first["versions"]["embedder"]
    assert set(first["ms"]) == {"analysis", "embedding", "scoring"}
    again = found(folder, "--run", tmp_path / "again", *options, method="hybrid")
    assert (tmp_path / "again").read_text() == (tmp_path / "first").read_text()
    assert again["counts"]["vectors_from_cache"] == 1
    assert first["demands_ms"]["arabic"]["vector"] == "computed"
    assert again["demands_ms"]["arabic"]["vector"] == "recalled"
    assert "embedding" not in again["ms"]


@pytest.mark.parametrize("method", ["hybrid", "dense"])
def test_a_member_with_keywords_alone_is_found_by_them(tmp_path: Path, method: str) -> None:
    bare = {"member_id": "bare", "keywords": ["terminal de paiement mobile"]}
    folder = a_set(tmp_path, [FARM, ROOF, bare], [PAY], ["pay 0 bare 1"])
    data = found(folder, "--threads", "1", method=method)
    assert data["metrics"]["hit@1"]["value"] == 1.0
    assert data["counts"]["members_without_text"] == 0


def test_a_file_that_holds_no_vectors_is_named(tmp_path: Path) -> None:
    (tmp_path / "vectors.sqlite").write_text("something else altogether")
    answer = evaluate(a_set(tmp_path / "set"), "--cache", tmp_path, method="dense")
    assert isinstance(answer.exception, CommandFailed)
    assert "vectors.sqlite holds no kept vectors" in str(answer.exception)


async def test_a_hub_that_embeds_by_an_endpoint_measures_with_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with embedding_server() as server:
        monkeypatch.setenv("JISR_EMBEDDER", "endpoint")
        monkeypatch.setenv("JISR_EMBED_URL", server.url)
        monkeypatch.setenv("JISR_EMBED_MODEL", "theirs")
        monkeypatch.setenv("JISR_EMBED_DIMENSION", str(DIMENSION))
        data = await asyncio.to_thread(found, a_set(tmp_path), method="dense")
    assert data["versions"]["embedder"].startswith("endpoint:theirs@")
    assert data["metrics"]["hit@1"]["value"] == 1.0
    assert PAY["title"] in server.texts[-2]


def test_dense_scores_by_closeness_alone() -> None:
    dense = score_model(scoring.load(SCORE_MODEL), Method.DENSE)
    pairs = [
        Evidence(closeness, coverage, niche, shared)
        for coverage, niche, shared in ((0.0, None, True), (0.9, 1.0, False), (0.4, 0.5, True))
        for closeness in (-0.2, 0.1, 0.6)
    ]
    by_closeness = {closeness: set[float]() for closeness in (-0.2, 0.1, 0.6)}
    for pair in pairs:
        by_closeness[pair.closeness or 0.0].add(dense.probability(pair))
    scores = [score for many in by_closeness.values() for score in many]
    assert len(scores) == 3
    assert scores == sorted(scores)
