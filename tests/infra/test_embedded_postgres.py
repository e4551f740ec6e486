"""The embedded PostgreSQL: keeps its data, copes with root, crashes and leftovers."""

import asyncio
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from services.runtime.embedded import DatabaseUnavailable, EmbeddedPostgres, postgres_binaries
from services.runtime.embedded.ports import LOOPBACK, free_port

pytestmark = pytest.mark.slow

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become someone else")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """On a folder that only we can enter, which is what pytest gives."""
    with EmbeddedPostgres(tmp_path / "postgres", durable=False) as running:
        yield running


async def ask(server: EmbeddedPostgres, query: str) -> object:
    connection = await asyncpg.connect(server.dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_it_answers_as_soon_as_it_has_started(server: EmbeddedPostgres) -> None:
    assert await ask(server, "SHOW server_version") == server.version


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_its_data_and_port_are_there_after_it_ended(
    server: EmbeddedPostgres, end: str
) -> None:
    await ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    before = server.dsn
    getattr(server, end)()
    assert not server.running
    server.start()
    assert server.dsn == before
    assert await ask(server, "SELECT answer FROM kept") == 42


async def test_another_process_finds_the_data_of_one_that_was_killed(tmp_path: Path) -> None:
    program = """
import signal, sys
from pathlib import Path
from services.runtime.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False).start()
print(server.dsn, flush=True)
signal.pause()
"""
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, tmp_path, stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    connection = await asyncpg.connect((await owner.stdout.readline()).decode().strip())
    await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    owner.kill()
    with EmbeddedPostgres(tmp_path, durable=False) as heir:
        assert await ask(heir, "SELECT answer FROM kept") == 42
    await owner.wait()
    await connection.close()


def test_a_lock_that_names_an_unrelated_process_is_ignored(server: EmbeddedPostgres) -> None:
    lock = next(Path(server._data).glob("*/postmaster.pid"))
    lines = lock.read_text().splitlines()
    server.kill()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert server.start().running


def test_an_interrupted_first_start_is_made_good(tmp_path: Path) -> None:
    half = tmp_path / "cluster.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        assert server.running


def test_a_port_in_use_is_reported_with_the_servers_own_words(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, free_port())) as taken:
        port = taken.getsockname()[1]
        server = EmbeddedPostgres(tmp_path, port=port, durable=False)
        with pytest.raises(DatabaseUnavailable, match="Address already in use"):
            server.start()
        assert not server.running


async def test_letters_of_every_script_fold_and_sort(server: EmbeddedPostgres) -> None:
    assert await ask(server, "SELECT lower('ÉNERGIE')") == "énergie"
    assert await ask(server, "SELECT to_tsvector('simple', 'مياه')::text") == "'مياه':1"


async def test_durability_is_given_up_only_when_asked(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    assert await ask(server, "SHOW fsync") == "off"
    with EmbeddedPostgres(tmp_path / "durable") as durable:
        assert await ask(durable, "SHOW fsync") == "on"
        assert await ask(durable, "SHOW synchronous_commit") == "on"


@as_root
def test_as_root_its_processes_belong_to_nobody(server: EmbeddedPostgres) -> None:
    assert Path(f"/proc/{server.pid}").owner() == "nobody"


@as_root
def test_as_root_programs_that_nobody_may_run_are_copied_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = postgres_binaries._bundled().parents[1]
    closed = tmp_path / original.name
    shutil.copytree(original, closed, symlinks=True)
    shutil.copytree(f"{original}.libs", f"{closed}.libs")
    monkeypatch.setattr(postgres_binaries, "_bundled", lambda: closed / "pginstall" / "bin")
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        monkeypatch.setattr(postgres_binaries, "_COPIES", (Path(name),))
        programs = postgres_binaries.programs()
        assert programs.is_relative_to(name)
        assert postgres_binaries.run_as_account([programs / "initdb", "--version"]).returncode == 0
        assert postgres_binaries.programs() == programs
        assert len(list(Path(name).iterdir())) == 1


@as_root
def test_as_root_a_folder_that_someone_else_prepared_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.chown(tmp_path, 65534, 65534)
    assert postgres_binaries._copy(postgres_binaries._bundled(), tmp_path) is None
