"""The statements, one a file, in ``sql/``."""

from __future__ import annotations

from pathlib import Path


def statement(name: str) -> str:
    """The SQL of ``sql/<name>.sql``."""
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")
