"""The signed link that opens one recipient's inbox, and the token that guards its forms.

The epoch is compared with the recipient's row by the use case: raising it revokes every link given
out so far.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.notifier.domain.exceptions import ForgedLink, LinkExpired
from services.notifier.domain.messages import Party, Scope
from services.notifier.domain.seal import mac, seal, unseal

SHORTEST_SECRET = 32
_LINK = b"jisr inbox link 1\0"
_FORM = b"jisr inbox form 1\0"


@dataclass(frozen=True, slots=True)
class Link:
    """Whose inbox is opened, until when (UTC, whole seconds), under which epoch; with a ``scope``,
    only what concerns that item.
    """

    party: Party
    epoch: int
    expires_at: datetime
    scope: Scope | None = None


def link_for(
    party: Party, epoch: int, now: datetime, days: int, scope: Scope | None = None
) -> Link:
    """A link that lives ``days`` days from ``now``."""
    expires_at = (now + timedelta(days=days)).astimezone(UTC).replace(microsecond=0)
    return Link(party, epoch, expires_at, scope)


def sign(link: Link, secret: bytes) -> str:
    """The token of ``link``; letters, digits, ``-``, ``_`` and one dot."""
    values: list[str | int] = [link.party.kind, link.party.id, link.epoch]
    values.append(int(link.expires_at.timestamp()))
    if link.scope is not None:
        values += [link.scope.kind, link.scope.id]
    return seal(values, secret, _LINK)


def verify(token: str, secret: bytes, now: datetime) -> Link:
    """The link that ``token`` stands for.

    Raises `ForgedLink` when we did not sign it, `LinkExpired` when its time is over.
    """
    try:
        kind, identifier, epoch, expires, *scope = unseal(token, secret, _LINK)
        party, expires_at = party_of(kind, identifier), datetime.fromtimestamp(expires, UTC)
        link = Link(party, int(epoch), expires_at, scope_of(*scope) if scope else None)
    except (ValueError, TypeError, OverflowError) as error:
        raise ForgedLink from error
    if now >= link.expires_at:
        raise LinkExpired
    return link


def party_of(kind: str, identifier: object) -> Party:
    """The party that a token names. Raises `ForgedLink`."""
    match kind:
        case "member" | "city" | "committee":
            return Party(kind, str(identifier))
    raise ForgedLink


def scope_of(kind: str, identifier: str) -> Scope:
    """The scope that a token names. Raises `ForgedLink`."""
    match kind:
        case "demand" | "offer":
            return Scope(kind, str(identifier))
    raise ForgedLink


def form_token(token: str, secret: bytes) -> str:
    """The value a form of the page opened by ``token`` must carry; worthless on any other."""
    return mac(secret, _FORM, token)


def form_token_fits(given: str, token: str, secret: bytes) -> bool:
    """True when ``given`` came with a page of this very link."""
    return hmac.compare_digest(form_token(token, secret).encode(), given.encode())
