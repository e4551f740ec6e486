"""Needs as they were stored; one that cannot be read keeps no other waiting."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from services.matcher.domain.model import Need
from services.matcher.exceptions import LifeUnreadable
from services.matcher.use_cases.need_ports import OpenNeed

logger = logging.getLogger(__name__)

Reader = Callable[[OpenNeed], Need]
"""Reads a stored need. Raises LifeUnreadable."""


def readable(rows: Iterable[OpenNeed], need_of: Reader) -> list[tuple[OpenNeed, Need]]:
    """Those of ``rows`` that ``need_of`` can read; the log tells of the others."""
    found = []
    for row in rows:
        try:
            found.append((row, need_of(row)))
        except LifeUnreadable as error:
            logger.error("%s; the others go on", error)
    return found
