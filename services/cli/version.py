"""Which Jisr runs: its version, and the commit of the working tree it runs from."""

from __future__ import annotations

import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
"""The folder that holds the packages: of a repository, or of an installation."""


def jisr_version(root: Path = ROOT) -> str | None:
    """The version that the tree at ``root`` states, or else the installed one; None: unknown."""
    try:
        with (root / "pyproject.toml").open("rb") as file:
            project = tomllib.load(file)["project"]
        if project["name"] == "jisr":
            return str(project["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        pass
    return package_version("jisr")


def package_version(package: str) -> str | None:
    """The version of an installed package; None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def commit(root: Path = ROOT) -> str | None:
    """The git commit of ``root``, with ``-dirty`` where a file was changed since; None where that
    is no repository, as of an installed Jisr.
    """
    if not (root / ".git").exists():
        return None
    return _git(root, "describe", "--always", "--dirty", "--exclude", "*")


def _git(root: Path, *words: str) -> str | None:
    command = ["git", *words]
    try:
        said = subprocess.run(
            command, cwd=root, capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip() or None if said.returncode == 0 else None
