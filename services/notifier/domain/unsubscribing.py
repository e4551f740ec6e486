"""The address in a mail that ends mails of its kind, without a login (RFC 8058).

It says who reads and about what. It has no end: whoever finds a mail years later can still be rid
of the next one. It opens nothing else, and no other link does this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.notifier.domain.concerns import CONCERNS, Concern
from services.notifier.domain.exceptions import ForgedLink
from services.notifier.domain.links import party_of, scope_of
from services.notifier.domain.messages import Channel, Party, Scope
from services.notifier.domain.preferences import PUSHED, Preferences
from services.notifier.domain.seal import seal, unseal

_PURPOSE = b"jisr unsubscribe 1\0"


@dataclass(frozen=True, slots=True)
class Mailings:
    """Mails to ``party`` (with a ``scope`` to the contact of that item) about ``concern``; None:
    about everything, as a digest tells it.
    """

    party: Party
    concern: Concern | None = None
    scope: Scope | None = None


def token_of(mailings: Mailings, secret: bytes) -> str:
    """The token that stands for ``mailings``."""
    party, scope = mailings.party, mailings.scope
    named = [scope.kind, scope.id] if scope else []
    return seal([party.kind, party.id, mailings.concern or "", *named], secret, _PURPOSE)


def mailings_of(token: str, secret: bytes) -> Mailings:
    """What ``token`` stands for. Raises `ForgedLink`."""
    try:
        kind, identifier, named, *scope = unseal(token, secret, _PURPOSE)
        concern = next((one for one in CONCERNS if one == named), None)
        if concern is None and named != "":
            raise ForgedLink
        where = scope_of(*scope) if scope else None
        return Mailings(party_of(kind, identifier), concern, where)
    except (ValueError, TypeError) as error:
        raise ForgedLink from error


def concerns_of(concern: Concern | None) -> tuple[Concern, ...]:
    """What ``concern`` comes to: itself, or all there are."""
    return (concern,) if concern else CONCERNS


def mails(
    preferences: Preferences, concern: Concern | None, *, wanted: bool
) -> Mapping[str, Mapping[Concern, list[Channel]]]:
    """The change (see `choices.read`) after which mails about ``concern`` (None: any) are
    ``wanted`` or not; its other channels stay as they are in ``preferences``.
    """
    return {
        "channels": {
            one: [
                channel
                for channel in PUSHED
                if (wanted if channel == "mail" else channel in preferences.channels[one])
            ]
            for one in concerns_of(concern)
        }
    }


def gets_mails(preferences: Preferences, concern: Concern | None) -> bool:
    """Whether any mail about ``concern`` (None: about anything) is wanted."""
    return any(preferences.wants("mail", one) for one in concerns_of(concern))
