"""The addresses that take facts: 202 says that the fact and its event are committed (I1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from schemas.values import Identifier
from services.intake.domain.facts import Kind, Order, Withdrawal
from services.intake.domain.speakers import Speaker
from services.intake.exceptions import Forbidden
from services.intake.handlers import answers
from services.intake.handlers.bodies import (
    JSON,
    LARGEST_BULK,
    NDJSON,
    lines_of,
    media_of,
    read_body,
    require_accepted,
    require_json,
)
from services.intake.handlers.bulk import Bulk
from services.intake.handlers.documentation import (
    ACCEPTED,
    CONTACT,
    DIRECTORY_ENTRY,
    MEMBER,
    NEED,
)
from services.intake.handlers.documents import read_document
from services.intake.handlers.gate import BEHIND_THE_GATE, speaker_of
from services.intake.handlers.submissions import (
    Reader,
    Submitted,
    contact,
    directory_draft,
    member_draft,
)
from services.intake.use_cases.ports import Begin
from services.intake.use_cases.taking import accepted, take

PLURALS: Mapping[str, Kind] = {"demands": "demand", "offers": "offer", "members": "member"}

Plural = Literal["demands", "offers", "members"]
Entry = Literal["city", "cluster", "ambassador", "committee", "niche"]
Addressee = Literal["city", "committee", "member"]
Who = Annotated[Speaker, Depends(speaker_of)]


def write_routes(begin: Begin, reader: Reader) -> APIRouter:
    """The router; ``begin`` opens a store on a transaction of its own."""
    routes = APIRouter(prefix="/v1", dependencies=BEHIND_THE_GATE)
    _add_submissions(routes, begin, reader)
    _add_withdrawals(routes, begin)
    _add_directory(routes, begin)
    _add_contacts(routes, begin)
    return routes


async def _carry_out(begin: Begin, order: Order) -> answers.Receipt:
    async with begin() as store:
        (verdict,) = await take(store, [order], datetime.now(UTC))
    return answers.receipt(accepted(verdict))


def _answer(receipt: answers.Receipt, address: str) -> JSONResponse:
    headers = {"Location": quote(address)}
    return JSONResponse(receipt.model_dump(exclude_none=True), 202, headers)


def _add_submissions(routes: APIRouter, begin: Begin, reader: Reader) -> None:
    async def submit(plural: Plural, request: Request, speaker: Who) -> Response:
        media = media_of(request)
        kind = PLURALS[plural]
        if media == "ndjson":
            require_accepted(request, NDJSON)
            lines = lines_of(await read_body(request, LARGEST_BULK))
            return await Bulk(begin, reader, kind, speaker, request.url.path).answer(lines)
        require_accepted(request, JSON)
        document = read_document(await read_body(request))
        draft = await reader.draft(kind, Submitted(document, speaker))
        receipt = await _carry_out(begin, draft)
        return _answer(receipt, f"/v1/{plural}/{receipt.id}")

    @routes.post("/demands", tags=["demands"], **NEED["demands"])
    async def submit_demands(request: Request, speaker: Who) -> Response:
        """Say what a city needs. The same content again is answered `unchanged`; new content
        under the same `external_id` is the next version. Many at once: one JSON object a line
        as `application/x-ndjson`, answered with one result a line.
        """
        return await submit("demands", request, speaker)

    @routes.post("/offers", tags=["offers"], **NEED["offers"])
    async def submit_offers(request: Request, speaker: Who) -> Response:
        """Say what a city, a member or a committee offers; otherwise as for demands."""
        return await submit("offers", request, speaker)

    @routes.put("/members/{id:path}", tags=["members"], **MEMBER)
    async def put_member(id: Identifier, request: Request, speaker: Who) -> Response:  # noqa: A002
        """Say who a member is and what it can do; for the source of a cluster."""
        require_json(request)
        require_accepted(request, JSON)
        document = read_document(await read_body(request))
        receipt = await _carry_out(begin, member_draft(Submitted(document, speaker, id)))
        return _answer(receipt, f"/v1/members/{id}")


def _add_withdrawals(routes: APIRouter, begin: Begin) -> None:
    async def take_back(plural: Plural, fact_id: str, speaker: Speaker) -> Response:
        receipt = await _carry_out(begin, Withdrawal(PLURALS[plural], fact_id, speaker))
        return _answer(receipt, f"/v1/{plural}/{fact_id}")

    @routes.delete("/demands/{id}", tags=["demands"], **ACCEPTED)
    async def withdraw_demand(id: Identifier, speaker: Who) -> Response:  # noqa: A002
        """Take a demand back; a second time changes nothing."""
        return await take_back("demands", id, speaker)

    @routes.delete("/offers/{id}", tags=["offers"], **ACCEPTED)
    async def withdraw_offer(id: Identifier, speaker: Who) -> Response:  # noqa: A002
        """Take an offer back; a second time changes nothing."""
        return await take_back("offers", id, speaker)

    @routes.delete("/members/{id:path}", tags=["members"], **ACCEPTED)
    async def withdraw_member(id: Identifier, speaker: Who) -> Response:  # noqa: A002
        """Make a member inactive; it is proposed to nobody until it is put again."""
        return await take_back("members", id, speaker)


def _add_directory(routes: APIRouter, begin: Begin) -> None:
    address = "/directory/{entry}/{id:path}"

    @routes.put(address, tags=["directory"], **DIRECTORY_ENTRY)
    async def put_entry(
        entry: Entry,
        id: Identifier,  # noqa: A002
        request: Request,
        speaker: Who,
    ) -> Response:
        """Write a city, cluster, ambassador, committee or niche; for the hub itself."""
        require_json(request)
        require_accepted(request, JSON)
        document = read_document(await read_body(request))
        receipt = await _carry_out(begin, directory_draft(entry, Submitted(document, speaker, id)))
        return _answer(receipt, f"/v1/directory/{entry}/{id}")

    @routes.delete(address, tags=["directory"], **ACCEPTED)
    async def remove_entry(entry: Entry, id: Identifier, speaker: Who) -> Response:  # noqa: A002
        """Make an entry inactive; for the hub itself."""
        _require_hub(speaker)
        receipt = await _carry_out(begin, Withdrawal("directory", f"{entry}:{id}", speaker))
        return _answer(receipt, f"/v1/directory/{entry}/{id}")


def _add_contacts(routes: APIRouter, begin: Begin) -> None:
    address = "/contacts/{kind}/{id:path}"

    @routes.put(address, tags=["contacts"], status_code=204, **CONTACT)
    async def put_contact(
        kind: Addressee,
        id: Identifier,  # noqa: A002
        request: Request,
        speaker: Who,
    ) -> Response:
        """Say how to reach somebody. It goes to the vault, and to no topic; for the hub."""
        _require_hub(speaker)
        require_json(request)
        kept = contact(kind, id, read_document(await read_body(request)))
        async with begin() as store:
            await store.keep_contacts([kept])
        return Response(status_code=204)

    @routes.delete(address, tags=["contacts"], status_code=204)
    async def erase_contact(kind: Addressee, id: Identifier, speaker: Who) -> Response:  # noqa: A002
        """Erase how to reach somebody, from the only place where it is kept; for the hub."""
        _require_hub(speaker)
        async with begin() as store:
            await store.keep_contacts([contact(kind, id, {})])
        return Response(status_code=204)


def _require_hub(speaker: Speaker) -> None:
    if not speaker.is_hub:
        raise Forbidden("This is for the hub itself.")
