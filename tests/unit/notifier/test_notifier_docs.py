"""docs/notifier.md lists every kind of message, and no other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from services.notifier.domain.messages import NoticeKind

PAGE = Path(__file__).parents[3] / "docs" / "notifier.md"


def test_every_kind_of_message_stands_in_the_table_once() -> None:
    rows = re.findall(r"^\| (`[^|]+) \|", PAGE.read_text("utf-8"), re.M)
    listed = [kind for row in rows for kind in re.findall(r"`([a-z-]+)`", row)]
    assert sorted(listed) == sorted([*get_args(NoticeKind), "proposal", "ambassador-note"])
