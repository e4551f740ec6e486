"""The pages: every link leads somewhere, every name in them is one that the code has."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer.main
from prometheus_client import REGISTRY

import services.intake.metrics
import services.matcher.metrics
import services.notifier.metrics
import services.runtime.telemetry  # noqa: F401 - registers its metrics, as those above do
from services.cli.main import app
from services.matcher.domain.eligibility import ANSWERS, RULES
from services.matcher.domain.policy import Policy, Spread
from services.runtime.settings import environment_names

ROOT = Path(__file__).parents[2]


def _pages() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode == 0:
        return sorted(name for name in listed.stdout.splitlines() if (ROOT / name).exists())
    names = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(str(name) for name in names if not name.parts[0].startswith((".", "var")))


PAGES = _pages()
OF_USERS = [page for page in PAGES if "/" not in page or page.startswith("docs/")]
FENCE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def _text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def _anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", _text(page)), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", head.lower()) for head in heads)
    return {head.strip().replace(" ", "-") for head in plain}


def _links() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for target in LINK.findall(FENCE.sub("", _text(page))):
            if not re.match(r"[a-z]+:", target):
                yield page, target


@pytest.mark.parametrize(("page", "target"), list(_links()))
def test_a_link_leads_to_what_is_there(page: str, target: str) -> None:
    path, _, anchor = target.partition("#")
    found = (ROOT / page).parent / path if path else ROOT / page
    assert found.exists()
    if anchor:
        assert anchor in _anchors(str(found.resolve().relative_to(ROOT)))


def test_the_pages_that_a_newcomer_looks_for_are_there() -> None:
    wanted = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md"}
    assert wanted | {"docs/operations.md", "docs/api.md", "docs/matching.md"} <= set(PAGES)


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs" / "decisions"
    decisions = {path.name for path in folder.glob("[0-9]*.md")}
    assert set(re.findall(r"\((\d{4}[^)]*\.md)\)", _text("docs/decisions/README.md"))) == decisions


def _subcommands(command: Any) -> dict[str, Any]:
    """The commands of a group, none of a plain command. (Typer has a Click of its own.)"""
    found: dict[str, Any] = getattr(command, "commands", {})
    return found


def _spoken() -> set[str]:
    """What the pages write after ``jisr`` in code, options and arguments left out."""
    words = r"(?:\.venv/bin/)?jisr ((?:[a-z]+ ?)+)"
    line = re.compile(rf"^\s*(?:\$ )?(?:[A-Z_]+=\S+ )*{words}", re.MULTILINE)
    found: list[str] = []
    for text in map(_text, OF_USERS):
        inline = "\n".join(re.findall(r"`(jisr [^`]+)`", text))
        found += line.findall(f"{text}\n{inline}") + re.findall(rf"\$\({words}", text)
    return {spoken.strip() for spoken in found}


@pytest.mark.parametrize("words", sorted(_spoken()))
def test_a_command_that_the_pages_name_exists(words: str) -> None:
    command: Any = typer.main.get_command(app)
    for word in words.split():
        if not _subcommands(command):
            return  # an argument
        assert word in _subcommands(command)
        command = _subcommands(command)[word]


def test_every_command_is_told_of() -> None:
    told = {words.split()[0] for words in _spoken()}
    assert set(_subcommands(typer.main.get_command(app))) <= told | {"demo"}
    assert "make demo" in _text("README.md")


def _rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table rows under ``heading``, up to the next heading of its level."""
    level = heading.split(" ")[0]
    section = _text(page).split(f"\n{heading}\n", 1)[1]
    section = re.split(rf"\n#{{1,{len(level)}}} ", section)[0]
    lines = (line for line in section.splitlines() if line.startswith("|"))
    return [re.split(r"\s*\|\s*", line.strip("| ")) for line in lines]


def test_the_table_of_rules_is_the_list_of_rules_in_its_order() -> None:
    rows = _rows("docs/matching.md", "## 1. Who may be proposed at all")
    named = [row[0].strip("`") for row in rows if row[0].startswith("`")]
    assert named == [name for name, _ in RULES]


def test_the_table_of_kinds_is_what_answers_what() -> None:
    rows = _rows("docs/matching.md", "## 1. Who may be proposed at all")
    told = {row[0]: set(row[1].split(", ")) for row in rows}
    for demand, offers in ANSWERS.items():
        assert told[demand] == set(offers)


def test_the_policy_that_is_told_is_the_policy() -> None:
    rows = _rows("docs/matching.md", "## 4. Policy")
    told = {m[1]: row[-1] for row in rows if (m := re.search(r"`(\w+)`", row[0]))}
    policy = Policy()
    assert told == {name: str(getattr(policy, name)) for name in told}
    assert set(told) == {"threshold", "lexical_threshold", "spare", "offers_per_need", "nearest"}
    assert f"`{policy.version}`" in _text("docs/matching.md")


def test_the_spread_that_is_told_is_the_spread() -> None:
    rows = _rows("docs/matching.md", "## 5. Fair spread")
    told = {m[1]: row[-1] for row in rows if (m := re.match(r"`(\w+)`:", row[0]))}
    assert told == {f.name: str(getattr(Spread(), f.name)) for f in fields(Spread)}


def test_the_table_of_metrics_is_every_metric_of_the_code() -> None:
    rows = _rows("docs/operations.md", "## Metrics")
    told = {m[1] for row in rows if (m := re.search(r"`(jisr_\w+)`", row[0]))}
    made = {
        f"{metric.name}_total" if metric.type == "counter" else metric.name
        for metric in REGISTRY.collect()
        if metric.name.startswith("jisr_")
    }
    assert told == made


def _elsewhere() -> set[str]:
    """Variables of commands' options, and of the tests, which are no settings."""
    commands = _subcommands(typer.main.get_command(app)).values()
    options = {str(o.envvar) for command in commands for o in command.params if o.envvar}
    tests = (ROOT / "tests").rglob("*.py")
    return options | set(
        re.findall(r"JISR_TEST_[A-Z]+", "".join(path.read_text(encoding="utf-8") for path in tests))
    )


@pytest.mark.parametrize("page", OF_USERS)
def test_an_environment_variable_that_a_page_names_is_a_setting(page: str) -> None:
    named = set(re.findall(r"\b(JISR_[A-Z_]+|DATABASE_URL|KAFKA_[A-Z_]+)\b", _text(page)))
    assert named <= environment_names() | _elsewhere()


@pytest.mark.parametrize("page", OF_USERS)
def test_a_topic_that_a_page_names_is_one_of_the_map(page: str) -> None:
    from schemas.topics import TOPICS

    named = set(re.findall(r"\bjisr\.[a-z]+\.v\d+\b", _text(page)))
    assert named <= {topic.name for topic in TOPICS}
