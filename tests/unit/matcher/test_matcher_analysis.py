"""From text to terms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain import analysis
from services.matcher.domain.analysis import analysed, fold, terms, words


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
        ("۲۰۲۶", "2026"),
        ("فناوری ایرانی", "فناوري ايراني"),
        ("أڭادير", "اكادير"),
        ("Łódź, Ærø", "lodz, aero"),
        ("l’eau", "l'eau"),
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
    assert set(analysed([(text, 1.0)], language).shown) == set(found)


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


@pytest.mark.parametrize(
    ("prefixed", "bare"),
    [
        ("وإدارة", "إدارة"),
        ("بإدارة", "إدارة"),
        ("وبإدارة", "إدارة"),
        ("وأبحاث", "أبحاث"),
        ("لأجهزة", "أجهزة"),
        ("فأنظمة", "أنظمة"),
    ],
)
def test_what_is_written_before_a_hamza_is_no_part_of_the_word(prefixed: str, bare: str) -> None:
    assert terms(prefixed, "ar") == terms(bare, "ar") != []


@pytest.mark.parametrize("word", ["كأس", "فأس", "بأس", "لؤلؤ"])
def test_a_short_word_that_only_looks_prefixed_stays_whole(word: str) -> None:
    assert terms(word, "ar") != terms(word[1:], "ar")


def test_an_arabic_word_with_vowel_marks_is_one_word() -> None:
    assert words("مُدَرِّسَة جَدِيدَة") == ["مُدَرِّسَة", "جَدِيدَة"]


def test_an_arabic_word_in_a_french_text_is_stemmed_as_arabic() -> None:
    assert terms("logiciel المدارس", "fr") == terms("logiciel", "fr") + terms("مدارس", "ar")


@pytest.mark.parametrize("language", ["fr", "en", "ar", "es"])
@pytest.mark.parametrize(
    "compound", ["R&D", "C++", "C#", "5G", "3D", "A/B", "4.0", "24/7", "PM2.5"]
)
def test_an_acronym_keeps_a_term_of_its_own(compound: str, language: str) -> None:
    assert compound.lower() in terms(compound, language)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("IoT", "iot"),
        ("R & D", "R&D"),
        ("S.A.R.L.", "SARL"),
        ("TCP/IP", "TCPIP"),
        ("COVID-19", "covid19"),
        ("e-paiement", "epaiement"),
        ("e-paiements", "e‑paiement"),
        ("Wi-Fi", "wifi"),
        ("l'e-santé", "esanté"),
        ("3-D", "3D"),
        ("H.264", "H264"),
    ],
)
def test_a_compound_is_found_however_it_is_joined(one: str, other: str) -> None:
    assert set(terms(one, "fr")) & set(terms(other, "fr"))


def test_net_with_its_dot_is_more_than_a_net() -> None:
    assert terms(".NET", "fr") == ["net", ".net"]
    assert terms("net", "fr") == ["net"]


def test_a_compound_keeps_its_parts() -> None:
    assert set(terms("paiement", "fr")) < set(terms("e-paiement", "fr"))


def test_words_that_a_slash_or_a_missing_space_joins_are_no_compound() -> None:
    assert terms("fruits/légumes", "fr") == terms("fruits légumes", "fr")
    assert terms("eau.Nous", "fr") == terms("eau", "fr")


def test_marks_that_nobody_sees_are_no_part_of_a_word() -> None:
    assert terms("plate\u00adforme \u200fمدارس\u200e", "fr") == terms("plateforme مدارس", "fr")


@pytest.mark.parametrize(("elided", "plain"), [("d'eau", "eau"), ("l’écoute", "écoute")])
def test_an_elided_article_is_not_part_of_the_word(elided: str, plain: str) -> None:
    assert terms(elided, "fr") == terms(plain, "fr")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("nous en avons de la plupart et pour eux", "fr"),
        ("we are not with them but for this", "en"),
        ("هذا ما كان من ذلك وهي في كل", "ar"),
        ("و في ومن", "ar"),
        ("los de las para con", "es"),
    ],
)
def test_function_words_are_no_terms(text: str, language: str) -> None:
    assert terms(text, language) == []


@pytest.mark.parametrize("acronym", ["IT", "AI", "US", "SI"])
def test_an_acronym_that_spells_a_function_word_is_a_term(acronym: str) -> None:
    for language in ("fr", "en"):
        assert terms(f"{acronym} LoRaWAN", language)[:1] == [acronym.lower()]


def test_what_is_shown_of_a_term_is_the_part_that_it_comes_from() -> None:
    shown = analysed([("Pompes d'eau à l’écoute, R&D et e-paiement", 1.0)], "fr").shown
    assert {"eau", "écoute", "Pompes", "R&D", "e-paiement", "paiement"} == set(shown.values())


def test_a_field_counts_by_its_weight() -> None:
    found = analysed([("ruches", 2.0), ("ruche ruche", 1.0)], "fr")
    assert found.weights == {terms("ruche", "fr")[0]: 4.0}


def test_each_sentence_is_stemmed_by_the_rules_of_its_own_language() -> None:
    mixed = "تتبع سلسلة التبريد. Nos camions livrent le poisson. Trucks are weighed at the harbour."
    found = terms(mixed, "ar")
    assert terms("التبريد", "ar")[0] in found
    assert set(terms("livrent poisson", "fr")) <= set(found)
    assert terms("weighing", "en")[0] in found


@pytest.mark.parametrize(
    ("text", "language"),
    [("los sensores de las ciudades", "es"), ("die Sensoren der Städte", "de"), ("ⴰⵎⴰⵏ", "zgh")],
)
def test_words_of_other_languages_are_folded_and_not_stemmed(text: str, language: str) -> None:
    assert set(terms(text, language)) <= set(fold(text).split())


def test_a_latin_word_in_an_arabic_text_is_found_in_a_french_one() -> None:
    assert terms("مسح photogrammétrie للقصر", "ar")[1] == terms("photogrammétrie", "fr")[0]


def test_plain_words_are_kept_for_the_spelling_and_acronyms_are_not() -> None:
    found = analysed([("Capteurs LoRaWAN, ERP, R&D et e-paiement 5G", 1.0)], "fr")
    assert found.words == {
        "capteurs": terms("capteurs", "fr")[0],
        "lorawan": "lorawan",
        "paiement": terms("paiement", "fr")[0],
    }


@pytest.mark.parametrize(
    ("tag", "language"), [("ar-MA", "ar"), ("en-GB", "en"), ("FR", "fr"), ("zgh", "zgh")]
)
def test_a_text_is_expected_in_its_primary_language(tag: str, language: str) -> None:
    assert analysis.primary(tag) == language


def test_the_parts_of_a_compound_number_are_terms_and_each_is_shown_whole() -> None:
    found = analysed([("PM2.5, industrie 4.0", 1.0)], "fr")
    assert {"pm2", "5"} <= found.weights.keys()
    assert {found.shown[term] for term in ("pm2", "5")} == {"PM2.5"}
    assert found.shown["4"] == "4.0"
