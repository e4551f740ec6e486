"""Vectors in half precision, many at once."""

from __future__ import annotations

import sys

import numpy as np

from services.matcher.domain.rows import Rows


def test_comparing_vectors_all_day_takes_nothing_from_the_interpreter() -> None:
    """SimSIMD gave None back once too often for each call; before Python 3.12 that ends it."""
    rows = Rows(4)
    rows[rows.extend()] = np.ones(4, np.float16)
    before = sys.getrefcount(None)
    for _ in range(1_000):
        rows.dots(np.ones(4, np.float32), None)
    assert before - sys.getrefcount(None) < 100
