"""A submission against the directory and the time, decided without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.facts import Draft, Kind, digest
from services.intake.domain.fitness import Known, faults, named, warnings
from services.intake.domain.speakers import Role, Speaker
from services.intake.domain.versions import Taken, Unchanged, Unfit, fitting, submit

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
KNOWN = Known(frozenset({"city:settat", "niche:payments"}), has_cities=True, has_niches=True)
SETTAT = Speaker("city:settat", Role.CITY)


def draft(kind: Kind = "demand", **content: Any) -> Draft:
    return Draft(kind, "id", "SET-1", SETTAT, content, digest(content))


@pytest.mark.parametrize(
    ("kind", "content", "pointers"),
    [
        ("demand", {"city": "settat"}, []),
        ("demand", {"city": "setat"}, ["/city"]),
        ("offer", {"owner": {"type": "city", "id": "settat"}, "city": None}, []),
        ("offer", {"owner": {"type": "city", "id": "x"}, "city": "y"}, ["/city", "/owner/id"]),
        ("offer", {"owner": {"type": "member", "id": "x"}, "city": "settat"}, []),
        ("member", {"city": "paris"}, []),
        ("directory", {"entry": "ambassador", "city": "new"}, []),
        ("demand", {"city": "settat", "deadline": "2026-11-23T09:00:00Z"}, ["/deadline"]),
        ("offer", {"owner": {}, "deadline": "2026-11-23T10:00:01+01:00"}, []),
        ("offer", {"owner": {}, "deadline": "2026-11-23T09:59:59+01:00"}, ["/deadline"]),
    ],
)
def test_what_does_not_fit_is_pointed_at(
    kind: Kind, content: dict[str, Any], pointers: list[str]
) -> None:
    assert [fault.pointer for fault in faults(draft(kind, **content), KNOWN, NOW)] == pointers


def test_an_unknown_niche_is_a_warning_and_no_fault() -> None:
    demand = draft(city="settat", niches=["payments", "paymnets"])
    assert faults(demand, KNOWN, NOW) == []
    (warning,) = warnings(demand, KNOWN)
    assert (warning.pointer, warning.code) == ("/niches/1", "unknown_niche")
    assert "paymnets" in warning.detail
    assert named(demand) == {"city:settat", "niche:payments", "niche:paymnets"}


def test_an_empty_directory_judges_nobody() -> None:
    demand = draft(city="anywhere", niches=["anything"])
    assert faults(demand, Known(), NOW) == []
    assert warnings(demand, Known()) == []


moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, st.timedeltas(timedelta(), timedelta(days=900)), st.booleans())
def test_what_was_taken_once_is_unchanged_for_ever(
    deadline: datetime, later: timedelta, city_stays: bool
) -> None:
    demand = draft(city="settat", deadline=deadline.isoformat())
    first = fitting(submit(None, demand, NOW), demand, KNOWN, NOW)
    if deadline <= NOW:
        assert isinstance(first, Unfit)
        return
    assert isinstance(first, Taken)
    known = KNOWN if city_stays else Known(frozenset(), has_cities=True)
    again = fitting(submit(first.fact, demand, NOW + later), demand, known, NOW + later)
    assert isinstance(again, Unchanged)
