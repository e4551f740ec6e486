"""A run says to any TREC tool what the ranking said, and nothing is a tie that was none."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.errors import CommandFailed
from services.cli.evaluate.measuring import NAMES
from services.cli.evaluate.running import Ranked, Spent
from services.cli.evaluate.trec import apart, run_file
from tests.unit.cli.judged_sets import BAKER, DEMANDS, JUDGEMENTS, MEMBERS, a_set, evaluate, found


def columns(path: Path) -> list[list[str]]:
    return [line.split(" ") for line in path.read_text("utf-8").splitlines()]


@given(st.lists(st.integers(0, 10**6).map(lambda n: n / 10**6), min_size=1, max_size=300))
def test_written_scores_fall_even_as_32_bit_floats_and_stay_where_they_were(
    scores: list[float],
) -> None:
    scores.sort(reverse=True)
    written = apart(scores)
    short = np.array(written, np.float32)
    assert (short[1:] < short[:-1]).all()
    assert written == pytest.approx(scores, abs=1e-4)
    assert written[0] == scores[0]


def test_the_measures_of_the_written_run_are_those_that_are_told(tmp_path: Path) -> None:
    same = [BAKER | {"member_id": f"baker{n}"} for n in range(30)]  # equal scores, all of them
    lines = [*JUDGEMENTS[:1], "bread 0 baker7 1", "bread 0 baker21 3"]
    ir_measures = pytest.importorskip("ir_measures", reason="no wheel for Linux on aarch64")
    a_set(tmp_path, [*MEMBERS, *same], judgements=lines)
    data = found(tmp_path, "--run", tmp_path / "run", "--depth", "0")
    (tmp_path / "qrels").write_text("\n".join(line.replace("\t", " ") for line in lines))
    qrels = list(ir_measures.read_trec_qrels(str(tmp_path / "qrels")))
    measures = ("RR", "Success@1", "Success@5", "Success@10", "nDCG@10", "R@50")
    run = list(ir_measures.read_trec_run(str(tmp_path / "run")))
    parsed = [ir_measures.parse_measure(name) for name in measures]
    told = ir_measures.calc_aggregate(parsed, qrels, run)
    values = {name: data["metrics"][name]["value"] for name in NAMES}
    assert values == pytest.approx(dict(zip(NAMES, (told[m] for m in parsed), strict=True)))
    assert 0 < values["MRR"] < 1


@pytest.mark.parametrize(("depth", "lines"), [("0", 6), ("2", 4), ("100", 6)])
def test_a_run_holds_as_many_members_of_each_demand_as_asked(
    tmp_path: Path, depth: str, lines: int
) -> None:
    a_set(tmp_path)
    assert evaluate(tmp_path, "--run", tmp_path / "run", "--depth", depth).exit_code == 0
    written = columns(tmp_path / "run")
    assert len(written) == lines
    assert [row[0] for row in written] == sorted((row[0] for row in written), reverse=True)
    assert {(row[1], row[5]) for row in written} == {("Q0", "jisr-lexical")}
    assert written[0][:4] == ["pay", "Q0", "banker", "1"]


def test_measures_do_not_depend_on_the_depth_of_the_run(tmp_path: Path) -> None:
    a_set(tmp_path, judgements=["pay 0 roofer 1"])
    shallow = found(tmp_path, "--run", tmp_path / "run", "--depth", "1")
    assert shallow["metrics"] == found(tmp_path)["metrics"]
    assert shallow["metrics"]["MRR"]["value"] > 0


@pytest.mark.parametrize("side", ["members", "demands"])
def test_an_id_with_a_blank_is_refused_for_a_run_and_harmless_without(
    tmp_path: Path, side: str
) -> None:
    members = [*MEMBERS, {"member_id": "two words"}] if side == "members" else MEMBERS
    demands = [*DEMANDS, {"external_id": "two words"}] if side == "demands" else DEMANDS
    a_set(tmp_path, members, demands)
    answer = evaluate(tmp_path, "--run", tmp_path / "run")
    assert isinstance(answer.exception, CommandFailed)
    assert "the id 'two words' holds a blank" in str(answer.exception)
    assert f"{side}.jsonl:" in str(answer.exception)
    assert not (tmp_path / "run").exists()
    found(tmp_path)


def test_half_a_run_does_not_take_the_place_of_a_run(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_text("an older one")

    def half() -> None:
        with run_file(path, "tag", 0) as write:
            write(Ranked("d", ["m"], [0.5], Spent(0, 0, 0), "no model"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert path.read_text() == "an older one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with run_file(pipe, "tag", 0) as write:
            write(Ranked("d", ["m"], [0.5], Spent(0, 0, 0), "no model"))
        assert os.read(reader, 100) == b"d Q0 m 1 0.5 tag\n"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
