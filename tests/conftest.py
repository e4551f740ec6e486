"""The real parts that tests run against: one PostgreSQL and one broker for a whole run.

A test gets a database of its own (cloned from a migrated template) and a topic prefix of its
own, so tests disturb one another neither in PostgreSQL nor in Kafka.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import hypothesis
import pytest
from pydantic import SecretStr

from services.runtime import topics
from services.runtime.database import migrate
from services.runtime.embedded import EmbeddedKafka, EmbeddedPostgres, EmbeddedTansu, start_broker
from services.runtime.settings import Settings

_TEMPLATE = "jisr_template"
_ROOM = 4 * 1024**3
"""Bytes that the servers of some workers may come to fill."""

# Longest first, so that no worker is left alone with one of them at the end. The rest follow in
# the order of their names.
_LONG = (
    # of `make test-slow`
    "contract/test_dockerfile.py",
    "flow/test_notifier_axe.py",
    "kafka/test_kafka_rebalance.py",
    "flow/test_cli_run.py",
    "unit/cli/test_simulate_mails.py",
    "unit/matcher/test_matcher_reference.py",
    "unit/cli/test_simulate_life.py",
    "infra/test_embedded_kafka.py",
    "kafka/test_kafka_notifier.py",
    "flow/test_notifier_browser.py",
    "infra/test_embedded_postgres.py",
    "unit/matcher/test_matcher_e5.py",
    "kafka/test_kafka_restarts.py",
    # of `make test`
    "flow/test_cli_explain.py",
    "flow/test_matcher_offers.py",
    "flow/test_matcher_model_change.py",
    "flow/test_invariants_decisions.py",
    "kafka/test_kafka_lives.py",
    "flow/test_intake_kafka.py",
    "flow/test_intake_answers.py",
    "flow/test_invariants_poison.py",
    "unit/bench/test_engine.py",
    "flow/test_matcher_time.py",
    "flow/test_notifier_preference_browser.py",
    "unit/cli/test_evaluate_command.py",
    "flow/test_matcher_embedder.py",
    "flow/test_cli_report.py",
    "flow/test_cli_dlq.py",
    "flow/test_intake_http.py",
)

_OWN_BROKER = ("test_cli_", "test_broker_")
"""Tests in these files start a broker of their own, as the environment names it."""

# CI repeats the same examples, so that it fails for a change and not for its luck; new ones are
# looked for everywhere else, and at night (HYPOTHESIS_PROFILE=nightly). No deadline: machines
# are shared.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Hand the workers the files that take longest first; see `_LONG`. On the fallback broker leave
    out what has no broker: it would only repeat itself.
    """
    if os.environ.get("JISR_TEST_BROKER") == "tansu":
        left = [item for item in items if _has_no_broker(item)]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if not _has_no_broker(item)]
    places = {Path(__file__).parent / name: place for place, name in enumerate(_LONG)}
    items.sort(key=lambda item: places.get(item.path, len(_LONG)))


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what lives to the end, modules and collected tests, and
    come less often than after every 700 objects: together a tenth of a run.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _has_no_broker(item: pytest.Item) -> bool:
    fixtures: list[str] = getattr(item, "fixturenames", [])
    if "broker" in fixtures or item.get_closest_marker("tansu"):
        return False
    return not item.path.name.startswith(_OWN_BROKER)


def _in_memory() -> str | None:
    """Where files stay in memory, if there is room (containers often have 64 MB): there a database
    is cloned in a tenth of the time.
    """
    place = Path("/dev/shm")
    if os.access(place, os.W_OK) and shutil.disk_usage(place).free >= _ROOM:
        return str(place)
    return None


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder for servers' data that every system user may traverse."""
    with tempfile.TemporaryDirectory(
        prefix="jisr-tests-", dir=_in_memory(), ignore_cleanup_errors=True
    ) as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.fixture(scope="session")
def postgres(scratch: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL for the run, without durability, with a migrated template database."""
    with EmbeddedPostgres(scratch / "postgres", durable=False) as server:

        async def make_template() -> None:
            connection = await asyncpg.connect(server.dsn)
            await connection.execute(f"CREATE DATABASE {_TEMPLATE}")
            await connection.close()
            await migrate(_database(server.dsn, _TEMPLATE))

        asyncio.run(make_template())
        yield server


def _database(dsn: str, name: str) -> str:
    return dsn.rsplit("/", 1)[0] + f"/{name}"


@pytest.fixture
async def database_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The address of a fresh, migrated database; dropped afterwards."""
    name = f"t_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(postgres.dsn)
    # The template is on disk: its files are copied, and nothing of it goes through the WAL.
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY")
    try:
        yield _database(postgres.dsn, name)
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


@pytest.fixture(scope="session")
def broker(scratch: Path) -> Iterator[EmbeddedKafka | EmbeddedTansu]:
    """The broker of the run: Apache Kafka; JISR_TEST_BROKER=tansu runs on the fallback.

    In CI Apache Kafka must be there: the fallback is an error, not a quiet second best.
    """
    wanted = os.environ.get("JISR_TEST_BROKER", "kafka" if os.environ.get("CI") else "auto")
    assert wanted in ("auto", "kafka", "tansu")
    running = start_broker(wanted, scratch / "broker", lambda line: None)  # type: ignore[arg-type]
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def kafka(broker: EmbeddedKafka | EmbeddedTansu) -> str:
    """The bootstrap address of the run's broker."""
    return broker.bootstrap_servers


@pytest.fixture
async def settings(
    database_url: str, kafka: str, broker: EmbeddedKafka | EmbeddedTansu
) -> AsyncIterator[Settings]:
    """Settings of a hub of the test's own: database, topics (created), ports chosen free."""
    prefix = f"t{secrets.token_hex(4)}."
    await topics.ensure(kafka, prefix=prefix)
    yield Settings(
        _env_file=None,
        kafka_bootstrap_servers=kafka,
        topic_prefix=prefix,
        database_url=SecretStr(database_url),
        intake_port=0,
        matcher_port=0,
        notifier_port=0,
        embedder="lexical",
        fetch_wait_ms=20 if isinstance(broker, EmbeddedTansu) else 500,
        heartbeat_ms=300,
        session_timeout_ms=6_000,
        outbox_poll_s=0.5,
        link_secret=SecretStr("a-secret-of-at-least-32-characters"),
        # A test of something else sees its mails at once, whatever the hour.
        default_preferences={"pace": "instant", "quiet_hours": "none", "most_a_day": 1_000},
    )
    admin = await topics.connect(kafka)
    with contextlib.suppress(Exception):
        await admin.delete_topics([topic.name for topic in topics.all_topics(prefix)])
    await admin.close()


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The packages of tests/node (axe-core, standardwebhooks), as its lock has them, installed once
    below var/. Without npm the test is skipped; in CI that is an error.
    """
    npm = shutil.which("npm")
    if npm is None:
        assert not os.environ.get("CI"), "npm is missing: apt-get install npm"
        pytest.skip("npm is not installed")
    wanted = Path(__file__).parent / "node"
    lock = (wanted / "package-lock.json").read_bytes()
    folder = Path("var").resolve() / f"node-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / "node_modules").is_dir():
        folder.parent.mkdir(exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="node-", dir=folder.parent))
        shutil.copytree(wanted, fresh, dirs_exist_ok=True)
        command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(command, cwd=fresh, check=True, capture_output=True, timeout=300)
        try:
            fresh.rename(folder)
        except OSError:  # another worker was first
            shutil.rmtree(fresh)
    return folder / "node_modules"


def pytest_report_header() -> str:
    """Say in the log which broker this run asks for."""
    return f"broker: {os.environ.get('JISR_TEST_BROKER', 'Apache Kafka where it can be had')}"
