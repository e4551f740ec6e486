"""The signed link that opens one recipient's inbox, and the token that guards its forms.

A link is ``<payload>.<mac>``: base64url (RFC 4648, section 5, no padding) of a JSON array, and
HMAC-SHA256 (RFC 2104) of the payload's own text, so that no other spelling of the same bytes
verifies. The epoch is compared with the recipient's row by the use case: raising it revokes
every link given out so far.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import get_args

from services.notifier.domain.exceptions import ForgedLink, LinkExpired
from services.notifier.domain.messages import Party, PartyKind, Scope

SHORTEST_SECRET = 32
_LONGEST_TOKEN = 2400
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


def _mac(secret: bytes, purpose: bytes, text: str) -> str:
    digest = hmac.new(secret, purpose + text.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def sign(link: Link, secret: bytes) -> str:
    """The token of ``link``; letters, digits, ``-``, ``_`` and one dot."""
    values: list[str | int] = [link.party.kind, link.party.id, link.epoch]
    values.append(int(link.expires_at.timestamp()))
    if link.scope is not None:
        values += [link.scope.kind, link.scope.id]
    raw = json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
    payload = urlsafe_b64encode(raw).decode().rstrip("=")
    return f"{payload}.{_mac(secret, _LINK, payload)}"


def verify(token: str, secret: bytes, now: datetime) -> Link:
    """The link that ``token`` stands for.

    Raises `ForgedLink` when we did not sign it, `LinkExpired` when its time is over.
    """
    payload, dot, mac = token.partition(".")
    if not dot or len(token) > _LONGEST_TOKEN or not token.isascii():
        raise ForgedLink
    if not hmac.compare_digest(_mac(secret, _LINK, payload), mac):
        raise ForgedLink
    link = _read(payload)
    if now >= link.expires_at:
        raise LinkExpired
    return link


def _read(payload: str) -> Link:
    try:
        raw = urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        kind, identifier, epoch, expires, *scope = json.loads(raw)
        if kind not in get_args(PartyKind):
            raise ForgedLink
        party, expires_at = Party(kind, str(identifier)), datetime.fromtimestamp(expires, UTC)
        return Link(party, int(epoch), expires_at, _scope(*scope) if scope else None)
    except (binascii.Error, ValueError, TypeError, OverflowError) as error:
        raise ForgedLink from error


def _scope(kind: str, identifier: str) -> Scope:
    match kind:
        case "demand" | "offer":
            return Scope(kind, str(identifier))
    raise ForgedLink


def form_token(token: str, secret: bytes) -> str:
    """The value a form of the page opened by ``token`` must carry; worthless on any other."""
    return _mac(secret, _FORM, token)


def form_token_fits(given: str, token: str, secret: bytes) -> bool:
    """True when ``given`` came with a page of this very link."""
    return hmac.compare_digest(form_token(token, secret).encode(), given.encode())
