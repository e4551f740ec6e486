"""Pushes by whatever apprise speaks: Telegram, Slack, Teams, SMS gateways ... An optional extra
(``pip install jisr[push]``); without it no such address can be registered.

apprise opens connections itself, past the hub's own gate (`services/runtime/egress`). So only
services whose host is theirs and not the address's may be named (``JISR_PUSH_SERVICES``), and no
parameters, some of which read files. A push says what it is about and leaves the rest to the page:
it carries no contact data and no link.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from services.notifier.adapters.push_threads import LaneIsFull, Threads
from services.notifier.adapters.views import Reading, view
from services.notifier.adapters.voice import Voice
from services.notifier.domain.attempts import Accepted, Deferred, Outcome, Refused
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import Locale
from services.notifier.use_cases.ports import Claimed
from services.runtime.egress.targets import LONGEST_URL, ForbiddenTarget

_PATIENCE_S = 30.0
_MOST_LINES = 10
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{1,30})://[^\s?]+")
NOT_INSTALLED = "apprise is not installed (pip install jisr[push])"


def service_of(url: str) -> str | None:
    """The service that a push address names; None for a web address, which is a webhook's."""
    scheme = url.partition("://")[0].lower()
    return scheme if "://" in url and scheme not in ("http", "https") else None


@dataclass(frozen=True)
class PushServices:
    """Which services an address may name."""

    allowed: frozenset[str]

    def check(self, url: str) -> str:
        """The service of ``url``, which is its lane. Raises `ForbiddenTarget`."""
        found = _SCHEME.fullmatch(url)
        if found is None or len(url) > LONGEST_URL or not url.isprintable():
            raise ForbiddenTarget("a push address is service://tokens, without blanks or ?")
        if found[1] not in self.allowed:
            named = ", ".join(sorted(self.allowed)) or "none"
            raise ForbiddenTarget(f"{found[1]} is none of the services here: {named}")
        if not _sender(url):
            raise ForbiddenTarget(f"apprise cannot read this {found[1]} address")
        return found[1]


def is_installed() -> bool:
    """Whether the optional extra is there."""
    return find_spec("apprise") is not None


def _apprise() -> Any:
    """The library. Raises `ForbiddenTarget` where it is not installed."""
    try:
        return import_module("apprise")
    except ImportError as error:
        raise ForbiddenTarget(NOT_INSTALLED) from error


def _sender(url: str) -> Any:
    """What sends to ``url`` in the thread that calls it; None when apprise cannot read it."""
    library = _apprise()
    sender = library.Apprise(asset=library.AppriseAsset(async_mode=False))
    return sender if sender.add(url) else None


@dataclass(frozen=True)
class PushPost:
    """See `use_cases.ports.Post`; an address is apprise's."""

    voices: Mapping[Locale, Voice]
    directory: Directory
    services: PushServices
    threads: Threads
    patience_s: float = _PATIENCE_S

    async def send(self, claimed: Claimed) -> Outcome:
        """Never raises for what a service says or does."""
        return await self.push(claimed.address or "", *self.text(claimed))

    async def push(self, url: str, title: str, body: str) -> Outcome:
        """Push ``body`` under ``title``. Never raises for what a service says or does."""
        work = partial(self._notify, url, title, body)
        try:
            taken = await self.threads.run(service_of(url) or "", work, self.patience_s)
        except ForbiddenTarget as error:
            return Refused(str(error))
        except LaneIsFull:
            return Deferred("the service hangs on what it was sent before")
        except TimeoutError:
            return Deferred(f"no answer within {self.patience_s:g} s")
        except Exception as error:  # whatever its plugins raise
            return Deferred(type(error).__name__)
        return Accepted("taken") if taken else Deferred("the service did not take it")

    def _notify(self, url: str, title: str, body: str) -> bool:
        """Raises `ForbiddenTarget`, and what plugins raise."""
        self.services.check(url)
        return bool(_sender(url).notify(body=body, title=title, body_format="text"))

    def text(self, claimed: Claimed) -> tuple[str, str]:
        """Title and body, in the reader's language."""
        voice = self.voices[claimed.recipient.locale]
        told = [(item.message, item.standing) for item in claimed.items]
        told = told or [(claimed.message, claimed.standing)]
        shown = [
            view(
                Reading(message, standing, claimed.recipient.inbox, {}),
                self.directory,
                claimed.recipient.locale,
            )
            for message, standing in told
        ]
        subjects = [voice.phrase(one.subject, claimed.zone) for one in shown]
        if len(shown) == 1:
            return subjects[0], voice.phrase(shown[0].lead, claimed.zone)
        more = len(subjects) - _MOST_LINES
        lines = [f"• {subject}" for subject in subjects[:_MOST_LINES]]
        return "Jisr", "\n".join(lines + ([f"+ {more}"] if more > 0 else []))
