"""Kafka's jars: fetched once, verified, safe among processes; with a stand-in for Maven."""

import hashlib
import sys
import threading
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from services.runtime.embedded import BrokerUnavailable, fetch_kafka, kafka_jars
from tests.infra.processes import program_of, wait_for

JAR = "org/example/thing/1.0/thing-1.0.jar"
CONTENT = "the thing\n"


class FakeMaven:
    """An ``mvn`` that writes one jar, counts its runs, and does as its script's ending says."""

    def __init__(self, folder: Path) -> None:
        self._program = folder / "mvn"
        self._runs = folder / "runs"

    def install(self, content: str = CONTENT, then: str = "") -> None:
        self._program.write_text(
            "#!/bin/sh\n"
            f"echo $$ >>{self._runs}\n"
            'for a in "$@"; do case $a in -DoutputDirectory=*) out=${a#*=};; esac; done\n'
            f'mkdir -p "$out/{Path(JAR).parent}"\n'
            f"printf '{content.strip()}\\n' >\"$out/{JAR}\"\n{then}\n"
        )
        self._program.chmod(0o755)

    def remove(self) -> None:
        self._program.unlink()

    @property
    def pids(self) -> list[int]:
        return [int(line) for line in self._runs.read_text().split()]


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeMaven:
    programs = tmp_path / "bin"
    programs.mkdir()
    for needed in ("mkdir", "sleep", "java"):
        (programs / needed).symlink_to(f"/bin/{needed}")
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pins = tmp_path / "jars.sha256"
    pins.write_text(f"{hashlib.sha256(CONTENT.encode()).hexdigest()}  {JAR}\n")
    monkeypatch.setattr(kafka_jars, "PINS", pins)
    return FakeMaven(programs)


def ignore(line: str) -> None:
    pass


def test_the_jars_are_fetched_once_and_then_need_nothing(maven: FakeMaven) -> None:
    maven.install()
    said: list[str] = []
    folder = fetch_kafka(said.append)
    assert (folder / "thing-1.0.jar").read_text() == CONTENT
    assert folder.name == f"kafka-{kafka_jars.kafka_version()}"
    assert len(said) == 1
    maven.remove()
    assert fetch_kafka(said.append) == folder
    assert len(said) == 1


def test_callers_at_the_same_time_fetch_once(maven: FakeMaven) -> None:
    maven.install(then="sleep 0.5")
    folders: list[Path] = []
    callers = [
        threading.Thread(target=lambda: folders.append(fetch_kafka(ignore))) for _ in range(4)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(folders) == 4
    assert len(set(folders)) == 1
    assert len(maven.pids) == 1


@pytest.mark.parametrize("damage", ["cut", "removed", "unfinished", "other pins"])
def test_a_damaged_cache_is_fetched_again(maven: FakeMaven, damage: str) -> None:
    maven.install()
    folder = fetch_kafka(ignore)
    match damage:
        case "cut":
            (folder / "thing-1.0.jar").write_text("the")
        case "removed":
            (folder / "thing-1.0.jar").unlink()
        case "unfinished":
            (folder / "complete.json").unlink()
        case "other pins":
            kafka_jars.PINS.write_text(kafka_jars.PINS.read_text() * 2)
    assert (fetch_kafka(ignore) / "thing-1.0.jar").read_text() == CONTENT
    assert len(maven.pids) == 2


def test_a_jar_that_is_not_the_committed_one_is_refused(maven: FakeMaven) -> None:
    maven.install(content="something else\n")
    with pytest.raises(BrokerUnavailable, match=r"thing-1\.0\.jar"):
        fetch_kafka(ignore)
    assert not kafka_jars.cache_folder().exists()
    assert [file.suffix for file in kafka_jars.cache_folder().parent.iterdir()] == [".lock"]


def test_what_maven_says_when_it_fails_is_passed_on(maven: FakeMaven) -> None:
    maven.install(then="echo no such mirror; exit 1")
    with pytest.raises(BrokerUnavailable, match="no such mirror"):
        fetch_kafka(ignore)


def test_a_maven_that_hangs_is_ended_with_all_it_started(maven: FakeMaven, tmp_path: Path) -> None:
    maven.install(then=f"sleep 600 & echo $! >>{tmp_path}/bin/runs; wait")
    begin = time.monotonic()
    with pytest.raises(BrokerUnavailable, match="after 1 s"):
        fetch_kafka(ignore, limit_s=1)
    assert time.monotonic() - begin < 30
    script, sleeper = maven.pids
    wait_for(lambda: program_of(script) == program_of(sleeper) == "")


def test_without_maven_and_jgo_the_message_says_what_to_install(
    maven: FakeMaven, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jgo.maven", None)
    with pytest.raises(BrokerUnavailable, match="apt install maven"):
        fetch_kafka(ignore)


def test_without_maven_jgo_brings_exactly_the_committed_jars(
    maven: FakeMaven, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jgo.maven", fake_jgo())
    assert (fetch_kafka(ignore) / "thing-1.0.jar").read_text() == CONTENT


def test_a_cache_that_cannot_be_written_is_explained(
    maven: FakeMaven, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(BrokerUnavailable, match="XDG_CACHE_HOME"):
        fetch_kafka(ignore)


def test_every_committed_jar_has_a_hash_and_kafka_is_among_them() -> None:
    lines = map(str.split, kafka_jars.PINS.read_text().splitlines())
    pins = {name: digest for digest, name in lines}
    version = kafka_jars.kafka_version()
    assert f"org/apache/kafka/kafka_2.13/{version}/kafka_2.13-{version}.jar" in pins
    assert all(len(digest) == 64 for digest in pins.values())


def fake_jgo() -> ModuleType:
    """A ``jgo.maven`` whose context writes the wanted jar where jgo would."""
    module = ModuleType("jgo.maven")

    class MavenContext:
        def __init__(self, repo_cache: Path, timeout: int) -> None:
            self._folder = repo_cache

        def project(self, group: str, name: str) -> SimpleNamespace:
            def at_version(version: str) -> SimpleNamespace:
                def resolve() -> None:
                    place = self._folder.joinpath(*group.split("."), name, version)
                    place.mkdir(parents=True)
                    (place / f"{name}-{version}.jar").write_text(CONTENT)

                return SimpleNamespace(artifact=lambda: SimpleNamespace(resolve=resolve))

            return SimpleNamespace(at_version=at_version)

    module.MavenContext = MavenContext  # type: ignore[attr-defined]
    return module
