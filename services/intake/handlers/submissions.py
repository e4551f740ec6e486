"""Turns the bytes of a submission into a draft; HTTP and Kafka read through here alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from pydantic import BaseModel

from schemas.blanking import without_contacts
from schemas.demand import DemandSubmission
from schemas.demand import Withdrawal as WithdrawalBody
from schemas.directory import Ambassador, City, Cluster, Committee, Niche
from schemas.member import MemberSubmission
from schemas.offer import OfferSubmission
from schemas.values import Contact as ContactBody
from services.intake import metrics
from services.intake.domain.contacts import blanked, differing
from services.intake.domain.facts import Contact, Draft, Kind, Withdrawal, digest, identity
from services.intake.domain.language import Classify, detect, normalise_tag
from services.intake.domain.speakers import Speaker, Words, objection
from services.intake.exceptions import Fault, Forbidden
from services.intake.handlers.documents import invalid, validate

_NOT_CONTENT = {"contact", "version"}

DIRECTORY: Mapping[str, type[BaseModel]] = {
    "city": City,
    "cluster": Cluster,
    "ambassador": Ambassador,
    "committee": Committee,
    "niche": Niche,
}
"""The model of each kind of directory entry."""


@dataclass(frozen=True)
class Submitted:
    """A document and who sent it. ``id`` is the id that its address or its subject names."""

    document: Any
    speaker: Speaker
    id: str | None = None
    trace: str | None = None


class Reader:
    """Makes drafts; ``classifier`` gives the language classifier, and may take time to load."""

    def __init__(self, classifier: Callable[[], Awaitable[Classify]]) -> None:
        self._classifier = classifier

    async def draft(self, kind: Kind, submitted: Submitted) -> Draft:
        """The draft of a demand, offer or member. Raises `Invalid` or `Forbidden`."""
        if kind == "member":
            return member_draft(submitted)
        return await self._need_draft(kind, submitted)

    async def _need_draft(self, kind: Kind, submitted: Submitted) -> Draft:
        body: DemandSubmission | OfferSubmission
        document = blanked(submitted.document)
        if kind == "demand":
            body = validate(DemandSubmission, document)
        else:
            body = validate(OfferSubmission, document)
        speaker = submitted.speaker
        owner = body.owner if isinstance(body, OfferSubmission) else None
        behind = {"owner_type": owner.type, "owner_id": owner.id} if owner else {}
        _allow(speaker, Words(kind, city=body.city, **behind))
        body = _normalised(body)
        content = body.model_dump(mode="json", exclude=_NOT_CONTENT)
        if body.language is None:
            content["language"] = await self._detect(body)
        fact_id = identity("demand" if kind == "demand" else "offer", *_name(speaker, body))
        return Draft(
            kind,
            fact_id,
            body.external_id,
            speaker,
            content,
            _digest(body),
            body.version,
            _contact(kind, fact_id, body.contact),
            submitted.trace,
            tuple(differing(submitted.document, document)),
        )

    async def _detect(self, body: DemandSubmission | OfferSubmission) -> str:
        text = "\n".join(filter(None, (body.title, body.summary, body.description)))
        language = detect(text, await self._classifier())
        metrics.DETECTED.labels(language).inc()
        return language


def member_draft(submitted: Submitted) -> Draft:
    """The draft of a member: its id is in the address, in the body, or the same in both."""
    document = blanked(submitted.document)
    body = validate(MemberSubmission, document)
    _allow(submitted.speaker, Words("member", cluster=body.cluster))
    member_id = _one_id(submitted.id, body.member_id, "/member_id")
    body = body.model_copy(update={"member_id": member_id, "languages": _tags(body.languages)})
    return Draft(
        "member",
        member_id,
        member_id,
        submitted.speaker,
        body.model_dump(mode="json", exclude=_NOT_CONTENT),
        _digest(body),
        body.version,
        _contact("member", member_id, body.contact),
        submitted.trace,
        tuple(differing(submitted.document, document)),
    )


def directory_draft(entry: str, submitted: Submitted) -> Draft:
    """The draft of a directory entry; ``entry`` and its id may be left out of the body."""
    _allow(submitted.speaker, Words("directory"))
    document = submitted.document
    if isinstance(document, dict):
        document = {"entry": entry, "id": submitted.id, **document}
    body = validate(DIRECTORY[entry], document)
    content = body.model_dump(mode="json", exclude={"version"})
    _one_id(submitted.id, content["id"], "/id")
    claimed = document["version"] if "version" in body.model_fields_set else None
    return Draft(
        "directory",
        f"{entry}:{submitted.id}",
        content["id"],
        submitted.speaker,
        content,
        _digest(body),
        claimed,
        trace=submitted.trace,
    )


def withdrawal(kind: Kind, submitted: Submitted) -> Withdrawal:
    """The withdrawal of a demand or offer by the name that its source gave it."""
    body = validate(WithdrawalBody, submitted.document)
    fact_id = identity(
        "demand" if kind == "demand" else "offer", submitted.speaker.source, body.external_id
    )
    reason = without_contacts(body.reason)
    return Withdrawal(kind, fact_id, submitted.speaker, reason, submitted.trace)


def contact(kind: str, fact_id: str, document: Any) -> Contact:
    """What the vault keeps of ``document``. Raises `Invalid`."""
    return _kept(kind, fact_id, validate(ContactBody, document))


def _allow(speaker: Speaker, said: Words) -> None:
    found = objection(speaker, said)
    if found is not None:
        faults = [Fault(found.pointer, "not_yours", found.sentence)] if found.pointer else []
        raise Forbidden(found.sentence, faults)


def _name(speaker: Speaker, body: DemandSubmission | OfferSubmission) -> tuple[str, str]:
    return speaker.source, body.external_id


def _one_id(addressed: str | None, written: str | None, where: str) -> str:
    if addressed and written and addressed != written:
        detail = f"The address says {addressed!r}; leave it out or write the same."
        raise invalid([Fault(where, "mismatch", detail)])
    if found := addressed or written:
        return found
    raise invalid([Fault(where, "missing", "Field required")])


def _normalised(
    body: DemandSubmission | OfferSubmission,
) -> DemandSubmission | OfferSubmission:
    partner = body.partner.model_copy(update={"languages": _tags(body.partner.languages)})
    changes: dict[str, Any] = {"partner": partner}
    if body.language is not None:
        changes["language"] = normalise_tag(body.language)
    if body.deadline is not None:
        try:
            changes["deadline"] = body.deadline.astimezone(UTC)
        except OverflowError as error:
            fault = Fault("/deadline", "out_of_range", "No such time in UTC.")
            raise invalid([fault]) from error
    return body.model_copy(update=changes)


def _tags(languages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(normalise_tag(tag) for tag in languages))


def _digest(body: BaseModel) -> bytes:
    # Defaults are left out, so that a field added later with a default changes no digest; and
    # contact data is, so that no trace of it is kept outside the vault.
    return digest(body.model_dump(mode="json", exclude=_NOT_CONTENT, exclude_defaults=True))


def _contact(kind: str, fact_id: str, body: ContactBody | None) -> Contact | None:
    return None if body is None else _kept(kind, fact_id, body)


def _kept(kind: str, fact_id: str, body: ContactBody) -> Contact:
    return Contact(kind, fact_id, body.name, body.email, body.phone, body.office_email)
