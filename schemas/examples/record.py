"""The shape of an example: a record's key, the attributes of its envelope, and its data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.envelope import CloudEvent

_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass(frozen=True)
class Example:
    """One record as it would stand in its topic; ``time`` is RFC 3339."""

    title: str
    key: str
    id: str
    source: str
    subject: str
    time: str
    data: dict[str, Any]

    def event(self, event_type: str) -> CloudEvent:
        """The example as an event of ``event_type``, ready to be sent."""
        return CloudEvent(
            id=self.id,
            source=self.source,
            type=event_type,
            data=json.dumps(self.data, ensure_ascii=False).encode(),
            time=datetime.fromisoformat(self.time),
            subject=self.subject,
            traceparent=_TRACE,
        )
