"""A year of choices: seeded, measured rightly, and fairer with the policy's spread than without."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from services.cli.errors import CommandFailed
from services.cli.main import app
from services.cli.simulate.answers import Answers
from services.cli.simulate.demands import weights_of, year_of
from services.cli.simulate.directory import grown, origin, thinned
from services.cli.simulate.folder import THIN_WORDS, Folder, read, sentences
from services.cli.simulate.measures import gini, top_share
from services.cli.simulate.show import histogram
from services.cli.simulate.year import Year, index_of
from services.matcher.adapters.shipped import SCORE_MODEL
from services.matcher.domain import scoring
from services.matcher.domain.policy import Policy

SAMPLES = Path(__file__).parents[3] / "samples"
RUNNER = CliRunner(env={"COLUMNS": "200"})
counts = st.lists(st.integers(0, 50), min_size=1, max_size=40)


@pytest.fixture(scope="module")
def folder() -> Folder:
    """The samples, without vectors."""
    return read(SAMPLES, None, lambda *_: None)


def simulate(*options: str) -> Any:
    """The command, by words alone, on the samples."""
    given_ = ["simulate", "--spread", "--folder", str(SAMPLES), "--embedder", "lexical", *options]
    return RUNNER.invoke(app, given_)


def test_gini_is_nothing_when_all_have_the_same_and_nearly_one_when_one_has_all() -> None:
    assert gini([3, 3, 3]) == pytest.approx(0.0)
    assert gini([0] * 99 + [7]) == pytest.approx(0.99)
    assert gini([0, 0]) == 0.0


@given(counts)
def test_gini_is_half_the_mean_difference_over_the_mean(of: list[int]) -> None:
    many, total = len(of), sum(of)
    slow = sum(abs(a - b) for a in of for b in of) / (2 * many * total) if total else 0.0
    assert gini(of) == pytest.approx(slow)


@given(counts)
def test_the_share_of_the_busiest_lies_between_theirs_and_all(of: list[int]) -> None:
    assert top_share(of, 1.0) == (1.0 if sum(of) else 0.0)
    assert not sum(of) or top_share(of) >= 0.1 - 1e-9


def test_a_histogram_counts_everybody_once() -> None:
    lines = histogram([0, 1, 1, 30], 30)
    assert sum(int(line.split()[-1]) for line in lines) == 4
    assert lines[0].endswith(" 3")


def test_the_same_seed_gives_the_same_year_and_another_one_another(folder: Folder) -> None:
    weights = weights_of(folder, 0.5, 1)
    year = year_of(folder, weights, 30, 4.0, 1)
    assert year == year_of(folder, weights, 30, 4.0, 1)
    assert year != year_of(folder, weights, 30, 4.0, 2)
    assert [one.at for one in year] == sorted(one.at for one in year)
    assert len({one.need.need_id for one in year}) == len(year)


def test_a_demand_says_its_title_and_sentences_that_the_folder_has(folder: Folder) -> None:
    known = {part for theme in folder.themes for part in theme.parts}
    for one in year_of(folder, weights_of(folder, 0.0, 1), 30, 4.0, 1):
        assert one.need.title == folder.themes[one.theme].parts[0]
        assert all(said in known for said in sentences(one.need.description))


def test_themes_are_the_demands_and_the_past_work_of_the_folder(folder: Folder) -> None:
    demands = (SAMPLES / "demands.jsonl").read_text().splitlines()
    members = map(json.loads, (SAMPLES / "members.jsonl").read_text().splitlines())
    work = sum(len(member.get("portfolio", [])) for member in members)
    assert len(folder.themes) == len(demands) + work


def test_a_directory_grows_by_members_like_those_of_the_folder(folder: Folder) -> None:
    members = grown(folder, weights_of(folder, 0.5, 1), 400, 1)
    assert len({member.supply_id for member in members}) == 400
    assert members[: len(folder.members)] == folder.members
    own = {member.supply_id: member for member in folder.members}
    for member in members:
        assert member.owner.id == member.supply_id
        assert member.niches == own[origin(member.supply_id)].niches
        assert member.pieces[0].text
    assert grown(folder, weights_of(folder, 0.5, 1), 0, 1) == folder.members


def test_thinned_members_keep_a_few_words_and_no_past_work(folder: Folder) -> None:
    few = thinned(folder, folder.members, 0.2, 1)
    changed = [now for now, before in zip(few, folder.members, strict=True) if now != before]
    assert len(changed) == round(0.2 * len(folder.members))
    for member in changed:
        (only,) = member.pieces
        assert len(only.text.split()) <= THIN_WORDS
    assert thinned(folder, folder.members, 0.0, 1) == folder.members


def test_the_same_member_answers_the_same_demand_alike_in_every_run() -> None:
    answers = Answers(7)
    assert answers.to("d", "m", 0.8) == answers.to("d", "m", 0.8)
    said = [answers.to(f"d-{n}", "m", 0.8) for n in range(2_000)]
    given_ = [one for one in said if one is not None]
    assert len(given_) / len(said) == pytest.approx(0.75, abs=0.03)
    assert sum(one.accepts for one in given_) / len(given_) == pytest.approx(0.8, abs=0.03)


def test_a_year_ends_with_nobody_asked_twice_and_no_place_taken_twice(folder: Folder) -> None:
    members = {m.supply_id: replace(m, capacity=1) for m in folder.members}
    weights = weights_of(folder, 1.0, 1)
    year = Year(
        folder.world,
        Policy(threshold=0.3),
        scoring.load(SCORE_MODEL),
        Answers(1, reply=1.0),
        members,
        index_of(members.values(), None, folder),
    )
    record = year.run(year_of(folder, weights, 20, 4.0, 1), lambda: None)
    pairs = [(p.need_id, p.member_id) for p in record.proposals]
    assert pairs
    assert len(pairs) == len(set(pairs))
    assert all(p.score >= 0.3 for p in record.proposals)
    assert not year._open, "what is not answered in time is closed"
    assert not +year._taken, "every place is free again"


def test_spread_makes_a_year_more_even_at_a_small_loss_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "year.json"
    done = simulate("--days", "40", "--members", "250", "--json", str(file))
    assert done.exit_code == 0, done.exception
    assert "Gini" in done.output
    years = json.loads(file.read_text())["years"]
    alone, fair = years["score alone"], years["fair spread"]
    assert alone["by_load"] == alone["by_newness"] == 0
    assert fair["by_load"] > 0
    assert fair["gini"] < alone["gini"]
    assert fair["top_share"] <= alone["top_share"]
    assert fair["relevance"] > 0.98 * alone["relevance"]
    assert sum(fair["counts"].values()) == fair["proposals"]


def test_a_folder_without_members_or_with_a_wrong_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "directory.jsonl").write_text("")
    (tmp_path / "members.jsonl").write_text('{"member_id": "m"}\n')
    (tmp_path / "demands.jsonl").write_text("")
    done = RUNNER.invoke(app, ["simulate", "--folder", str(tmp_path), "--embedder", "lexical"])
    assert isinstance(done.exception, CommandFailed)
    assert "members.jsonl, entry 1" in str(done.exception)
    (tmp_path / "members.jsonl").write_text("")
    done = RUNNER.invoke(app, ["simulate", "--folder", str(tmp_path), "--embedder", "lexical"])
    assert "no members or no demands" in str(done.exception)
    assert "from 0 to 1" in str(simulate("--near", "2").exception)
