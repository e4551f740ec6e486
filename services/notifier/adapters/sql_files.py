"""The statements, one a file, in ``sql/``."""

from __future__ import annotations

import re
from pathlib import Path

_FOLDER = Path(__file__).parent / "sql"
_INCLUDE = re.compile(r"^ *-- include: (\w+)$", re.MULTILINE)


def statement(name: str) -> str:
    """The SQL of ``sql/<name>.sql``; a line "-- include: part" stands for ``sql/part.sql``."""
    text = (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    return _INCLUDE.sub(lambda found: statement(found[1]).rstrip(), text)
