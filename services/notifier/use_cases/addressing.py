"""Whom a message is for: the parties to look up, then the recipient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import (
    LOCALES,
    AmbassadorNote,
    Locale,
    Message,
    Notice,
    Party,
    Proposal,
    Recipient,
)
from services.notifier.domain.routing import in_office
from services.notifier.use_cases.ports import Known


@dataclass(frozen=True)
class Addressing:
    """``cluster`` is the hub's own: its ambassadors hear what is decided about their cities."""

    directory: Directory
    cluster: str

    def office(self, message: Message) -> tuple[str, str] | None:
        """The office (cluster, city) that ``message`` is for; None when it is for somebody else."""
        match message:
            case AmbassadorNote():
                return self.cluster, message.need.city or ""
            case Notice(to=to) if to.kind == "ambassador":
                return to.cluster or self.cluster, to.id
        return None

    def concerned(self, messages: Iterable[Message]) -> set[Party]:
        """Everybody whose row is needed to find the recipients."""
        return {party for message in messages for party in self._parties(message)}

    def _parties(self, message: Message) -> list[Party]:
        held = self.office(message)
        if held is not None:
            office = self.directory.office(*held)
            members = (office.member_id, office.deputy_id) if office else ()
            return [Party("member", member) for member in members if member]
        match message:
            case Proposal():
                return [message.recipient.inbox]
            case Notice(to=to):
                return [Recipient(to.kind, to.id).inbox]
        return []

    def recipient(self, message: Message, known: Mapping[Party, Known]) -> Recipient | None:
        """Who is told; None when the office that it is for is vacant. In the language that it
        chose itself, if it did.
        """
        found = self._recipient(message, known)
        one = known.get(found.inbox) if found else None
        if found is None or one is None or one.preferences.locale is None:
            return found
        return replace(found, locale=one.preferences.locale)

    def _recipient(self, message: Message, known: Mapping[Party, Known]) -> Recipient | None:
        held = self.office(message)
        if held is not None:
            return self._ambassador(held, known)
        if isinstance(message, Proposal):
            return message.recipient
        return self._addressee(message, known) if isinstance(message, Notice) else None

    def _ambassador(self, held: tuple[str, str], known: Mapping[Party, Known]) -> Recipient | None:
        inactive = {party.id for party, one in known.items() if not one.active}
        member = in_office(self.directory.office(*held), inactive)
        if member is None:
            return None
        one = known.get(Party("member", member))
        return Recipient("ambassador", member, *((one.name, one.locale) if one else ()))

    def _addressee(self, notice: Notice, known: Mapping[Party, Known]) -> Recipient:
        """As known; a city or a committee in the language of what it wrote itself."""
        plain = Recipient(notice.to.kind, notice.to.id)
        match, one = notice.match, known.get(plain.inbox)
        if match is not None and match.recipient.inbox == plain.inbox:
            return match.recipient
        if plain.kind == "member":
            return Recipient("member", plain.id, *((one.name, one.locale) if one else ()))
        locale: Locale = one.locale if one else "fr"
        if plain.inbox == notice.need.owner:
            locale = _locale_of(notice.need.language, locale)
        name = self.directory.party(plain.inbox, locale)
        return Recipient(plain.kind, plain.id, name or (one.name if one else ""), locale)


def _locale_of(language: str, otherwise: Locale) -> Locale:
    primary = language.split("-")[0].lower()
    return next((locale for locale in LOCALES if locale == primary), otherwise)
