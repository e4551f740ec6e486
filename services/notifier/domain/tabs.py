"""The pages that a link opens, as they are named to whoever holds it."""

from __future__ import annotations

from dataclasses import dataclass

from services.notifier.domain.phrases import N_, Phrase


@dataclass(frozen=True, slots=True)
class Tab:
    """A page: what follows the link's own path, and its name."""

    path: str
    name: Phrase


INBOX = Tab("", Phrase(N_("Inbox")))
CITY = Tab("/city", Phrase(N_("Your city")))


def tabs_of(*, represents: bool) -> tuple[Tab, ...]:
    """The pages for somebody who ``represents`` the cluster at a city, or does not."""
    return (INBOX, CITY) if represents else (INBOX,)
