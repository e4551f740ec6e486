"""PostgreSQL on this machine, kept in one folder."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path
from pwd import getpwnam
from typing import Self

from .exceptions import DatabaseUnavailable
from .ports import LOOPBACK, free_port
from .postgres_binaries import account, programs, run_as_account
from .server import Server
from .supervise import Child

_START_LIMIT_S = 30
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
# synchronous_commit stays on: what was committed survives kill -9 of the server, though not a
# power cut, and costs little once there is no fsync.
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


class EmbeddedPostgres(Server):
    """A PostgreSQL whose life is tied to this process and whose data is in ``data``.

    ``durable=False`` leaves it to the system when to write to the disk: a power cut may ruin the
    data, kill -9 does not, and there are ten times the commits. It is for tests only.

    It listens on the loopback address and trusts every user of this machine, like any
    development database. As root it runs as ``nobody``, who then owns the files. When this
    process is killed it shuts down by itself (SIGINT, "fast"), and the next start on the same
    folder waits for that.
    """

    name = "PostgreSQL"
    polite = signal.SIGINT  # "fast": disconnect everyone, write a checkpoint
    stop_limit_s = 20

    def __init__(self, data: Path, *, port: int = 0, durable: bool = True) -> None:
        super().__init__(data, port)
        self._cluster = self._data / "cluster"
        self._durable = durable
        self._settings = _SETTINGS if durable else _SETTINGS | _NOT_DURABLE
        self._programs: Path | None = None

    @property
    def dsn(self) -> str:
        """The superuser's address; the port is known once it has been started."""
        return f"postgresql://postgres@{self.address}/postgres"

    @property
    def version(self) -> str:
        """PostgreSQL's version, such as 18.6."""
        said = run_as_account([self._bin() / "postgres", "--version"]).stdout
        found = re.search(r"\d+(\.\d+)+", said)
        return found[0] if found else said.strip()

    def start(self) -> Self:
        """Start it and wait until it accepts connections; nothing happens if it runs.

        Raises DatabaseUnavailable with what to do, or with the end of its log.
        """
        if self.running:
            return self
        self._data.mkdir(parents=True, exist_ok=True)
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
                raise DatabaseUnavailable(
                    f"PostgreSQL cannot be started in {self._data}. The end of its log:\n{said}"
                )

    def _bin(self) -> Path:
        self._programs = self._programs or programs()
        return self._programs

    def _make_cluster(self) -> None:
        """initdb in a scratch folder and rename it: an interrupted start leaves no half."""
        fresh = self._data / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if who := account():
            os.chown(fresh, getpwnam(who).pw_uid, getpwnam(who).pw_gid)
        command: list[str | Path] = [self._bin() / "initdb", "-D", _as_seen_by_server(fresh)]
        command += ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        # The built-in locale sorts and folds alike on every system, whatever its libraries'
        # version.
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--no-instructions", *([] if self._durable else ["--no-sync"])]
        done = run_as_account(command, cwd=fresh, env=_ENVIRONMENT)
        if done.returncode != 0:
            raise DatabaseUnavailable(
                f"PostgreSQL cannot be started in {self._data}: initdb failed.\n"
                f"{done.stderr.strip()[-1_500:]}"
            )
        fresh.rename(self._cluster)

    def _try_to_start(self, limit_s: float) -> str | None:
        """One attempt. None: it accepts connections. Else what it said."""
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        where = _as_seen_by_server(self._cluster)
        self._child = Child.spawn(
            [self._bin() / "postgres", "-D", where, "-p", str(self._port), *settings],
            log=self._data / "postgres.log",
            cwd=self._cluster,
            death_signal=signal.SIGINT,
            env=_ENVIRONMENT,
            account=account(),
        )
        if self._child.wait_until(self._is_ready, limit_s):
            return None
        self._child.kill()
        return self._child.said() or f"nothing, in {_START_LIMIT_S} s"

    def _is_ready(self) -> bool:
        """What pg_ctl looks at; a killed predecessor's file says "ready" too, hence the pid."""
        lines = self._lock_lines()
        return len(lines) > 7 and lines[0].strip() == str(self.pid) and lines[7].strip() == "ready"

    def _lock_lines(self) -> list[str]:
        try:
            return (self._cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _forget_stale_lock(self) -> None:
        """Remove a lock file whose pid belongs to some other program by now.

        After a crash PostgreSQL would take that one for its predecessor and never start again.
        """
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


def _as_seen_by_server(folder: Path) -> Path:
    """How a server whose working directory is ``folder`` is told to find it.

    As root we hand the server a folder that it may own but not reach, when some folder above it is
    closed to others, as /root is. It needs no way there: it is there, and Linux lets it say so.
    """
    return Path("/proc/self/cwd") if account() and sys.platform == "linux" else folder
