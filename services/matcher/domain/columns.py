"""Growing columns and codes: what a million supplies are kept in instead of objects.

A column holds one number a slot (or a row) in one array. Arrays double; a table lets at most one of
its columns do so for each thing that is added, so that nobody waits for all of them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

T = TypeVar("T", bound=Hashable)
_FIRST = 64
_EAGER = 16


class Column:
    """One number for each of ``size`` places; a new place has ``empty``."""

    __slots__ = ("_empty", "_values", "size")

    def __init__(self, dtype: DTypeLike, empty: int | float | bool = 0) -> None:
        self._empty = empty
        self._values: NDArray[Any] = np.full(_FIRST, empty, dtype)
        self.size = 0

    @property
    def values(self) -> NDArray[Any]:
        """What is there now; not to be kept across `extend`."""
        return self._values[: self.size]

    def __getitem__(self, place: int) -> Any:
        return self._values[place].item()

    def __setitem__(self, place: int | list[int], value: Any) -> None:
        self._values[place] = value

    def extend(self, count: int = 1) -> None:
        """Add ``count`` empty places."""
        self.size += count
        if self.size > len(self._values):
            self.grow()

    @property
    def room(self) -> int:
        """How many places there are memory for."""
        return len(self._values)

    def grow(self) -> None:
        """Make room for twice as many places, and at least for those there are."""
        grown = np.full(max(2 * len(self._values), self.size), self._empty, self._values.dtype)
        grown[: len(self._values)] = self._values
        self._values = grown


def extend(columns: Iterable[Column], count: int = 1) -> None:
    """Add ``count`` empty places to each of the columns of a table, and make room in the first one
    that needs it soon.
    """
    soon = None
    for column in columns:
        size = column.size = column.size + count
        room = column.room
        if size > room:
            column.grow()
        elif soon is None and size + _EAGER > room:
            soon = column
    if soon is not None:
        soon.grow()


class Codes(Generic[T]):
    """A number for each distinct value, from 0, in the order in which they came."""

    __slots__ = ("_codes", "values")

    def __init__(self) -> None:
        self._codes: dict[T, int] = {}
        self.values: list[T] = []

    def __len__(self) -> int:
        return len(self.values)

    def code(self, value: T) -> int:
        """The number of ``value``, a new one where it is unknown."""
        found = self._codes.get(value)
        if found is None:
            found = self._codes[value] = len(self.values)
            self.values.append(value)
        return found

    def find(self, value: T) -> int | None:
        """The number of ``value``; None where it is unknown."""
        return self._codes.get(value)

    def of(self, values: Iterable[T]) -> list[int]:
        """The numbers of those of ``values`` that are known."""
        return [code for value in values if (code := self._codes.get(value)) is not None]


def among(column: NDArray[Any], codes: list[int], known: int) -> NDArray[np.bool_]:
    """For each place whether its code is one of ``codes``; ``known`` codes exist."""
    if len(codes) > 4:
        wanted = np.zeros(known, bool)
        wanted[codes] = True
        return wanted.take(column)
    if not codes:
        return np.zeros(len(column), bool)
    found: NDArray[np.bool_] = column == codes[0]
    for code in codes[1:]:
        found |= column == code
    return found
