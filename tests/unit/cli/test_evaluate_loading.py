"""A set is read with whatever it has; what cannot be used is told with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.cli.errors import CommandFailed
from services.cli.evaluate.loading import read
from tests.unit.cli.judged_sets import BAKER, BANKER, JUDGEMENTS, PAY, a_set


def test_an_id_is_all_that_a_line_needs(tmp_path: Path) -> None:
    judged = read(a_set(tmp_path, [{"member_id": "m"}], [{"external_id": 7}], ["7 0 m 1"]))
    assert [row.id for row in judged.members] == ["m"]
    assert [row.id for row in judged.demands] == ["7"]
    assert judged.grades == {"7": {"m": 1}}
    assert not judged.faults.told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"member_id": "x"', "not JSON"),
        ('["member_id"]', "not an object"),
        ('{"name": "without an id"}', "no member_id"),
        ('{"member_id": " "}', "no member_id"),
        ('{"member_id": true}', "no member_id"),
        ('{"member_id": "x", "name": "\\ud800"}', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"member_id": "x", "keywords": ' + "[" * 400 + "]" * 400 + "}", "lists in lists"),
    ],
)
def test_a_bad_line_is_told_with_its_place_and_the_rest_goes_on(
    tmp_path: Path, line: str, told: str
) -> None:
    judged = read(a_set(tmp_path, [BAKER, line, BANKER]))
    assert [row.id for row in judged.members] == ["baker", "banker"]
    assert judged.faults.told[0].startswith(f"members.jsonl:2: {told}")
    assert judged.faults.counts["bad_lines"] == 1


def test_bytes_that_are_not_utf_8_are_a_bad_line(tmp_path: Path) -> None:
    a_set(tmp_path)
    with (tmp_path / "members.jsonl").open("ab") as file:
        file.write(b'{"member_id": "\xff"}\n')
    assert "members.jsonl:4: not UTF-8" in read(tmp_path).faults.told[0]


def test_a_separator_inside_a_text_ends_no_line_and_a_byte_order_mark_is_none(
    tmp_path: Path,
) -> None:
    a_set(tmp_path, ['\ufeff{"member_id": "m", "description": "one\u2028two\x85three"}'])
    judged = read(tmp_path)
    assert judged.members[0].fields["description"] == "one\u2028two\x85three"
    assert judged.faults.counts["bad_lines"] == 0


def test_of_lines_with_one_id_the_first_counts_and_the_others_are_told(tmp_path: Path) -> None:
    judged = read(a_set(tmp_path, [BAKER, BANKER, BAKER | {"name": "other"}], [PAY, PAY]))
    assert [row.fields.get("name") for row in judged.members] == ["Fournil", None]
    assert judged.faults.counts["repeated_members"] == 1
    assert judged.faults.counts["repeated_demands"] == 1
    assert "members.jsonl:3: baker again; the line at members.jsonl:1 counts" in judged.faults.told


def test_judgements_have_tabs_or_blanks_and_whole_grades(tmp_path: Path) -> None:
    lines = ["pay\t0\tbanker\t2", "pay 0 baker 1.0", "bread  0  baker -1", "", "bread 0 roofer 0.5"]
    lines += ["bread baker 1", "bread 0 roofer high", "bread 0 roofer 1e300"]
    judged = read(a_set(tmp_path, judgements=lines))
    assert judged.grades == {"pay": {"banker": 2, "baker": 1}, "bread": {"baker": 0}}
    assert [line.split(" ")[0] for line in judged.faults.told] == [
        "qrels.tsv:5:",
        "qrels.tsv:6:",
        "qrels.tsv:7:",
        "qrels.tsv:8:",
    ]


def test_of_judgements_of_one_pair_the_first_counts(tmp_path: Path) -> None:
    judged = read(a_set(tmp_path, judgements=[*JUDGEMENTS, "pay\t0\tbanker\t0"]))
    assert judged.grades["pay"] == {"banker": 1}
    assert judged.faults.counts["repeated_judgements"] == 1


def test_judgements_of_what_is_not_there_are_counted_and_told(tmp_path: Path) -> None:
    lines = [*JUDGEMENTS, "pay 0 gone 1", "pay 0 lost 1", "away 0 banker 1"]
    faults = read(a_set(tmp_path, judgements=lines)).faults
    assert faults.counts["judged_members_unknown"] == 2
    assert faults.counts["judged_demands_unknown"] == 1
    assert "qrels.tsv: pay: no member gone, lost; counts as not found" in faults.told


def test_a_set_of_which_nothing_can_be_used_fails_with_its_first_fault(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"no line that can be used.*members.jsonl:1: not JSON"):
        read(a_set(tmp_path, ["nothing", "at all"]))


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    a_set(tmp_path)
    (tmp_path / "demands.jsonl").unlink()
    with pytest.raises(CommandFailed, match=r"demands\.jsonl is missing"):
        read(tmp_path)


def test_a_directory_beside_the_set_gives_the_parents_of_niches(tmp_path: Path) -> None:
    a_set(tmp_path)
    lines = ['{"entry": "niche", "id": "child", "parent": "top"}', '{"entry": "city", "id": "c"}']
    (tmp_path / "directory.jsonl").write_text("\n".join(lines))
    assert read(tmp_path).parents == {"child": "top"}
