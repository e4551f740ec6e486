"""The demands of the bench: none of them may be known to the hub."""

from itertools import islice

from bench.world import unique_demands
from services.cli.demo.samples import Submission


def _demand(number: int, language: str | None) -> Submission:
    body = {"external_id": f"X-{number}", "title": "t", "description": "d"}
    return Submission(
        "demand", "city:x", "http", {**body, **({"language": language} if language else {})}
    )


def test_demands_repeat_neither_a_name_nor_a_text() -> None:
    found = list(islice(unique_demands([_demand(1, "ar"), _demand(2, None)], "run"), 50))
    assert len({one.body["external_id"] for one in found}) == 50
    assert len({one.body["description"] for one in found}) == 50
    assert {one.source for one in found} == {"city:x"}


def test_two_runs_have_no_name_in_common() -> None:
    first, second = (
        {d.body["external_id"] for d in islice(unique_demands([_demand(1, "fr")], run), 9)}
        for run in ("a", "b")
    )
    assert not first & second
