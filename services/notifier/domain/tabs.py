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
DEMANDS = Tab("/demands", Phrase(N_("Your requests")))
CHOICES = Tab("/preferences", Phrase(N_("How we write to you")))
SYSTEMS = Tab("/endpoints", Phrase(N_("Your own systems")))


def tabs_of(*, represents: bool, sees_all: bool = True, asks: bool = False) -> tuple[Tab, ...]:
    """The pages for somebody who ``represents`` the cluster at a city, or ``asks`` for one, or does
    neither. Whose link is about one item does not see all, and has no systems of its own here.
    """
    own = (*((CITY,) if represents else ()), *((DEMANDS,) if asks else ()))
    return (INBOX, *own, CHOICES, SYSTEMS) if sees_all else (INBOX, *own, CHOICES)
