"""The addresses by which systems answer, ask, extend and confirm for people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from schemas.response import AnswerBody, ConfirmationBody, ExtensionBody, QuestionBody, ReplyBody
from schemas.values import Identifier
from services.intake.handlers import match_views
from services.intake.handlers.bodies import JSON, read_body, require_accepted, require_json
from services.intake.handlers.conditions import IdempotencyKey, IfMatch, condition_of
from services.intake.handlers.documentation import (
    ANSWER,
    CONFIRMATION,
    EXTENSION,
    QUESTION,
    REPLY,
)
from services.intake.handlers.documents import read_document, validate
from services.intake.handlers.gate import BEHIND_THE_GATE
from services.intake.handlers.patience import Patience
from services.intake.handlers.writes import Who
from services.intake.use_cases.answering import ask, etag, open_match, respond
from services.intake.use_cases.confirming import confirm, extend, to_confirm
from services.intake.use_cases.ports import Begin, Store
from services.intake.use_cases.replying import reply
from services.intake.use_cases.saying import Kept, Voice

Model = TypeVar("Model", bound=BaseModel)


def _voice(speaker: Who, idempotency_key: IdempotencyKey = None) -> Voice:
    return Voice(speaker, key=idempotency_key)


Speaking = Annotated[Voice, Depends(_voice)]
"""Who says something over HTTP, and under which Idempotency-Key."""


def talk_routes(begin: Begin) -> APIRouter:
    """The router; ``begin`` opens a store on a transaction of its own."""
    routes = APIRouter(prefix="/v1", dependencies=BEHIND_THE_GATE)
    patience = Patience(begin)
    _add_matches(routes, patience)
    _add_demands(routes, begin, patience)
    return routes


async def _body(request: Request, model: type[Model], *, may_be_empty: bool = False) -> Model:
    require_json(request)
    require_accepted(request, JSON)
    data = await read_body(request)
    document: Any = {} if may_be_empty and not data else read_document(data)
    return validate(model, document)


def _answer(kept: Kept) -> Response:
    """202 for what was taken now, 200 for what was taken before."""
    status = "accepted" if kept.fresh else "unchanged"
    body = {"id": kept.id, "status": status, "said": dict(kept.said)}
    return JSONResponse(body, 202 if kept.fresh else 200)


def _add_matches(routes: APIRouter, patience: Patience) -> None:
    @routes.get("/matches/{id}", tags=["matches"])
    async def get_match(
        id: Identifier,  # noqa: A002
        request: Request,
        response: Response,
        speaker: Who,
    ) -> match_views.MatchDetail:
        """A match, for those who may answer it. Its ETag is what an answer names in If-Match. No
        contact data, and nothing of what the other side wrote.
        """
        require_accepted(request, JSON)

        async def look(store: Store) -> match_views.MatchDetail:
            match, own = await open_match(store, speaker, id)
            response.headers["ETag"] = etag(match)
            return match_views.match_detail(match, own, await store.questions(id))

        return await patience.take(look)

    @routes.post("/matches/{id}/responses", tags=["matches"], **ANSWER)
    async def post_response(
        id: Identifier,  # noqa: A002
        request: Request,
        voice: Speaking,
        if_match: IfMatch = None,
    ) -> Response:
        """Accept, decline, take an accept back, or say what came of an introduction; for the city
        that owns the need (or the offer), the cluster that the member belongs to, and the hub. The
        match that you saw is named by If-Match: if it has changed, the answer is 412 with the
        present state; what that state does not allow is 409.
        """
        body = await _body(request, AnswerBody)
        condition = condition_of(if_match, required=True)
        kept = await patience.take(
            lambda store: respond(store, voice, id, body, condition, datetime.now(UTC))
        )
        return _answer(kept)

    @routes.post("/matches/{id}/questions", tags=["matches"], **QUESTION)
    async def post_question(
        id: Identifier,  # noqa: A002
        request: Request,
        voice: Speaking,
    ) -> Response:
        """Ask something before an answer; it goes through the ambassador of the need's city."""
        body = await _body(request, QuestionBody)
        kept = await patience.take(lambda store: ask(store, voice, id, body, datetime.now(UTC)))
        return _answer(kept)

    @routes.post("/questions/{id}/reply", tags=["matches"], **REPLY)
    async def post_reply(
        id: Identifier,  # noqa: A002
        request: Request,
        voice: Speaking,
    ) -> Response:
        """Answer a question about a match, once; for the other side of the match, and for the
        cluster whose ambassador was told of it. Who asked is told the answer.
        """
        body = await _body(request, ReplyBody)
        kept = await patience.take(lambda store: reply(store, voice, id, body, datetime.now(UTC)))
        return _answer(kept)


def _add_demands(routes: APIRouter, begin: Begin, patience: Patience) -> None:
    @routes.post("/demands/{id}/extension", tags=["demands"], **EXTENSION)
    async def post_extension(
        id: Identifier,  # noqa: A002
        request: Request,
        voice: Speaking,
    ) -> Response:
        """Keep a demand open longer, once, for the time that the policy sets."""
        body = await _body(request, ExtensionBody, may_be_empty=True)
        async with begin() as store:
            kept = await extend(store, voice, id, body, datetime.now(UTC))
        return _answer(kept)

    @routes.get("/demands/{id}/confirmation", tags=["demands"])
    async def get_confirmation(
        id: Identifier,  # noqa: A002
        request: Request,
        speaker: Who,
    ) -> match_views.ToConfirm:
        """The candidates that the ambassador is asked to confirm now; for the cluster whose
        ambassador it is, and the hub.
        """
        require_accepted(request, JSON)
        asked = await patience.take(lambda store: to_confirm(store, speaker, id, datetime.now(UTC)))
        return match_views.confirmation_view(id, asked)

    @routes.post("/demands/{id}/confirmation", tags=["demands"], **CONFIRMATION)
    async def post_confirmation(
        id: Identifier,  # noqa: A002
        request: Request,
        voice: Speaking,
    ) -> Response:
        """Confirm the candidates of a wave for the ambassador: who is struck, who is added, in
        which order. Nothing struck and nothing added confirms them as they are.
        """
        body = await _body(request, ConfirmationBody)
        kept = await patience.take(lambda store: confirm(store, voice, id, body, datetime.now(UTC)))
        return _answer(kept)
