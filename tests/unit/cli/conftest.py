"""Commands print as wide as they do without a terminal, whoever runs the tests."""

from __future__ import annotations

import pytest

from services.cli.console import err, out


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    for console in (out, err):
        monkeypatch.setattr(console, "width", 200)
