"""One hub a folder: the second is told who has it, and others learn where it is."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from services.cli.errors import CommandFailed
from services.cli.place import RunningHub, hold, running
from services.cli.reach import address_of, broker_of, database_of, load, with_pages


def test_a_second_hub_on_the_same_folder_is_told_who_has_it(tmp_path: Path) -> None:
    with hold(tmp_path) as place:
        place.tell(RunningHub(os.getpid(), addresses={"intake": "http://127.0.0.1:8080"}))
        with pytest.raises(CommandFailed, match=rf"process {os.getpid()}, at http://127"):
            hold(tmp_path).__enter__()


def test_when_a_hub_ends_its_folder_is_free_and_tells_nothing(tmp_path: Path) -> None:
    with hold(tmp_path) as place:
        place.tell(RunningHub(1, database_url="postgresql://u:secret@h/d"))
    assert running(tmp_path) is None
    assert "secret" not in (tmp_path / "hub.json").read_text()
    with hold(tmp_path):
        pass


def test_what_a_killed_hub_left_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "hub.json").write_text('{"pid": 1, "database_url": "postgresql://gone"}')
    assert running(tmp_path) is None


def test_where_a_hub_is_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    with hold(tmp_path):
        mode = (tmp_path / "hub.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_folder_that_cannot_be_made_is_named_with_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandFailed, match="JISR_VAR"):
        hold(tmp_path / "file" / "var").__enter__()


def test_commands_find_the_broker_and_database_of_the_hub_that_runs_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JISR_VAR", str(tmp_path))
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    hub = RunningHub(1, "127.0.0.1:9", "postgresql://db", {"intake": "http://127.0.0.1:5"})
    with hold(tmp_path) as place:
        place.tell(hub)
        found = load()
        assert (broker_of(found), database_of(found)) == ("127.0.0.1:9", "postgresql://db")
        assert address_of(found, "intake") == "http://127.0.0.1:5"
        monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")
        assert broker_of(load()) == "kafka:9092", "what is set goes first"
    assert address_of(load(), "intake") == "http://127.0.0.1:8080"
    with pytest.raises(CommandFailed, match="DATABASE_URL"):
        database_of(load())


def test_links_begin_as_those_of_the_hub_that_runs_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JISR_VAR", str(tmp_path))
    monkeypatch.delenv("JISR_PUBLIC_URL", raising=False)
    here = {"notifier": "http://127.0.0.1:7"}
    with hold(tmp_path) as place:
        place.tell(RunningHub(1, addresses=here))
        assert with_pages(load()).public_address() == "http://127.0.0.1:7"
        place.tell(RunningHub(1, addresses=here, public_url="https://hub.example/"))
        assert with_pages(load()).public_address() == "https://hub.example"
        monkeypatch.setenv("JISR_PUBLIC_URL", "https://other.example")
        assert with_pages(load()).public_address() == "https://other.example", "set goes first"
