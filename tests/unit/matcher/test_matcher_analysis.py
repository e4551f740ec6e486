"""From text to terms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain import analysis
from services.matcher.domain.analysis import fold, language_of, surfaces, terms, weighted, words


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Élève", "eleve"),
        ("ŒUVRE", "oeuvre"),
        ("naïve", "naive"),
        ("أمن إلى آلة", "امن الي اله"),
        ("مـــاء", "ماء"),
        ("مُدَرِّسَة", "مدرسه"),
        ("مسؤول وبيئة", "مسوول وبييه"),
        ("٢٠٢٦", "2026"),
    ],
)
def test_accents_letter_forms_and_digits_are_brought_to_one_form(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text(st.characters(max_codepoint=0x06FF), max_size=60))
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=200), st.sampled_from(analysis.LANGUAGES))
def test_any_text_can_be_analysed(text: str, language: str) -> None:
    found = terms(text, language)
    assert all(found)
    assert set(surfaces(text, language)) == set(found)


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("capteurs", "capteur", "fr"),
        ("securisée", "sécurisées", "fr"),
        ("payments", "payment", "en"),
        ("weighing", "weighed", "en"),
        ("المدارس", "مدارس", "ar"),
        ("المُدَرِّسَة", "مدرسة", "ar"),
        ("للتعاونية", "تعاونيه", "ar"),
        ("والصحة", "صحة", "ar"),
    ],
)
def test_forms_of_one_word_are_one_term(one: str, other: str, language: str) -> None:
    assert terms(one, language) == terms(other, language) != []


def test_an_arabic_word_with_vowel_marks_is_one_word() -> None:
    assert words("مُدَرِّسَة جَدِيدَة") == ["مُدَرِّسَة", "جَدِيدَة"]


def test_an_arabic_word_in_a_french_text_is_stemmed_as_arabic() -> None:
    assert terms("logiciel المدارس", "fr") == terms("logiciel", "fr") + terms("مدارس", "ar")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("compound", ["R&D", "C++", "C#", "5G", "A/B"])
def test_an_acronym_keeps_a_term_of_its_own(compound: str, language: str) -> None:
    assert terms(compound, language) == [compound.lower()]


def test_an_acronym_of_letters_is_found_whatever_its_case() -> None:
    assert terms("IoT", "fr") == terms("iot", "fr") == ["iot"]


def test_a_compound_keeps_its_parts_and_itself() -> None:
    assert "e-paiement" in terms("e-paiement", "fr")
    assert set(terms("paiement", "fr")) < set(terms("e-paiement", "fr"))


@pytest.mark.parametrize(("elided", "plain"), [("d'eau", "eau"), ("l’écoute", "écoute")])
def test_an_elided_article_is_not_part_of_the_word(elided: str, plain: str) -> None:
    assert terms(elided, "fr") == terms(plain, "fr")


def test_function_words_are_no_terms() -> None:
    assert terms("nous cherchons de la et pour", "fr") == []
    assert terms("we are looking for the", "en") == terms("looking", "en")


def test_what_is_shown_of_a_term_is_the_part_that_it_comes_from() -> None:
    shown = surfaces("Pompes d'eau à l’écoute, R&D et e-paiement", "fr")
    assert {"eau", "écoute", "Pompes", "R&D", "e-paiement", "paiement"} == set(shown.values())


def test_a_field_counts_by_its_weight() -> None:
    assert weighted([("ruches", 2.0), ("ruche ruche", 1.0)], "fr") == {terms("ruche", "fr")[0]: 4.0}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Nous cherchons une solution pour la gestion de nos stocks", "fr"),
        ("We are looking for a partner to share the costs of this", "en"),
        ("نبحث عن موازين وأجهزة توضع في الخلية", "ar"),
        ("نبحث عن منصة IoT و LoRaWAN لمراقبة الخلايا", "ar"),
    ],
)
def test_the_language_is_told_by_function_words_and_script(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize("text", ["", "12 34", "LoRaWAN ERP"])
def test_a_text_without_function_words_is_in_the_language_expected(text: str) -> None:
    assert language_of(text, "en") == "en"
    assert language_of(text) == "fr"


@pytest.mark.parametrize(
    ("tag", "language"), [("ar-MA", "ar"), ("en-GB", "en"), ("FR", "fr"), ("zgh", "fr")]
)
def test_a_text_is_analysed_by_the_rules_of_its_primary_language(tag: str, language: str) -> None:
    assert analysis.analysed_as(tag) == language
