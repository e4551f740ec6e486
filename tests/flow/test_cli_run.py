"""`jisr run`: the whole hub as a user has it, from its first line to after Ctrl-C."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.flow.cli import COMMAND, environment, jisr
from tests.waiting import eventually

_PATIENCE_S = 180
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc"),
    pytest.mark.slow,
]


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


@pytest.fixture(scope="module")
def env(scratch: Path) -> dict[str, str]:
    """The environment of one hub: its own folder, ports that are free."""
    return environment(
        JISR_VAR=str(scratch / "hub"),
        JISR_INTAKE_PORT=free_port(),
        JISR_MATCHER_PORT=free_port(),
        JISR_NOTIFIER_PORT=free_port(),
        JISR_EMBEDDER="lexical",
    )


@asynccontextmanager
async def hub(env: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A running `jisr run`, ready; its output goes on into ``hub.out`` beside its data."""
    broker = os.environ.get("JISR_TEST_BROKER", "kafka" if os.environ.get("CI") else "auto")
    said = Path(env["JISR_VAR"]).with_suffix(".out")
    with said.open("w") as output:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, "run", "--broker", broker, env=env, cwd="/", stdout=output, stderr=output
        )
    try:
        for _ in range(_PATIENCE_S * 5):
            if process.returncode is not None or "Jisr is running" in said.read_text():
                break
            await asyncio.sleep(0.2)
        assert process.returncode is None, said.read_text()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def children(pid: int) -> set[int]:
    """The processes that ``pid`` started and that live."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return {int(child) for task in tasks for child in read(task / "children").split()}


def commands(pids: set[int]) -> list[str]:
    """What those of ``pids`` that live were started as."""
    found = (read(Path(f"/proc/{pid}/cmdline")) for pid in pids)
    return [command for command in found if command]


def read(file: Path) -> str:
    """A file of /proc; nothing of what ends meanwhile."""
    try:
        return file.read_text()
    except OSError:
        return ""


async def until_gone(pids: set[int]) -> None:
    for _ in range(200):
        if not commands(pids):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"still there: {commands(pids)}")


def tells(file: Path, text: str) -> bool:
    return text in file.read_text()


async def get(env: dict[str, str], service: str, path: str, key: str = "") -> str:
    url = f"http://127.0.0.1:{env[f'JISR_{service.upper()}_PORT']}{path}"
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"} if key else {})
    answer: bytes = await asyncio.to_thread(
        lambda: urllib.request.urlopen(asked, timeout=10).read()
    )
    return answer.decode()


DEMAND = {
    "external_id": "SET-1",
    "city": "settat",
    "structure": {"name": "Zraâ Market", "kind": "spin-off"},
    "kind": "service",
    "title": "Paiement mobile sécurisé",
}


async def test_the_hub_runs_serves_other_commands_keeps_its_data_and_ends_with_ctrl_c(
    env: dict[str, str], tmp_path: Path
) -> None:
    async with hub(env) as process:
        servers = children(process.pid)
        assert len(servers) == 2, "a broker and a database"

        facts = json.loads(await get(env, "matcher", "/readyz"))
        assert facts["broker"].startswith(("Apache Kafka 4", "Tansu"))
        assert facts["database_server"].startswith("PostgreSQL 18")
        assert "jisr.demands.v1" in await get(env, "intake", "/asyncapi")
        status = await jisr("status", env=env)
        assert (status.code, status.out.count("ready")) == (0, 3)

        second = await jisr("run", env=env)
        assert second.code == 1
        assert f"process {process.pid}" in second.err
        assert "Traceback" not in second.err

        key = (await jisr("keys", "create", "--source", "city:settat", env=env)).out.strip()
        assert key.startswith("jisr_")
        lines = tmp_path / "demands.jsonl"
        bad = json.dumps({"title": 3}).encode()
        good = json.dumps(DEMAND).encode()
        lines.write_bytes(b"\n".join([b'{"a" 1}', b"\xff", bad, good, b""]))
        sent = await jisr("submit", str(lines), "--key", key, env=env)
        assert sent.code == 5
        assert f"{lines}:1, column 6 is not JSON: " in sent.out
        assert f"{lines}:2, byte 1 is not UTF-8" in sent.out
        assert "SET-1" in sent.out, "what is good in a file is taken"
        assert "3 refused" in sent.err
        assert "/city" in sent.out, "a refused line names its faults"
        assert (await jisr("topics", "--check", env=env)).code == 0

        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 60) == 0
        await until_gone(servers)

    async with hub(env) as process:
        lines.write_text(json.dumps(DEMAND) + "\n")
        again = await jisr("submit", str(lines), "--key", key, env=env)
        assert (again.code, "unchanged" in again.out) == (0, True), "yesterday's key and demand"

        servers = children(process.pid)
        process.kill()
        await process.wait()
        await until_gone(servers)

    down = await jisr("status", env=env)
    assert (down.code, down.out.count("does not answer")) == (3, 3)


async def test_servers_of_its_own_that_are_killed_come_back_without_a_flood_in_the_log(
    scratch: Path, tmp_path: Path
) -> None:
    env = environment(
        JISR_VAR=str(scratch / "kept"),
        JISR_INTAKE_PORT=free_port(),
        JISR_MATCHER_PORT=free_port(),
        JISR_NOTIFIER_PORT=free_port(),
        JISR_EMBEDDER="lexical",
        COLUMNS="60",
    )
    async with hub(env) as process:
        if "Tansu" in (await get(env, "matcher", "/readyz")):
            pytest.skip("Tansu keeps nothing, so the hub ends with it")
        key = (await jisr("keys", "create", "--source", "city:settat", env=env)).out.strip()
        file = tmp_path / "demands.jsonl"
        said = Path(env["JISR_VAR"]).with_suffix(".out")
        whole = r"^  \S*jisr load samples --wait --key \$\(\S*jisr keys create .*--role hub\)$"
        assert re.search(whole, said.read_text(), re.MULTILINE), "a next step that can be copied"
        for number, name in enumerate(("Apache Kafka", "PostgreSQL")):
            program = {"Apache Kafka": "java", "PostgreSQL": "postgres"}[name]
            (victim,) = [
                pid
                for pid in children(process.pid)
                if read(Path(f"/proc/{pid}/cmdline")).partition("\0")[0].endswith(program)
            ]
            os.kill(victim, signal.SIGKILL)
            await eventually(partial(tells, said, f"{name} runs again"), limit=_PATIENCE_S)
            file.write_text(json.dumps(DEMAND | {"external_id": f"SET-{number}"}) + "\n")

            async def taken() -> str:
                sent = await jisr("submit", str(file), "--key", key, env=env)
                return sent.out if sent.code == 0 else ""

            demand_id = (await eventually(taken, limit=60)).split(" is ")[1].split(",")[0]

            async def decided(path: str = f"/v1/demands/{demand_id}") -> bool:
                return '"unmatched"' in await get(env, "intake", path, key)

            assert await eventually(decided, limit=60), "its events went through"
        lines = said.read_text().splitlines()
        assert "Apache Kafka has ended (exit -9); starting it again" in said.read_text()
        assert "Traceback" not in said.read_text()
        assert len(lines) < 120, "a line for each change of state, not for each try"


async def test_a_taken_port_is_told_before_any_server_starts(
    env: dict[str, str], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = await jisr(
            "run", env=env | {"JISR_MATCHER_PORT": port, "JISR_VAR": str(tmp_path / "var")}
        )
    assert ended.code == 1
    assert "JISR_MATCHER_PORT" in ended.err
    assert not (tmp_path / "var" / "postgres").exists()


@pytest.mark.parametrize("missing", ["KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"])
async def test_serve_starts_no_servers_of_its_own(missing: str) -> None:
    given = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "DATABASE_URL": "postgresql://127.0.0.1:1/x"}
    del given[missing]
    ended = await jisr("serve", "matcher", env=environment(**given))
    assert (ended.code, missing in ended.err) == (2, True)


async def test_a_command_without_a_hub_says_where_one_could_come_from(tmp_path: Path) -> None:
    env = environment(JISR_VAR=str(tmp_path))
    for command in (["keys", "list"], ["topics"], ["dlq", "list"], ["migrate"]):
        ended = await jisr(*command, env=env)
        assert ended.code == 3
        assert "jisr run" in ended.err
        assert len(ended.err.splitlines()) == 1
