"""The text of an offer as it travels: whole where it is short, else a beginning that reads well."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.matcher.adapters.supply_events import beginning

WORDS = st.lists(st.sampled_from(["eau", "réseau.", "ماء؟", "x" * 40, "oui !"]), max_size=60)


@given(WORDS.map(" ".join), st.integers(10, 200))
def test_a_text_is_whole_or_a_beginning_that_fits(text: str, limit: int) -> None:
    told = beginning(text, limit)
    assert len(told) <= limit
    assert told == text or (told.endswith("…") and text.startswith(told[:-1]))


def test_a_long_text_ends_with_a_sentence_or_else_with_a_word() -> None:
    assert beginning("Une phrase. Une autre, longue.", 20) == "Une phrase.…"
    assert beginning("Une. Puis des mots sans fin", 20) == "Une. Puis des mots…"
    assert beginning("هل من ماء؟ نعم هناك ماء كثير", 18) == "هل من ماء؟…"
