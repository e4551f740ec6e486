"""What was fitted to an embedding model is found by its name, and by no other's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.adapters import fitted
from services.matcher.adapters.shipped import EMBEDDER, MODELS, SCORE_MODEL
from services.matcher.domain import scoring
from services.matcher.exceptions import FittedRefused
from tests.unit.matcher.things import MODEL

FOO = "endpoint:a/foo@384"
names = st.text(max_size=80)


def store(folder: Path, embedder: str, version: str) -> Path:
    """A score for an embedding model, as `jisr train` writes it."""
    path = folder / fitted.score_file(embedder)
    path.write_text(scoring.dump(replace(MODEL, version=version)))
    return path


@given(names, names)
def test_no_two_models_share_a_file(one: str, other: str) -> None:
    for name in (fitted.score_file, fitted.space_file, fitted.calibration_file):
        assert (name(one) == name(other)) == (one == other)
        assert "/" not in name(one)


@pytest.mark.parametrize("other", ["endpoint:b/foo@384", "endpoint:a-foo@384", "endpoint:a/foo@38"])
def test_names_that_end_or_read_alike_have_files_of_their_own(other: str) -> None:
    assert fitted.score_file(FOO) != fitted.score_file(other)
    assert fitted.score_file(FOO).startswith("score-endpoint-a-foo-384-")


def test_what_is_shipped_keeps_its_names() -> None:
    assert MODELS / fitted.score_file(EMBEDDER) == SCORE_MODEL == MODELS / fitted.score_file(None)
    assert (MODELS / fitted.space_file(EMBEDDER)).exists()
    assert fitted.space(EMBEDDER, 384).map is not None


def test_the_hubs_own_score_comes_before_the_shipped_one(tmp_path: Path) -> None:
    store(tmp_path, EMBEDDER, "ours")
    store(tmp_path, FOO, "for-foo")
    assert fitted.score(EMBEDDER, tmp_path).model.version == "ours"
    assert fitted.score(None, tmp_path).model.version == "ours"
    assert fitted.score(FOO, tmp_path).said() == "for-foo"
    assert fitted.score(EMBEDDER, None).model == MODEL


def test_a_model_that_nothing_was_fitted_for_gets_the_shipped_score_and_it_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store(tmp_path, EMBEDDER, "ours")
    scores = fitted.Scores(tmp_path)
    assert scores.of(FOO).model == MODEL
    assert scores.of(FOO).lacking == FOO
    assert f"none was fitted for {FOO}" in scores.of(FOO).said()
    assert [FOO in record.getMessage() for record in caplog.records] == [True]
    assert fitted.space("endpoint:a/foo@4", 4, tmp_path).map is None


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"version": "1"}',
        scoring.dump(replace(MODEL, version="two words")),
        scoring.dump(replace(MODEL, bias=float("nan"))),
        scoring.dump(replace(MODEL, bias="much")),  # type: ignore[arg-type]
    ],
)
def test_a_score_that_cannot_be_used_is_named_with_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "score.json").write_text(text)
    with pytest.raises(FittedRefused, match=r"score\.json cannot be used .*jisr train"):
        fitted.score(EMBEDDER, tmp_path)


def test_a_space_of_another_size_or_no_space_at_all_is_refused(tmp_path: Path) -> None:
    path = tmp_path / fitted.space_file(FOO)
    np.savez_compressed(path, map=np.eye(3))
    with pytest.raises(FittedRefused, match="made for vectors of 3 numbers, not 4"):
        fitted.space(FOO, 4, tmp_path)
    path.write_text("no space")
    with pytest.raises(FittedRefused, match="cannot be used"):
        fitted.space(FOO, 4, tmp_path)


def test_a_folder_of_models_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FittedRefused, match="is not a folder"):
        fitted.Scores(tmp_path / "away")
