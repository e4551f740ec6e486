"""No address and no telephone number passes a free text (I6); what only looks like one does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.answers import Answer, read_given
from services.notifier.domain.blanking import BLANK, without_contacts

DIGITS = {
    "western": "0123456789",
    "arabic": "٠١٢٣٤٥٦٧٨٩",
    "persian": "۰۱۲۳۴۵۶۷۸۹",
    "full-width": "０１２３４５６７８９",
}


@pytest.mark.parametrize(
    "written",
    [
        "samira@atlas.example",
        "Samira.Bennis+jisr@mail.atlas.example",
        "samira @ atlas.example",
        "samira＠atlas.example",
        "samira\u200b@\u200batlas.example",
        "samira (at) atlas (dot) example",
        "samira[at]atlas.example",
        "samira arobase atlas point example",
        "samira at atlas dot example",
        "سميرة@أطلس.example",
        "mailto:samira@atlas.example",
    ],
)
def test_an_address_is_blanked_however_it_is_written(written: str) -> None:
    said = without_contacts(f"Écrivez à {written} merci")
    assert "atlas" not in said
    assert "samira" not in said.lower()
    assert BLANK in said
    assert said.startswith("Écrivez à")


@pytest.mark.parametrize("digits", DIGITS.values(), ids=DIGITS)
@pytest.mark.parametrize(
    "shape",
    ["0661234567", "06 61 23 45 67", "06.61.23.45.67", "+212 661-234567", "(+212) 6 61 23 45 67"],
)
def test_a_number_is_blanked_in_every_script(shape: str, digits: str) -> None:
    number = shape.translate(str.maketrans(DIGITS["western"], digits))
    said = without_contacts(f"اتصلوا بي: {number} شكرا")
    assert not any(c.isdecimal() for c in said)
    assert said.startswith("اتصلوا بي: ")
    assert said.endswith("شكرا")


@pytest.mark.parametrize(
    "text",
    [
        "Pas avant le 31/03/2027.",
        "Not before 2027-03-31.",
        "Nous étions pris en 2024-2026.",
        "Notre budget est de 10 000 000 MAD.",
        "Il faudrait 12000000 dirhams",
        "1 200 000 personnes, 45 coopératives",
        "ISO 27001, PCI DSS 4.0",
        "نحن 12 شخصا، والميزانية 500 000 درهم",
        "",
    ],
)
def test_dates_amounts_and_counts_stay(text: str) -> None:
    assert without_contacts(text) == text


@given(st.text(max_size=200))
def test_blanking_twice_is_blanking_once(text: str) -> None:
    once = without_contacts(text)
    assert without_contacts(once) == once


@given(
    st.text(max_size=60),
    st.text("0123456789", min_size=8, max_size=15),
    st.text(max_size=60),
    st.sampled_from([" ", "\n", ": ", "("]),
)
def test_a_number_passes_in_no_surroundings(
    before: str, number: str, after: str, mark: str
) -> None:
    # A currency after it would make it an amount.
    said = without_contacts(f"{before}{mark}0{number}{mark}{after}")
    assert f"0{number}" not in said


def test_what_is_written_with_a_decline_comes_out_without_contacts() -> None:
    text = "Écrivez à samira@atlas.example ou au 06 61 23 45 67."
    given_answer = read_given({"answer": ["decline"], "reason": ["too-busy"], "text": [text]})
    assert isinstance(given_answer, Answer)
    said = given_answer.text
    assert said == f"Écrivez à {BLANK} ou au {BLANK}."
