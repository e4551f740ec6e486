"""One sample of everything that can be told, each as its reader gets it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from services.notifier.domain.city_watch import Asked, OpenDemand
from services.notifier.domain.messages import (
    Addressee,
    AmbassadorNote,
    AskedQuestion,
    Locale,
    Message,
    Need,
    Notice,
    NoticeKind,
    Party,
    Proposal,
    Recipient,
    RecipientKind,
    Reply,
    Supply,
    Tried,
)
from services.notifier.domain.standing import NeedState, Standing
from services.notifier.preview.people import (
    AMBASSADOR,
    AXES,
    CANDIDATES,
    CARDS,
    CITY,
    HIVES,
    LEAKS,
    MEMBER,
    METERS,
    NEAREST,
    NOW,
    OFFERER,
    PEOPLE,
    REASONS,
    offered,
    proposal,
)
from services.notifier.use_cases.ports import Claimed, Entry
from services.notifier.use_cases.reader_ports import DigestItem

_IDS = UUID("6b1f6f0e-5d0a-5c53-9a77-6a6973720002")
_QUESTION = "Combien de kilomètres de réseau, et de quel âge ?"
_ANSWER = "Douze kilomètres, posés entre 1958 et 1975, en fonte pour l'essentiel."
_ASKED = AskedQuestion("q-leaks", MEMBER, _QUESTION)
_REGARD = Supply("member", OFFERER.id, OFFERER, PEOPLE[OFFERER])
_INITIATIVE = Supply(
    "offer",
    "o-workshop",
    Party("committee", "eau"),
    "Atelier ouvert : l'eau et ses données",
    "Deux jours pour mettre en commun les mesures d'un réseau, avec ceux qui l'exploitent.",
    "Chaque équipe apporte ses relevés. Le matin, on les nettoie ensemble ; l'après-midi, on "
    "cherche les fuites.\nLes outils restent aux participants, et la commission les suit six mois.",
    "fr",
    ("water-networks", "internet-of-things"),
)
_OPEN_DAY = Supply(
    "offer",
    "o-day",
    Party("committee", "eau"),
    "Journée portes ouvertes de l'eau",
    niches=("water-networks",),
)

_DIGESTED = ("question-answered", "proposal", "proposal-arabic", "proposal-offer", "reminder")


@dataclass(frozen=True)
class Story:
    """Something told to ``recipient``: as a mail, and as an entry of its page.

    ``days``: how many days ago.
    """

    name: str
    recipient: Recipient
    message: Message
    standing: Standing
    days: int = 0

    @property
    def id(self) -> UUID:
        """One for each story, whatever the language."""
        return uuid5(_IDS, self.name)

    def claimed(self) -> Claimed:
        """What the mail is written from."""
        return Claimed(
            self.id,
            self.recipient,
            self.message,
            1,
            NOW,
            1,
            self.standing,
            contact_name=self.recipient.name,
            address="reader@member.example",
            cards=CARDS,
        )

    def entry(self) -> Entry:
        """What the page shows."""
        return Entry(self.id, self.message, NOW - timedelta(days=self.days), self.standing, CARDS)


def stories(locale: Locale) -> list[Story]:
    """Every kind of message, to readers of ``locale``; the newest first."""
    return [*_Told(locale).all()]


def watched() -> list[OpenDemand]:
    """The open demands of the city, as its ambassador's page and its own show them."""
    asked_at, until = NOW - timedelta(days=9), NOW + timedelta(days=5)
    asked = (
        Asked(PEOPLE[MEMBER], "accepted", asked_at, until),
        Asked("Regard Industriel", "proposed", asked_at, until),
        Asked("مختبر الماء", "proposed", NOW - timedelta(days=1), NOW + timedelta(days=13)),
        Asked("Ingénierie du Bou Regreg", "declined", asked_at, until, "too-busy"),
    )
    return [
        OpenDemand(LEAKS, NeedState("proposed", 1, waves=3, wanted=2), asked),
        OpenDemand(
            HIVES,
            NeedState(
                "unmatched", 2, waves=3, reach="national", expires_at=NOW + timedelta(days=14)
            ),
            (Asked("Atlas LoRa", "lapsed", asked_at),),
        ),
        OpenDemand(METERS, NeedState("open", waves=3)),
    ]


def digest(locale: Locale) -> Claimed:
    """What a member's digest is written from: all that it is told, together."""
    told = [one for one in stories(locale) if one.recipient.inbox == MEMBER]
    items = [
        DigestItem(one.id, "member", one.message, NOW - timedelta(minutes=place), one.standing)
        for place, one in enumerate(told)
        if one.name in _DIGESTED
    ]
    return replace(told[0].claimed(), items=tuple(items), is_digest=True)


@dataclass(frozen=True)
class _Told:
    locale: Locale

    def reader(self, party: Party, kind: RecipientKind | None = None) -> Recipient:
        return Recipient(kind or party.kind, party.id, PEOPLE.get(party, ""), self.locale)

    def all(self) -> Iterator[Story]:
        member, city = self.reader(MEMBER), self.reader(CITY)
        leaks = proposal(LEAKS, "m-leaks", member)
        leaks = replace(leaks, answer_by=NOW + timedelta(days=12))
        accepted = replace(leaks, state="accepted", version=2, answer_by=NOW + timedelta(days=9))
        met = replace(proposal(METERS, "m-meters", member, 0.66), state="introduced", version=3)
        hives = replace(proposal(HIVES, "m-hives", member, 0.52), version=1)
        places = replace(offered("m-places", member), waiting=2, state="accepted")
        yield self.told("proposal", member, leaks, leaks)
        yield self.told("proposal-arabic", member, hives, hives)
        yield self.told("proposal-offer", member, offered("m-offer", member))
        yield from self.of_member(member, hives, accepted, met, places)
        yield from self.of_city(city, accepted, met)
        yield from self.of_ambassador(self.reader(AMBASSADOR, "ambassador"), accepted)

    def of_member(
        self,
        member: Recipient,
        hives: Proposal,
        accepted: Proposal,
        met: Proposal,
        places: Proposal,
    ) -> Iterator[Story]:
        yield self.notice("reminder", member, hives, until=NOW + timedelta(days=4))
        told = replace(accepted, state="proposed", version=1)
        reply = Reply(CITY, _ANSWER)
        yield self.notice(
            *("question", member, told, "question-answered"),
            text=_QUESTION,
            question=_ASKED,
            reply=reply,
        )
        yield self.notice("introduced", member, met, "introduced-member")
        yield self.notice(
            "declined",
            member,
            replace(proposal(LEAKS, "m-declined", member), state="declined", version=3),
            "declined-member",
            reason="terms",
        )
        yield self.notice(
            "closed",
            member,
            replace(
                proposal(LEAKS, "m-closed", member), state="superseded", closed_because="enough"
            ),
            because="enough",
        )
        yield self.notice("outcome-asked", member, met, "outcome-asked-member")
        yield self.notice("waiting", member, places)
        free = replace(places, match_id="m-free", waiting=None)
        yield self.notice("place-free", member, free)
        yield self.notice("kept-after-edit", member, replace(accepted, match_id="m-kept"))

    def of_city(self, city: Recipient, accepted: Proposal, met: Proposal) -> Iterator[Story]:
        yield self.notice("answer-asked", city, accepted, until=NOW + timedelta(days=9))
        asked = replace(proposal(LEAKS, "m-asked", self.reader(OFFERER)), supply=_REGARD)
        question = AskedQuestion("q-asked", OFFERER, "Les plans du réseau sont-ils disponibles ?")
        yield self.notice(
            "question", city, asked, "question-city", text=question.text, question=question
        )
        yield self.notice("introduced", city, met)
        refused = replace(accepted, match_id="m-refused", state="declined")
        yield self.notice("declined", city, refused, reason="too-busy")
        yield self.notice("outcome-asked", city, met)
        yield self.notice("outcome-reminder", city, met)
        yield self.notice("expiry-near", city, None, need=HIVES, until=NOW + timedelta(days=14))
        yield self.notice("expired", city, None, need=METERS)

    def of_ambassador(self, whom: Recipient, accepted: Proposal) -> Iterator[Story]:
        until = NOW + timedelta(days=3)
        yield self.notice(
            "confirmation-asked", whom, None, candidates=CANDIDATES, wave=1, until=until
        )
        yield self.notice("question", whom, accepted, text=_QUESTION, question=_ASKED)
        yield self.notice("asker-silent", whom, replace(accepted, state="lapsed"))
        lead = replace(accepted, match_id="m-lead", supply=_INITIATIVE, state="proposed")
        yield self.notice("lead", whom, lead)
        axes = replace(lead, match_id="m-axes", need=AXES, supply=_OPEN_DAY, reasons=REASONS[1:2])
        yield self.notice("lead", whom, axes, "lead-axes")
        yield self.notice("duplicate", whom, None, need=METERS)
        note = AmbassadorNote(LEAKS, "proposed", 1, CANDIDATES[:2], considered=148)
        yield self.told("ambassador-note", whom, note)
        tried = (Tried("Regard Industriel", "declined", "too-busy"), Tried("مختبر الماء", "lapsed"))
        nobody = AmbassadorNote(HIVES, "unmatched", 2, (), NEAREST, 148, tried)
        yield self.told("ambassador-note-nobody", whom, nobody)

    def notice(
        self,
        kind: NoticeKind,
        recipient: Recipient,
        match: Proposal | None,
        name: str = "",
        need: Need = LEAKS,
        **more: Any,
    ) -> Story:
        office = recipient.kind == "ambassador"
        to = Addressee("ambassador", CITY.id, "mnc") if office else None
        notice = Notice(
            f"n-{name or kind}",
            kind,
            to or Addressee(recipient.kind, recipient.id),
            match.need if match else need,
            match,
            **more,
        )
        return self.told(name or kind, recipient, notice, match)

    def told(
        self, name: str, recipient: Recipient, message: Message, match: Proposal | None = None
    ) -> Story:
        standing = Standing(
            match or (message if isinstance(message, Proposal) else None),
            NeedState("proposed", 1, expires_at=message.need.deadline),
            names=PEOPLE,
            consents=frozenset(party.id for party in PEOPLE),
            other_title=LEAKS.title,
            reply=message.reply if isinstance(message, Notice) else None,
        )
        return Story(name, recipient, message, standing)
