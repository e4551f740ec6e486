"""A child process lives and dies as we say, and never outlives us."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from services.runtime.embedded.supervise import Child
from tests.infra.processes import program_of, wait_for

SLEEP = [shutil.which("sleep") or "/bin/sleep", "600"]
SHELL = "/bin/sh"
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")


def spawn(command: list[str], log: Path) -> Child:
    return Child.spawn(
        command, log=log, death_signal=signal.SIGKILL, env={"PATH": os.environ["PATH"]}
    )


@linux_only
def test_a_child_dies_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent_program = f"""
import os, signal, sys
from pathlib import Path
from services.runtime.embedded.supervise import Child
child = Child.spawn({SLEEP!r}, log=Path({str(tmp_path / "log")!r}),
                    death_signal=signal.SIGKILL, env={{}})
print(child.pid, flush=True)
signal.pause()
"""
    with subprocess.Popen(
        [sys.executable, "-c", parent_program], stdout=subprocess.PIPE, text=True
    ) as parent:
        try:
            assert parent.stdout is not None
            pid = int(parent.stdout.readline())
            wait_for(lambda: program_of(pid) == "sleep")
        finally:
            parent.kill()
    wait_for(lambda: program_of(pid) == "")


@linux_only
def test_a_child_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    children: list[Child] = []

    def start() -> None:
        child = spawn(SLEEP, tmp_path / "log")
        wait_for(lambda: program_of(child.pid) == "sleep")  # by now it is tied
        children.append(child)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    wait_for(lambda: not Path(f"/proc/self/task/{thread.native_id}").exists())
    (child,) = children
    assert not child.wait_until(lambda: False, 0.2)
    assert child.exit_code is None
    child.kill()


def test_the_terminals_ctrl_c_does_not_reach_a_child(tmp_path: Path) -> None:
    child = spawn(SLEEP, tmp_path / "log")
    assert os.getpgid(child.pid) == child.pid != os.getpgid(0)
    child.kill()


def test_a_child_that_heeds_the_polite_signal_is_not_killed(tmp_path: Path) -> None:
    child = spawn(SLEEP, tmp_path / "log")
    child.stop(signal.SIGTERM, 10)
    assert child.exit_code == -signal.SIGTERM


def test_a_child_that_ignores_the_polite_signal_is_killed(tmp_path: Path) -> None:
    deaf = f"trap '' TERM; echo deaf; exec {SLEEP[0]} 600"
    child = spawn([SHELL, "-c", deaf], tmp_path / "log")
    assert child.wait_until(lambda: child.said() == "deaf", 10)
    child.stop(signal.SIGTERM, 0.1)
    assert child.exit_code == -signal.SIGKILL


def test_waiting_ends_when_the_child_ends_and_its_last_words_are_kept(tmp_path: Path) -> None:
    child = spawn([SHELL, "-c", "echo alas >&2; exit 3"], tmp_path / "log")
    assert not child.wait_until(lambda: False, 60)
    assert child.exit_code == 3
    assert child.said() == "alas"


def test_last_words_are_those_of_this_start_only(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for word in ("first", "second"):
        child = spawn([SHELL, "-c", f"echo {word}"], log)
        child.wait_until(lambda: False, 60)
    assert child.said() == "second"
    assert log.read_text() == "first\nsecond\n"


def test_an_interrupted_wait_leaves_no_child_behind(tmp_path: Path) -> None:
    def interrupt() -> bool:
        raise KeyboardInterrupt

    child = spawn(SLEEP, tmp_path / "log")
    with pytest.raises(KeyboardInterrupt):
        child.wait_until(interrupt, 60)
    assert child.exit_code == -signal.SIGKILL


def test_a_missing_program_shows_as_a_child_that_ended(tmp_path: Path) -> None:
    child = spawn([str(tmp_path / "missing")], tmp_path / "log")
    assert not child.wait_until(lambda: False, 60)
    assert child.exit_code == 1
    assert "FileNotFoundError" in child.said()
