"""Which Jisr runs is known in a working tree as well as in an installation."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

from typer.testing import CliRunner

from services.cli.main import app
from services.cli.version import ROOT, commit, jisr_version


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@jisr.example")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def test_a_tree_that_nobody_installed_has_the_version_that_it_states() -> None:
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert jisr_version() == stated
    assert stated in CliRunner().invoke(app, ["--version"]).output


def test_a_project_around_an_installation_is_not_taken_for_jisr(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "other"\nversion = "9.9"\n')
    assert jisr_version(tmp_path) != "9.9"
    assert commit(tmp_path) is None


def test_the_commit_says_whether_a_file_was_changed_since(tmp_path: Path) -> None:
    git(tmp_path, "init")
    assert commit(tmp_path) is None
    (tmp_path / "file").write_text("one")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-m", "one")
    clean = commit(tmp_path)
    assert clean is not None
    assert re.fullmatch(r"[0-9a-f]{7,40}", clean)
    (tmp_path / "file").write_text("two")
    assert commit(tmp_path) == f"{clean}-dirty"
