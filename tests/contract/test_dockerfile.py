"""The Dockerfile: pinned, not root, and its install steps give a program that runs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

from services.runtime.settings import environment_names

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "services")


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Dockerfile and the number of the stage it belongs to."""

    stage: int
    name: str
    value: str


def parse(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile, with continued lines joined and comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    found: list[Instruction] = []
    stage = -1
    for line in filter(None, map(str.strip, joined.splitlines())):
        name, value = line.split(None, 1)
        stage += name == "FROM"
        found.append(Instruction(stage, name, " ".join(value.split())))
    return found


INSTRUCTIONS = parse((ROOT / "Dockerfile").read_text(encoding="utf-8"))


def _all(name: str) -> list[Instruction]:
    return [one for one in INSTRUCTIONS if one.name == name]


def _sources() -> list[str]:
    """The paths that are copied from the build's context."""
    copied = [one.value.split() for one in _all("COPY") if "--from" not in one.value]
    return [source for words in copied for source in words[:-1]]


def test_every_stage_starts_from_the_same_fully_pinned_image() -> None:
    images = {one.value.split()[0] for one in _all("FROM")}
    assert len(images) == 1
    assert re.fullmatch(
        r"python:3\.13\.\d+-slim-bookworm(@sha256:[0-9a-f]{64})?", next(iter(images))
    )


def test_the_last_stage_runs_as_a_numbered_user_that_is_not_root() -> None:
    # By number: Kubernetes cannot tell of a name that it is not root (runAsNonRoot).
    last = _all("FROM")[-1].stage
    assert [one.value for one in _all("USER") if one.stage == last] == ["10001:10001"]


def test_what_is_copied_exists_and_is_let_into_the_build() -> None:
    let_in = [
        line[1:]
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    ]
    assert sorted(let_in) == sorted(_sources())
    assert not [source for source in _sources() if not (ROOT / source).exists()]


def test_what_is_installed_is_checked_against_the_lock() -> None:
    installs = [one.value for one in _all("RUN") if "pip install" in one.value]
    assert ["--require-hashes" in one or "--no-index" in one for one in installs] == [True, True]
    assert not _all("ADD")


def test_the_image_sets_only_variables_that_the_settings_know() -> None:
    last = _all("FROM")[-1].stage
    names = {
        word.partition("=")[0]
        for one in _all("ENV")
        if one.stage == last
        for word in shlex.split(one.value)
    }
    assert not {name for name in names if name.startswith("JISR_")} - environment_names()


def test_the_image_is_the_program() -> None:
    assert [one.value for one in _all("ENTRYPOINT")] == ['["jisr"]']


def _python() -> str:
    """The image's Python where this machine has one that runs (a shim may not), else ours."""
    found = shutil.which("python3.13")
    if found and subprocess.run([found, "--version"], capture_output=True).returncode == 0:
        return found
    return sys.executable


def _data_files(root: Path) -> set[str]:
    """What the packages need besides code: SQL, templates, schemas, catalogues, a model.

    The history of the schemas is for development alone, and .dockerignore keeps it out.
    """
    every = (path for package in PACKAGES for path in (root / package).rglob("*"))
    names = {path.relative_to(root).as_posix() for path in every if path.is_file()}
    ignored = ("*.py", "*.pyc", "*.md", "*.pot", "schemas/history/*")
    return {name for name in names if not any(fnmatch(name, pattern) for pattern in ignored)}


@pytest.mark.slow
@pytest.mark.skipif(
    os.environ.get("JISR_TEST_INSTALL") != "1",
    reason="needs a package index and a minute; JISR_TEST_INSTALL=1 runs it, as CI does",
)
def test_its_install_steps_give_a_program_that_runs(tmp_path: Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    for name in _sources():
        if (ROOT / name).is_dir():
            skip = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=skip)
        else:
            shutil.copy(ROOT / name, source)
    steps = [one.value for one in _all("RUN") if one.stage == 0]
    # The image compiles; here that would only take time.
    uncompiled = os.environ | {"PIP_NO_COMPILE": "1"}
    for step in steps:
        command = step.replace("/opt/jisr", str(tmp_path / "jisr"))
        words = shlex.split(command)
        if words[0] == "python":
            words[0] = _python()
        done = subprocess.run(
            words, cwd=source, env=uncompiled, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    site = next((tmp_path / "jisr" / "lib").glob("python3.*/site-packages"))
    missing = sorted(_data_files(source) - _data_files(site))
    assert not missing, "not in [tool.setuptools.package-data]"
    program = [str(tmp_path / "jisr" / "bin" / "jisr"), "--help"]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
