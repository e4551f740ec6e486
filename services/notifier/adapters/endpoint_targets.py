"""Where somebody's endpoints may be: a web address takes webhooks, any other is a push's."""

from __future__ import annotations

from dataclasses import dataclass

from services.notifier.adapters.pushes import PushServices, is_installed, service_of
from services.notifier.domain.text import one_line
from services.notifier.use_cases.endpoints import Add
from services.runtime.egress.targets import Egress
from services.runtime.endpoints.book import Wish


@dataclass(frozen=True)
class EndpointTargets:
    """See `use_cases.endpoints.Targets`."""

    egress: Egress
    services: PushServices

    def push_services(self) -> tuple[str, ...]:
        """The services that a push address may name; none where pushes are not installed."""
        return tuple(sorted(self.services.allowed)) if is_installed() else ()

    def wish(self, add: Add) -> Wish:
        """``add`` as the book takes it. Raises `ForbiddenTarget`."""
        note = one_line(add.note)
        if service_of(add.url) is None:
            return Wish(add.url, self.egress.check(add.url), add.types, note)
        lane = self.services.check(add.url)
        return Wish(add.url, lane, add.types, note, channel="push")
