"""Words that nobody has, read as those that were meant."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain.spelling import SHORTEST, Spelling, one_edit_apart

KNOWN = ["capteur", "paiement", "irrigation", "serre", "mobile", "olives"]
_words = st.text("abcdé", min_size=5, max_size=9)
_texts = st.dictionaries(st.text("ab", min_size=4, max_size=7), st.sampled_from("xyz"), max_size=5)


def knowing(*words: str) -> Spelling:
    """Knows ``words``, each in a supply of its own and its own term."""
    spelling = Spelling()
    for slot, word in enumerate(words):
        spelling.put(slot, {word: word})
    return spelling


def corrected(spelling: Spelling, word: str, weight: float = 1.0) -> Mapping[str, float]:
    """The query of one word whose term nobody has, corrected."""
    return spelling.corrected({word: weight}, {word: word}, lambda _: False).weights


def read(spelling: Spelling, word: str) -> set[str]:
    """What ``word`` is read as, itself left out."""
    return set(corrected(spelling, word)) - {word}


def slow_distance(one: str, other: str) -> int:
    """The distance of optimal string alignment, by its definition."""
    rows = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) + 1):
        for j in range(len(other) + 1):
            if not i or not j:
                rows[i][j] = i + j
                continue
            differs = one[i - 1] != other[j - 1]
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + differs)
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


@given(_words, _words)
def test_one_edit_apart_is_a_distance_of_one(one: str, other: str) -> None:
    assert one_edit_apart(one, other) == (slow_distance(one, other) == 1)


@given(st.sets(_words, max_size=60), _words)
def test_the_near_words_are_those_one_edit_apart_that_begin_alike(
    known: set[str], word: str
) -> None:
    expected = {w for w in known if w[0] == word[0] and slow_distance(w, word) == 1}
    assert knowing(*known).near(word) == expected


@given(st.sampled_from(KNOWN), st.data())
def test_any_single_typing_error_after_the_first_letter_is_survived(
    word: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(1, len(word) - 1))
    letter = data.draw(st.sampled_from(string.ascii_lowercase))
    errors = [
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
    ]
    wrong = data.draw(st.sampled_from(errors))
    if len(wrong) >= SHORTEST and wrong not in KNOWN:
        assert read(knowing(*KNOWN), wrong) == {word}


@given(st.lists(st.tuples(st.integers(0, 3), _texts), max_size=12), st.text("ab", min_size=4))
def test_only_what_the_supplies_have_now_counts_whatever_they_had_before(
    changes: list[tuple[int, dict[str, str]]], word: str
) -> None:
    changed, now = Spelling(), {slot: dict[str, str]() for slot in range(4)}
    for slot in now:
        changed.put(slot, {})
    for slot, words in changes:
        changed.put(slot, words)
        now[slot] = words
    fresh = Spelling()
    for slot, words in now.items():
        fresh.put(slot, words)
    assert len(changed) == len(fresh)
    assert changed.near(word) == fresh.near(word)
    assert corrected(changed, word) == corrected(fresh, word)


@given(st.lists(_words, max_size=30), _words, st.randoms())
def test_the_order_in_which_supplies_came_shows_nowhere(
    known: list[str], word: str, chance: random.Random
) -> None:
    other = list(known)
    chance.shuffle(other)
    assert corrected(knowing(*known), word) == corrected(knowing(*other), word)


def test_a_word_whose_term_is_known_is_never_touched() -> None:
    found = knowing("serie").corrected({"serre": 2.0}, {"serre": "serre"}, lambda _: True)
    assert found.weights == {"serre": 2.0}
    assert not found.stands_for


def test_an_unknown_word_without_a_neighbour_stays_as_it_is() -> None:
    assert corrected(knowing(*KNOWN), "zirconium", 2.0) == {"zirconium": 2.0}


def test_short_words_are_let_be_because_most_of_them_have_a_neighbour() -> None:
    assert read(knowing("port", "porte"), "porr") == set()
    assert read(knowing("port"), "porrt") == set()


def test_another_first_letter_makes_another_word() -> None:
    assert read(knowing("olives"), "plives") == set()


def test_a_guess_weighs_less_than_the_word_and_the_rest_stays_unanswered() -> None:
    found = corrected(knowing("paiement"), "paiemnt", 3.0)
    assert 0 < found["paiemnt"] < found["paiement"] < 3.0
    assert abs(sum(found.values()) - 3.0) < 1e-9


def test_what_was_put_in_tells_what_it_stands_for() -> None:
    spelling = knowing("paiement")
    words = {"paiemnt": "paiemn"}
    found = spelling.corrected({"paiemn": 1.0}, words, lambda _: False)
    assert found.stands_for == {"paiement": "paiemn"}


def test_the_shorter_the_word_the_less_its_correction_weighs() -> None:
    spelling = knowing("serre", "irrigation")
    assert corrected(spelling, "serrre")["serre"] < corrected(spelling, "irigation")["irrigation"]


def test_of_several_neighbours_the_commonest_is_meant() -> None:
    assert read(knowing("portait", "portail", "portail"), "portaik") == {"portail"}


def test_two_words_written_as_one_are_read_as_two() -> None:
    assert read(knowing(*KNOWN), "paiementmobile") == {"paiement", "mobile"}


def test_the_same_word_in_a_text_of_another_language_counts_in_full() -> None:
    spelling = Spelling()
    spelling.put(0, {"learning": "learn"})
    assert corrected(spelling, "learning", 2.0) == {"learn": 2.0}
