"""PostgreSQL on this machine, kept in one folder."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import sys
import time
from pathlib import Path
from pwd import getpwnam
from types import TracebackType
from typing import Self

from .exceptions import DatabaseUnavailable
from .ports import LOOPBACK, free_port
from .postgres_binaries import account, programs, run_as_account
from .supervise import Child

_START_LIMIT_S = 30
_STOP_LIMIT_S = 20
_ATTEMPTS = 3
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TZ": "UTC"}

# What differs from PostgreSQL's defaults: small, and quiet when idle. One machine, no replicas.
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "io_method": "sync",  # three processes fewer
    "jit": "off",
    "bgwriter_delay": "2s",
    "wal_writer_delay": "1s",
    "autovacuum_naptime": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """A PostgreSQL whose life is tied to this process and whose data is in ``data``.

    ``port`` 0 picks a free one at the first start, and later starts of the same object keep it. ``durable=False``
    gives up what a power cut or kill -9 may cost, for 13 times the commits; it is for tests only.

    It listens on the loopback address and trusts every user of this machine, like any development database.
    As root it runs as ``nobody``, who must be able to enter every folder above ``data``. When this process is killed
    it shuts down by itself (SIGINT, "fast"), and the next start on the same folder waits for that.
    """

    def __init__(self, data: Path, *, port: int = 0, durable: bool = True) -> None:
        self._data = data.absolute()
        self._cluster = self._data / "cluster"
        self._port = port
        self._settings = _SETTINGS if durable else _SETTINGS | _NOT_DURABLE
        self._programs: Path | None = None
        self._child: Child | None = None

    @property
    def dsn(self) -> str:
        """The superuser's address; the port is known once it has been started."""
        return f"postgresql://postgres@{LOOPBACK}:{self._port}/postgres"

    @property
    def version(self) -> str:
        """PostgreSQL's version, such as 18.6."""
        said = run_as_account([self._bin() / "postgres", "--version"]).stdout
        found = re.search(r"\d+(\.\d+)+", said)
        return found[0] if found else said.strip()

    @property
    def pid(self) -> int:
        """The postmaster's process id. Raises RuntimeError when it was never started."""
        if self._child is None:
            raise RuntimeError("PostgreSQL was not started")
        return self._child.pid

    def start(self) -> Self:
        """Start it and wait until it accepts connections; nothing happens if it runs.

        Raises DatabaseUnavailable with what to do, or with the end of its log.
        """
        if self._child is not None and self._child.exit_code is None:
            return self
        self._data.mkdir(parents=True, exist_ok=True)
        if account():
            _check_that_nobody_may_enter(self._data)
        if not self._cluster.exists():
            self._make_cluster()
        self._forget_stale_lock()
        end = time.monotonic() + _START_LIMIT_S
        pick_port, ports_left = self._port == 0, _ATTEMPTS
        while True:
            if pick_port:
                self._port = free_port()
            said = self._try_to_start(end - time.monotonic())
            if said is None:
                return self
            if _predecessor_is_leaving(said) and time.monotonic() < end:
                time.sleep(0.1)
            elif pick_port and "could not bind" in said and ports_left > 1:
                ports_left -= 1
            else:
                raise DatabaseUnavailable(f"PostgreSQL cannot be started in {self._data}. The end of its log:\n{said}")

    def stop(self) -> None:
        """Disconnect everyone, write a checkpoint, end; killed after 20 s. Nothing happens if it does not run."""
        if self._child is not None:
            self._child.stop(signal.SIGINT, _STOP_LIMIT_S)

    def kill(self) -> None:
        """kill -9 of the postmaster, for tests of what a crash does; its backends notice and leave by themselves."""
        if self._child is not None:
            self._child.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _bin(self) -> Path:
        self._programs = self._programs or programs()
        return self._programs

    def _make_cluster(self) -> None:
        """initdb in a scratch folder and rename it, so that an interrupted start leaves nothing half made."""
        fresh = self._data / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if who := account():
            os.chown(fresh, getpwnam(who).pw_uid, getpwnam(who).pw_gid)
        command: list[str | Path] = [self._bin() / "initdb", "-D", fresh, "--username=postgres", "--auth=trust"]
        # The built-in locale sorts and folds the same on every system and in every version of its libraries.
        command += ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = run_as_account([*command, "--no-sync", "--no-instructions"], **_ENVIRONMENT)
        if done.returncode != 0:
            raise DatabaseUnavailable(
                f"PostgreSQL cannot be started in {self._data}: initdb failed.\n{done.stderr.strip()[-1_500:]}"
            )
        fresh.rename(self._cluster)

    def _try_to_start(self, limit_s: float) -> str | None:
        """One attempt. None: it accepts connections. Else what it said."""
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        self._child = Child.spawn(
            [self._bin() / "postgres", "-D", self._cluster, "-p", str(self._port), *settings],
            log=self._data / "postgres.log",
            death_signal=signal.SIGINT,
            env=_ENVIRONMENT,
            account=account(),
        )
        if self._child.wait_until(self._is_ready, limit_s):
            return None
        self._child.kill()
        return self._child.said() or f"nothing, in {_START_LIMIT_S} s"

    def _is_ready(self) -> bool:
        """What pg_ctl looks at. The file of a killed predecessor says "ready" too: only our own pid counts."""
        lines = self._lock_lines()
        return len(lines) > 7 and lines[0].strip() == str(self.pid) and lines[7].strip() == "ready"

    def _lock_lines(self) -> list[str]:
        try:
            return (self._cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _forget_stale_lock(self) -> None:
        """After a crash the lock file names a pid that may belong to some other program by now; PostgreSQL would
        take that one for its predecessor and refuse to start for ever."""
        lines = self._lock_lines()
        if lines and sys.platform == "linux":
            try:
                holder = Path(f"/proc/{int(lines[0])}/comm").read_text().strip()
            except OSError:
                return  # no such process: PostgreSQL sees that itself
            if holder != "postgres":
                (self._cluster / "postmaster.pid").unlink()


def _predecessor_is_leaving(said: str) -> bool:
    return "postmaster.pid" in said or "pre-existing shared memory block" in said


def _check_that_nobody_may_enter(data: Path) -> None:
    for folder in (data, *data.parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            raise DatabaseUnavailable(
                f"PostgreSQL cannot be started in {data}: it refuses to run as root, so it runs as nobody, who may "
                f"not enter {folder}. Choose a folder such as /var/lib/jisr, or run as an ordinary user."
            )
