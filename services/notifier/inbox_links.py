"""Addresses of inbox pages, for mails and for whoever operates the hub.

async with ...:  # or `asyncio.run` in a command
    print(await inbox_address(settings, database, "member", "khlasspay", datetime.now(UTC)))
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from services.notifier.adapters.postgres_store import Store
from services.notifier.domain.links import SHORTEST_SECRET, link_for, sign
from services.notifier.domain.messages import Party, PartyKind, Scope
from services.runtime.database import Database
from services.runtime.exceptions import HubError
from services.runtime.settings import Settings


class WeakSecret(HubError):
    """JISR_LINK_SECRET is too short to sign links with"""


class OtherSecret(HubError):
    """The notifier signs links with another secret"""


_USED = "links: digest of the secret in use"


async def link_secret(settings: Settings, store: Store) -> bytes:
    """The key that signs links: the setting's, else one made once and kept in the database.

    Raises `WeakSecret` when the setting has less than 32 characters.
    """
    given = settings.link_secret.get_secret_value().encode()
    if given:
        if len(given) < SHORTEST_SECRET:
            raise WeakSecret(f"{len(given)} characters; at least {SHORTEST_SECRET}")
        return given
    return await store.secret("links", secrets.token_bytes(SHORTEST_SECRET))


async def use_secret(settings: Settings, store: Store) -> bytes:
    """`link_secret` for the service itself, which tells `inbox_address` that it is the one."""
    secret = await link_secret(settings, store)
    await store.put_secret(_USED, _digest(secret))
    return secret


def _digest(secret: bytes) -> bytes:
    return hashlib.sha256(b"jisr links\0" + secret).digest()


def create_inbox_link(
    settings: Settings,
    secret: bytes,
    recipient_kind: PartyKind,
    recipient_id: str,
    now: datetime,
    *,
    epoch: int = 1,
    scope: Scope | None = None,
) -> str:
    """The address of somebody's inbox page, good for ``settings.link_days`` days from ``now``.

    ``epoch`` is that of the recipient's row (`Store.link_epoch`); 1 until links were revoked.
    ``scope``: the one demand or offer that the page shows; None shows all of the recipient's.
    """
    party = Party(recipient_kind, recipient_id)
    link = link_for(party, epoch, now, settings.link_days, scope)
    return f"{settings.public_address()}/inbox/{sign(link, secret)}"


async def inbox_address(
    settings: Settings,
    database: Database,
    recipient_kind: PartyKind,
    recipient_id: str,
    now: datetime,
) -> str:
    """As `create_inbox_link`, with secret and epoch from ``database`` (the notifier's, started).

    Makes the inbox when nobody was told anything there yet. Raises `OtherSecret` when the notifier
    would not know the link.
    """
    store = Store(database)
    secret = await link_secret(settings, store)
    if await store.kept_secret(_USED) not in (None, _digest(secret)):
        raise OtherSecret("set JISR_LINK_SECRET here to what it was started with")
    epoch = await store.link_epoch(Party(recipient_kind, recipient_id))
    return create_inbox_link(settings, secret, recipient_kind, recipient_id, now, epoch=epoch)
