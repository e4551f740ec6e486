"""What the embedded servers have in common."""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from .ports import LOOPBACK
from .supervise import Child


class Server(ABC):
    """One child process on the loopback address, its folder, and a port that it keeps.

    With port 0 the first start picks a free one; later starts of the same object keep it, so that
    clients find the server again after :meth:`stop` or :meth:`kill`. As a context manager it
    starts and stops itself.
    """

    name: ClassVar[str]
    polite: ClassVar[signal.Signals] = signal.SIGTERM
    stop_limit_s: ClassVar[float]
    keeps_data: ClassVar[bool] = True
    """Whether a start after it has ended finds what it held."""

    def __init__(self, data: Path, port: int) -> None:
        self._data = data.absolute()
        self._port = port
        self._child: Child | None = None

    @abstractmethod
    def start(self) -> Self:
        """Start it and wait until it serves. Nothing happens if it runs already."""

    @property
    def pid(self) -> int:
        """Its process id. Raises RuntimeError when it was never started."""
        if self._child is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._child is not None and self._child.exit_code is None

    @property
    def exit_code(self) -> int | None:
        """None while it runs and before it was started; minus the signal that ended it."""
        return None if self._child is None else self._child.exit_code

    @property
    def folder(self) -> Path:
        """Where its data and its log are."""
        return self._data

    @property
    def address(self) -> str:
        """``127.0.0.1:PORT``; the port is known once it has been started."""
        return f"{LOOPBACK}:{self._port}"

    def stop(self) -> None:
        """Ask it to end in order, wait, kill it if it does not. Nothing happens if it has ended."""
        if self._child is not None:
            self._child.stop(self.polite, self.stop_limit_s)

    def kill(self) -> None:
        """``kill -9``, for tests of what a crash does. Nothing happens if it has ended."""
        if self._child is not None:
            self._child.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()


class Broker(Server):
    """A server that speaks Kafka's protocol."""

    @property
    def bootstrap_servers(self) -> str:
        """``127.0.0.1:PORT`` for clients; the port is known once it has been started."""
        return self.address


def say_nothing(line: str) -> None:
    """The progress report of those who want none."""
    del line
