"""One real record, or more, for each type of event: what the documents show and the tests send.

Cities and universities are real; every company is invented and marked ``fictional``. The
records tell one story: a spin-off in Settat needs a partner for payments, and finds one.
"""

from __future__ import annotations

from collections.abc import Mapping

from schemas.examples.decisions import DECISIONS
from schemas.examples.facts import FACTS
from schemas.examples.life import LIFE
from schemas.examples.record import Example
from schemas.examples.submissions import SUBMITTED

EXAMPLES: Mapping[str, tuple[Example, ...]] = {**SUBMITTED, **FACTS, **DECISIONS, **LIFE}
"""Examples by event type."""

__all__ = ["EXAMPLES", "Example"]
