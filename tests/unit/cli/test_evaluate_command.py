"""`jisr evaluate`: what it shows, what it writes, how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.cli.errors import CommandFailed
from services.cli.evaluate.measuring import NAMES
from tests.unit.cli.judged_sets import DEMANDS, MEMBERS, a_set, evaluate, found

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
    assert set(data["demands"]) == {"pay", "bread"}
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
    assert "embedding" not in again["ms"]


def test_dense_hears_no_words(tmp_path: Path) -> None:
    """The same meaning, once in the demand's words and once in others of another language."""
    words = {"member_id": "words", "description": "Fromage de chèvre fromage de chèvre fromage"}
    options: list[str | Path] = ["--cache", tmp_path / "kept", "--run", tmp_path / "run"]
    demand = {"external_id": "d", "title": "Fromage de chèvre", "keywords": ["zzz"]}
    folder = a_set(tmp_path, [words, ROOF], [demand], ["d 0 words 1"])
    scores = {}
    for method in ("dense", "hybrid"):
        found(folder, *options, method=method)
        scores[method] = float((tmp_path / "run").read_text().split(" ")[4])
    assert scores["dense"] < scores["hybrid"]
