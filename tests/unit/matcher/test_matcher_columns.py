"""Columns that grow one at a time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain.columns import Column, extend


@given(st.lists(st.integers(1, 90), max_size=30))
def test_every_column_of_a_table_has_a_place_for_each_that_was_added(counts: list[int]) -> None:
    table = [Column(np.int32, -1), Column(np.int8), Column(np.float32, 0.5)]
    written: list[int] = []
    for count in counts:
        extend(table, count)
        table[0][len(written)] = len(written)
        written += [len(written)] + [-1] * (count - 1)
    assert [column.size for column in table] == [len(written)] * 3
    assert table[0].values.tolist() == written
    assert table[1].values.tolist() == [0] * len(written)
    assert table[2].values.tolist() == [0.5] * len(written)


def test_no_more_than_one_column_is_copied_for_one_place_that_is_added() -> None:
    table = [Column(np.int32) for _ in range(5)]
    for _ in range(5_000):
        before = [column.room for column in table]
        extend(table)
        after = [column.room for column in table]
        assert sum(a != b for a, b in zip(before, after, strict=True)) <= 1
