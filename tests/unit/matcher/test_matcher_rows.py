"""Vectors in fixed point, many at once."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from services.matcher.domain.rows import Rows

DIMENSION = 5
_NUMBER = st.floats(-2, 2, width=32)
Vectors = NDArray[np.float64]
vectors = arrays(np.float64, DIMENSION, elements=_NUMBER)
tables = arrays(np.float64, st.tuples(st.integers(1, 12), st.just(DIMENSION)), elements=_NUMBER)


def built(table: Vectors) -> Rows:
    """Rows that hold ``table``."""
    rows = Rows(DIMENSION)
    for vector in table:
        rows.put([rows.extend()], vector[None])
    return rows


@given(tables)
def test_a_row_is_kept_to_a_65_000th_of_its_largest_number(table: Vectors) -> None:
    rows = built(table)
    kept = rows.take(np.arange(len(table)))
    steps = np.abs(table).max(axis=1, keepdims=True) / (127 * 256)
    assert (np.abs(kept - table) <= 0.5001 * steps + 1e-29).all()
    assert np.linalg.norm(kept, axis=1) == pytest.approx(rows.norm.values, rel=1e-6, abs=1e-29)


@given(tables, vectors, st.data())
def test_a_product_is_wrong_by_no_more_than_it_says(
    table: Vectors, asked: Vectors, data: st.DataObject
) -> None:
    rows = built(table)
    some = np.array(data.draw(st.lists(st.integers(0, len(table) - 1), max_size=9)), int)
    exact = rows.take(some) @ asked
    fine, rounded = rows.dots(asked, some)
    tiny = 1e-6 * np.linalg.norm(asked) * rows.norm.values[some] + 1e-25
    assert (np.abs(fine - exact) <= rounded * rows.norm.values[some] + tiny).all()
    rest, norm = rows.rest.values[some], rows.norm.values[some]
    every, rounded = rows.rough(asked, None)
    bound = np.linalg.norm(asked) * rest + rounded * (norm + rest) + tiny
    for rough in (every[some], rows.rough(asked, some)[0]):
        assert (np.abs(rough - exact) <= bound).all()


def test_more_rows_than_one_block_holds_are_all_found() -> None:
    random = np.random.default_rng(3)
    table = random.normal(size=(140_000, DIMENSION))
    rows = Rows(DIMENSION)
    rows.put([rows.extend() for _ in table], table)
    chosen = random.integers(0, len(table), 500)
    assert rows.take(chosen) == pytest.approx(table[chosen], abs=1e-3)
    whole, _ = rows.rough(table[0], None)
    some, _ = rows.rough(table[0], chosen)
    assert (whole[chosen] == some).all()


def test_comparing_vectors_all_day_takes_nothing_from_the_interpreter() -> None:
    """SimSIMD gave None back once too often for each call; before Python 3.12 that ends it."""
    rows = Rows(4)
    rows.put([rows.extend()], np.ones((1, 4)))
    before = sys.getrefcount(None)
    for _ in range(1_000):
        rows.rough(np.ones(4), None)
        rows.dots(np.ones(4), np.array([0]))
    assert before - sys.getrefcount(None) < 100
