"""Somebody's own systems, as their page and the mail about one that was switched off show them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from services.notifier.adapters.owner_letters import OwnerLetter
from services.notifier.adapters.pages import EndpointsVisit, Visit
from services.notifier.domain.messages import Locale
from services.notifier.preview.people import MEMBER, NOW
from services.runtime.endpoints.book import Endpoint, Owner

_OWNER = Owner("member", MEMBER.id)
_WELL = Endpoint(
    endpoint_id="ep-1",
    owner=_OWNER,
    channel="webhook",
    url="https://crm.atlas-data.example/jisr",
    wants=(),
    note="CRM",
    email=None,
    secret=bytes(32),
    old_until=None,
    state="on",
    off_because=None,
    off_at=None,
    failing_since=None,
    last_ok_at=NOW,
    last_failed_at=None,
    last_failure="",
    created_at=NOW - timedelta(days=90),
)


def _one(number: int, url: str, **changes: object) -> Endpoint:
    values = {name: getattr(_WELL, name) for name in Endpoint.__slots__}
    return Endpoint(**values | {"endpoint_id": f"ep-{number}", "url": url, "note": ""} | changes)


SYSTEMS = (
    _WELL,
    _one(
        2,
        "https://hooks.atlas-data.example/innovation/requests/from-the-hub-of-the-cluster",
        failing_since=NOW - timedelta(days=2),
        last_failure="503 Service Unavailable",
    ),
    _one(3, "https://old.atlas-data.example/", state="off", off_because="gone", off_at=NOW),
    _one(4, "https://new.atlas-data.example/", last_ok_at=None),
)
"""One that works, one that fails, one that is off, and one to which nothing was sent."""


def systems(visit: Visit) -> EndpointsVisit:
    """The page just after one was registered."""
    return EndpointsVisit(visit, SYSTEMS, fresh=SYSTEMS[-1], services=("slack", "tgram"))


def systems_refused(visit: Visit) -> EndpointsVisit:
    """The page after an address that cannot be used."""
    typed = {"url": "http://10.0.0.1/", "note": "CRM"}
    return EndpointsVisit(visit, SYSTEMS[:1], problem="address", typed=typed)


def letter(locale: Locale) -> OwnerLetter:
    """The mail about one that failed for five days."""
    return OwnerLetter(
        UUID(int=1),
        1,
        NOW,
        *(_OWNER.kind, _OWNER.id, "ep-2", locale, "failing", NOW - timedelta(days=5)),
        "503 Service Unavailable",
        SYSTEMS[1].url,
        "nadia@atlas-data.example",
    )
