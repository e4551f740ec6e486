"""Languages are named when the sender did not, and written one way when it did."""

from __future__ import annotations

import pytest

from services.intake.adapters.language_model import LanguageModel
from services.intake.domain.language import Classify, detect, normalise_tag


def never(text: str) -> tuple[str, float]:
    raise AssertionError(f"asked about {text!r}")


@pytest.mark.parametrize(
    "text", ["خبير في تأمين نظم المعلومات", "مشروع IoT لمراقبة الري", "بحث عن شريك ERP"]
)
def test_arabic_is_told_by_its_script(text: str) -> None:
    assert detect(text, never) == "ar"


@pytest.mark.parametrize("text", ["", "12345 !", "2026-03"])
def test_a_text_without_letters_gets_the_default(text: str) -> None:
    assert detect(text, never) == "fr"


def test_a_short_text_needs_a_sure_classifier() -> None:
    assert detect("ERP cloud", lambda _: ("en", 0.51)) == "fr"
    assert detect("need for AI", lambda _: ("en", 0.99)) == "en"


def test_of_a_long_text_the_likelier_language_is_taken() -> None:
    assert detect("word " * 20, lambda _: ("en", 0.6)) == "en"


async def test_the_model_tells_french_from_english() -> None:
    classify: Classify = await LanguageModel().classifier()
    for text, language in [
        ("Nous cherchons un partenaire pour intégrer le paiement mobile", "fr"),
        ("Looking for a partner who integrates mobile payments in our platform", "en"),
        ("need for an AI expert", "en"),
        ("Cybersecurity audit", "en"),
        ("audit sécurité", "fr"),
        ("Nous aidons les gens de مراكش à trouver un accompagnement", "fr"),
    ]:
        assert detect(text, classify) == language, text


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("FR", "fr"),
        ("ar-ma", "ar-MA"),
        ("zh-hans-cn", "zh-Hans-CN"),
        ("FRA", "fr"),
        ("ara-Arab-ma", "ar-Arab-MA"),
        ("en-x-GB", "en-x-gb"),
        ("es-419", "es-419"),
    ],
)
def test_a_tag_is_written_as_rfc_5646_writes_it(given: str, written: str) -> None:
    assert normalise_tag(given) == written
