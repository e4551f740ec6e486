"""Contact data that somebody writes into a text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from schemas.blanking import BLANK
from schemas.demand import DemandSubmission
from schemas.member import MemberSubmission
from schemas.offer import OfferSubmission
from services.intake.domain.contacts import FREE_TEXTS, blanked, differing

MAIL = "samira@zraa.example"
texts = st.sampled_from([MAIL, f"Écrivez à {MAIL}", "06 61 23 98 74", "Capteurs", "2024-2026"])
names = st.sampled_from([*sorted(FREE_TEXTS), "external_id", "contact", "email"])
documents = st.recursive(
    texts | st.none() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
)


def test_an_address_is_blanked_and_its_place_is_told() -> None:
    said = {"title": "Caisse", "portfolio": [{"title": "A"}, {"text": f"voir {MAIL}"}]}
    kept = blanked(said)
    assert kept["portfolio"][1]["text"] == f"voir {BLANK}"
    assert list(differing(said, kept)) == ["/portfolio/1/text"]


@pytest.mark.parametrize("name", ["external_id", "deadline", "email", "phone", "certifications"])
def test_what_is_no_free_text_stays_as_it_is(name: str) -> None:
    said = {name: f"2027-06-30T23:59:00+01:00 {MAIL}"}
    assert blanked(said) == said


@pytest.mark.parametrize("model", [DemandSubmission, OfferSubmission, MemberSubmission])
def test_every_text_that_people_write_is_looked_at(model: type[BaseModel]) -> None:
    schema = model.model_json_schema()
    inside = [schema, *schema["$defs"].values()]
    fields = [one for part in inside for one in part.get("properties", {}).items()]
    long = {name for name, field in fields if longest(field) >= 300}
    assert long
    assert long <= FREE_TEXTS


def longest(field: dict[str, Any]) -> int:
    """The longest text that a field of a JSON Schema takes."""
    items = [field, field.get("items", {}), *field.get("anyOf", [])]
    return max(one.get("maxLength", 0) for one in items)


@given(documents)
def test_blanking_twice_is_blanking_once_and_changes_texts_alone(document: object) -> None:
    kept = blanked(document)
    assert blanked(kept) == kept
    assert (kept == document) == (not list(differing(document, kept)))
