"""Every text is in every language: nothing missing, fuzzy, left over or out of shape."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.extract import extract_from_file
from jinja2.ext import babel_extract

from services.notifier.adapters.catalogues import FOLDER, read_catalogue
from services.notifier.adapters.voice import Voice
from services.notifier.domain.messages import LOCALES, Locale

Message = str | tuple[str, ...]
KEYWORDS = {"N_": None, "_": None, "gettext": None, "ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\(\w+\)s")
ARABIC = re.compile(r"[\u0600-\u06ff]")
any_locale = pytest.mark.parametrize("locale", LOCALES)


def messages() -> Iterator[Message]:
    """Every message that the code and the templates use."""
    service = FOLDER.parent
    sources = [(path, "python") for path in (service / "domain").glob("*.py")]
    sources += [(p, babel_extract) for p in (service / "templates").rglob("*.*")]  # type: ignore[misc]
    for path, method in sources:
        found = extract_from_file(method, str(path), keywords=KEYWORDS, options={"silent": "false"})
        for _, message, _, _ in found:
            yield message


USED = set(messages())


def texts(value: Message | list[str] | None) -> tuple[str, ...]:
    """A message's forms: one, or one for each plural."""
    return (value,) if isinstance(value, str) else tuple(value or ())


@any_locale
def test_every_text_is_translated_and_nothing_is_left_over(locale: Locale) -> None:
    catalogue = {message.id: message for message in read_catalogue(locale) if message.id}
    assert set(catalogue) == USED
    plurals = read_catalogue(locale).num_plurals
    for message in catalogue.values():
        assert not message.fuzzy, message.id
        forms = texts(message.string)
        assert all(form.strip() for form in forms), message.id
        assert len(forms) == (plurals if isinstance(message.id, tuple) else 1), message.id


@any_locale
def test_translations_keep_the_placeholders(locale: Locale) -> None:
    for message in read_catalogue(locale):
        if isinstance(message.id, str) and message.id:
            wanted = set(PLACEHOLDER.findall(message.id))
            assert set(PLACEHOLDER.findall(str(message.string))) == wanted, message.id


def test_translations_are_in_their_language() -> None:
    for message in read_catalogue("ar"):
        if message.id:
            assert all(ARABIC.search(form) for form in texts(message.string)), message.id
    for locale in ("fr", "en"):
        for message in read_catalogue(locale):
            assert not ARABIC.search(" ".join(texts(message.string))), message.id


def test_french_punctuation_does_not_begin_a_line() -> None:
    for message in read_catalogue("fr"):
        if message.id:
            assert not re.search(" [:;!?»]|« ", " ".join(texts(message.string))), message.id


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "اقتراح واحد ينتظر جوابكم."),
        (2, "اقتراحان ينتظران جوابكم."),
        (3, "3 اقتراحات تنتظر جوابكم."),
        (10, "10 اقتراحات تنتظر جوابكم."),
        (11, "11 اقتراحا ينتظر جوابكم."),
        (99, "99 اقتراحا ينتظر جوابكم."),
        (100, "100 اقتراح ينتظر جوابكم."),
        (103, "103 اقتراحات تنتظر جوابكم."),
    ],
)
def test_arabic_counts_by_its_six_forms(count: int, words: str) -> None:
    said = Voice("ar").translations.ungettext(
        "%(num)s proposal is waiting for your answer.",
        "%(num)s proposals are waiting for your answer.",
        count,
    )
    assert said % {"num": count} == words
