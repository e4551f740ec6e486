"""Child processes whose life is tied to ours.

A server that the hub starts for itself must not survive the hub, however the hub ends. On Linux
the kernel sees to it (``PR_SET_PDEATHSIG``), even after ``kill -9``. That signal is sent when
the *thread* that forked dies, not the process, and a child started from ``asyncio.to_thread``
would die with its worker thread; so one thread, which lives as long as the process, starts
every child. On other systems a child outlives a parent that was killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from typing import TypeAlias

LOG_LIMIT_BYTES = 5_000_000
_ASK_EVERY_S = 0.02
_TIED = Path(__file__).with_name("tied.py")

_Process: TypeAlias = "subprocess.Popen[bytes]"
_Job: TypeAlias = "tuple[Callable[[], _Process], Future[_Process]]"


class _Starter:
    """The thread that forks. It never ends while the process lives."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        threading.Thread(target=self._work, name="embedded-starter", daemon=True).start()

    def _work(self) -> None:
        while True:
            job, answer = self._jobs.get()
            try:
                answer.set_result(job())
            except BaseException as error:  # handed to whoever asked; the thread itself must go on
                answer.set_exception(error)

    def run(self, job: Callable[[], _Process]) -> _Process:
        answer: Future[_Process] = Future()
        self._jobs.put((job, answer))
        return answer.result()


_lock = threading.Lock()
_starter: _Starter | None = None


def _in_starter(job: Callable[[], _Process]) -> _Process:
    global _starter
    with _lock:
        if _starter is None:
            _starter = _Starter()
        starter = _starter
    return starter.run(job)


def _forget_starter() -> None:
    """After a fork the copy has no starter thread and perhaps a lock that nobody holds."""
    global _starter, _lock
    _starter, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget_starter)


class Child:
    """A running server process in a session of its own, so that the terminal's Ctrl-C reaches
    us first.
    """

    def __init__(self, process: _Process, log: Path, log_start: int) -> None:
        self._process = process
        self._log = log
        self._log_start = log_start

    @classmethod
    def spawn(
        cls,
        command: Sequence[str | Path],
        *,
        log: Path,
        death_signal: signal.Signals,
        env: Mapping[str, str],
        account: str = "",
        cwd: Path = Path("/"),
    ) -> Child:
        """Start ``command``; its output is appended to ``log``.

        ``death_signal`` is what the kernel sends it when this process dies, ``env`` its whole
        environment, ``account`` the account it runs as (only root may name one) and ``cwd`` its
        working directory. A failing command shows as a child that has exited, not as an error.
        """
        if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_name(log.name + ".1"))
        tied = [
            sys.executable,
            "-I",
            "-S",
            _TIED,
            str(int(death_signal)),
            str(os.getpid()),
            account,
            *command,
        ]
        with log.open("ab") as output:

            def fork() -> _Process:
                return subprocess.Popen(
                    tied,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=cwd,
                    env=dict(env),
                    start_new_session=True,
                )

            return cls(_in_starter(fork), log, output.tell())

    @property
    def pid(self) -> int:
        """The process id; it stays the same while the child turns into its command."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs, else its exit status; minus the signal's number when one ended it."""
        return self._process.poll()

    def said(self, limit: int = 2_000) -> str:
        """The last ``limit`` characters of what it wrote since it started."""
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace").strip()[-limit:]

    def wait_until(self, ready: Callable[[], bool], limit_s: float) -> bool:
        """Ask ``ready`` again and again until it says yes: True. False when the child ended or
        ``limit_s`` passed.

        Whatever interrupts the waiting (Ctrl-C, an error in ``ready``) kills the child before
        it goes on.
        """
        end = time.monotonic() + limit_s
        try:
            while self.exit_code is None and time.monotonic() < end:
                if ready():
                    return True
                time.sleep(_ASK_EVERY_S)
        except BaseException:
            self.kill()
            raise
        return False

    def stop(self, polite: signal.Signals, limit_s: float) -> None:
        """Ask with ``polite``, wait at most ``limit_s`` seconds, then kill. Nothing happens if
        it has ended.
        """
        if self.exit_code is not None:
            return
        self._process.send_signal(polite)
        try:
            self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once (SIGKILL) and wait until it is gone. Nothing happens if it has ended."""
        self._process.kill()
        self._process.wait()
