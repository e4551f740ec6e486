"""ops/setup.sh, with a stand-in for Python that notes what it is asked to do."""

import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]

# Knows just what the script asks of an interpreter; a "python" in an environment is a copy of it.
STAND_IN = """#!/bin/sh
echo "$@" >>"{notes}"
case "$*" in
--version) echo "Python 3.12.1" ;;
*version_info*) exit {too_old} ;;
*ensurepip*) exit {no_ensurepip} ;;
*"-m virtualenv"*) exit 1 ;;
*"-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python && : >.venv/pyvenv.cfg ;;
*"--require-hashes"*) exit {no_packages} ;;
esac
"""


class Machine:
    """A checkout and a PATH with one stand-in Python, one of the names that the script tries."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "a checkout"
        self.programs = folder / "bin"
        self._notes = folder / "notes"
        (self.checkout / "ops").mkdir(parents=True)
        self.programs.mkdir()
        shutil.copy(REPOSITORY / "ops" / "setup.sh", self.checkout / "ops")
        self.lock = self.checkout / "requirements.lock"
        self.lock.write_text("thing==1.0\n")
        (self.checkout / "pyproject.toml").write_text("[project]\n")
        for needed in ("cat", "cksum", "cp", "dirname", "grep", "id", "mkdir", "rm", "sh"):
            (self.programs / needed).symlink_to(shutil.which(needed) or needed)
        self.install_python()

    def install_python(
        self, *, too_old: int = 0, no_ensurepip: int = 0, no_packages: int = 0
    ) -> None:
        python = self.programs / "python3.12"
        python.write_text(
            STAND_IN.format(
                notes=self._notes,
                too_old=too_old,
                no_ensurepip=no_ensurepip,
                no_packages=no_packages,
            )
        )
        python.chmod(0o755)

    def setup(self) -> subprocess.CompletedProcess[str]:
        self._notes.write_text("")
        return subprocess.run(
            [self.programs / "sh", self.checkout / "ops" / "setup.sh"],
            env={"PATH": str(self.programs)},
            capture_output=True,
            text=True,
        )

    @property
    def installations(self) -> list[str]:
        return [line for line in self._notes.read_text().splitlines() if " install " in line]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_it_installs_what_is_locked_by_hash_and_then_jisr_itself(machine: Machine) -> None:
    done = machine.setup()
    assert done.returncode == 0, done.stderr
    locked, jisr = machine.installations
    assert "--require-hashes -r requirements.lock" in locked
    assert "--no-deps" in jisr
    assert "--editable ." in jisr


def test_done_already_it_says_and_installs_nothing(machine: Machine) -> None:
    machine.setup()
    again = machine.setup()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert machine.installations == []


def test_a_changed_lock_is_installed(machine: Machine) -> None:
    machine.setup()
    machine.lock.write_text("thing==1.1\n")
    assert machine.setup().returncode == 0
    assert len(machine.installations) == 2


def test_a_checkout_that_was_moved_gets_a_new_environment(machine: Machine) -> None:
    machine.setup()
    machine.checkout = machine.checkout.rename(machine.checkout.with_name("elsewhere"))
    machine.setup()
    assert len(machine.installations) == 2


def test_a_failed_installation_is_told_and_tried_again(machine: Machine) -> None:
    machine.install_python(no_packages=1)
    failed = machine.setup()
    assert failed.returncode != 0
    assert "could not be installed" in failed.stderr
    machine.install_python()
    assert machine.setup().returncode == 0
    assert len(machine.installations) == 2


def test_a_python_that_is_too_old_is_named_as_the_reason(machine: Machine) -> None:
    machine.install_python(too_old=1)
    failed = machine.setup()
    assert failed.returncode != 0
    assert "needs Python 3.11 or newer" in failed.stderr


def test_a_python_without_venv_leads_to_the_package_to_install(machine: Machine) -> None:
    machine.install_python(no_ensurepip=1)
    failed = machine.setup()
    assert failed.returncode != 0
    assert "python3-venv" in failed.stderr


def test_a_folder_that_is_no_environment_is_not_deleted(machine: Machine) -> None:
    precious = machine.checkout / ".venv" / "precious"
    precious.parent.mkdir()
    precious.touch()
    failed = machine.setup()
    assert failed.returncode != 0
    assert "in the way" in failed.stderr
    assert precious.exists()
