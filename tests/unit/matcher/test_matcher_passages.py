"""Long texts in parts: nothing is lost, cuts are where a text pauses, and a title counts once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.supply import Supply as SupplyEvent
from schemas.values import PortfolioPiece
from services.matcher.adapters import supply_events
from services.matcher.domain.model import Piece, Vector
from services.matcher.domain.passages import (
    LONGEST,
    MOST,
    MOST_OF_SUPPLY,
    REST,
    mean,
    numbered,
    parts,
    passage,
)
from services.matcher.domain.preparing import said_of
from services.matcher.use_cases.need_vectors import of_needs
from services.matcher.use_cases.ports import Side
from services.matcher.use_cases.supplies import passages
from tests.flow import matcher_facts
from tests.unit.matcher.things import demand

SENTENCE = "Nous mesurons la porosité des céramiques par intrusion de mercure. "
words = st.text(st.sampled_from("aé ب\n.؟!؛… "), max_size=400)


@given(words, st.integers(1, 60))
def test_parts_are_the_text_again_but_for_blanks_at_the_cuts(text: str, longest: int) -> None:
    found = parts(text, longest)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(len(part) <= longest for part in found)
    assert all(part == part.strip() and part for part in found) or found == [""]


def test_a_text_that_fits_is_one_part() -> None:
    text = (SENTENCE * 30)[:LONGEST].strip()
    assert parts(text) == [text]


def test_a_long_text_is_cut_between_sentences_into_parts_of_about_equal_length() -> None:
    found = parts(SENTENCE * 60)
    assert len(found) == 3
    assert all(part.endswith("mercure.") for part in found)
    lengths = [len(part) for part in found]
    assert max(lengths) - min(lengths) <= len(SENTENCE)


@pytest.mark.parametrize("mark", ["\n\n", ". ", "؟ "])
def test_a_better_pause_is_preferred_to_a_nearer_one(mark: str) -> None:
    text = f"{'a' * 700}{mark}{'b' * 100} {'b' * 900}"
    assert parts(text)[0] == f"{'a' * 700}{mark}".strip()


def test_a_text_without_any_pause_is_cut_all_the_same() -> None:
    assert [len(part) for part in parts("x" * 4_000)] == [LONGEST, LONGEST, 800]


def test_what_is_beyond_the_parts_that_are_embedded_is_kept_as_the_rest() -> None:
    (found,) = numbered([SENTENCE * 600])
    assert [number for number, _ in found] == [*range(MOST), REST]
    assert "".join("".join(text for _, text in found).split()) == "".join((SENTENCE * 600).split())
    assert passage("Titre", found[-1][1], REST) == ""


@given(st.lists(st.integers(0, 60), max_size=90))
def test_a_supply_has_a_bounded_number_of_embedded_parts_and_each_text_has_one(
    sizes: list[int],
) -> None:
    found = numbered([SENTENCE * size * 10 for size in sizes])
    embedded = [sum(number != REST for number, _ in of_text) for of_text in found]
    assert all(1 <= many <= MOST for many in embedded)
    assert sum(embedded) <= max(MOST_OF_SUPPLY, len(sizes))


def long_member() -> SupplyEvent:
    """A member of one short and one long text."""
    work = PortfolioPiece(title="Porosimétrie", text=SENTENCE * 60, year=2024)
    return supply_events.supply_of_member(matcher_facts.member(portfolio=(work,)))


def test_each_part_is_a_piece_with_the_title_and_year_of_the_whole() -> None:
    event = long_member()
    assert [(p.role, p.part) for p in event.pieces] == [
        ("profile", 0),
        *(("portfolio", part) for part in range(3)),
    ]
    assert {(p.title, p.year) for p in event.pieces[1:]} == {("Porosimétrie", 2024)}
    assert all(text.startswith("Porosimétrie. ") for text in passages(event)[1:])


def test_a_long_text_counts_by_its_words_as_if_it_were_whole() -> None:
    cut = supply_events.supply(long_member(), None)
    pieces = (cut.pieces[0], Piece("portfolio", (SENTENCE * 60).strip(), "Porosimétrie", 2024))
    whole = said_of(replace(cut, pieces=pieces), "fr").weights
    assert said_of(cut, "fr").weights == pytest.approx(whole)


async def test_a_long_need_has_the_mean_of_its_parts_each_weighing_its_length() -> None:
    asked: list[str] = []

    async def ask(texts: object, side: Side) -> list[Vector | None]:
        asked.extend(texts)  # type: ignore[arg-type]
        return [np.eye(3, dtype=np.float32)[n % 3] for n, _ in enumerate(asked)]

    need = demand(description=SENTENCE * 60)
    short, whole = await of_needs(ask, [demand(), need])
    assert short is not None
    assert whole is not None
    assert short.tolist() == [1, 0, 0]
    expected = mean(
        [np.eye(3, dtype=np.float32)[n % 3] for n in (1, 2, 3)], list(map(len, asked[1:]))
    )
    assert np.allclose(whole, expected)
    assert float(np.linalg.norm(whole)) == pytest.approx(1.0)


async def test_a_need_of_which_a_part_has_no_vector_has_none() -> None:
    async def ask(texts: object, side: Side) -> list[Vector | None]:
        return [np.ones(3, np.float32), None, np.ones(3, np.float32)]

    assert await of_needs(ask, [demand(description=SENTENCE * 60)]) == [None]
