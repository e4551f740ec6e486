"""What the OpenAPI document says beyond the code: bodies, examples, and every refusal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from schemas.demand import DemandSubmission
from schemas.directory import DirectoryEntry
from schemas.examples import EXAMPLES
from schemas.json_schema import shared_schemas
from schemas.member import MemberSubmission
from schemas.offer import OfferSubmission
from schemas.response import AnswerBody, ConfirmationBody, ExtensionBody, QuestionBody, ReplyBody
from schemas.values import Contact
from schemas.webhook import ReplaySubmission, WebhookSubmission
from services.intake.handlers.answers import LineResult, Problem, Receipt, SaidReceipt

DESCRIPTION = """\
Cities say what they need and what they offer, clusters say who their members are; the hub \
proposes each need to those who can answer it.

Every `/v1` address needs a key (`Authorization: Bearer jisr_...`), which the hub makes with \
`jisr keys create --source S`; a key speaks for its own source, and that for its own cities or \
clusters. Whatever is refused is \
answered with `application/problem+json` (RFC 9457), with a JSON Pointer to each fault.

The same submissions can be published as CloudEvents on `jisr.submissions.v1`."""
_REF = "#/components/schemas/{model}"
_BODIES = (
    DemandSubmission,
    OfferSubmission,
    MemberSubmission,
    DirectoryEntry,
    Contact,
    AnswerBody,
    QuestionBody,
    ReplyBody,
    ConfirmationBody,
    ExtensionBody,
    WebhookSubmission,
    ReplaySubmission,
)
_REFUSALS = {
    "400": "Not JSON, not UTF-8, too deep, a name twice, or a number that readers may round.",
    "401": "No valid key.",
    "403": "This source may not say that.",
    "404": "Nothing here, or not yours. What you were told of just now may still be on its way: "
    "with Retry-After, ask again.",
    "406": "The answer cannot be had in the accepted media types.",
    "409": "Other content under a version that is not newer than the stored one; of an answer, a "
    "question, an extension or a confirmation: the present state does not allow it.",
    "412": "The match has changed since: `present` is its state, ETag its tag.",
    "413": "More than 64 KiB; of NDJSON more than 10 MiB or 20,000 lines.",
    "415": "Another media type, charset or a compressed body.",
    "422": "Against the schema, with a pointer to each fault.",
    "428": "An answer names the match that it answers by If-Match.",
    "503": "The database is away: send it again.",
}
_OF_EVERY = ("401", "422", "503")
_OF_READING = ("404", "406")
_OF_WRITING = ("400", "403", "406", "409", "413", "415")
_OF_WITHDRAWING = ("403", "404")
_OF_TALKING = ("400", "404", "406", "409", "413", "415")
_OF_ANSWERING = (*_OF_TALKING, "412", "428")


def _schema(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _examples(event_types: Iterable[str]) -> dict[str, Any]:
    examples = [example for name in event_types for example in EXAMPLES[name]]
    return {
        f"example {number}": {"summary": example.title, "value": example.data}
        for number, example in enumerate(examples, start=1)
    }


def _body(model: type[BaseModel], examples: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": _schema(model), "examples": examples}}
    return {"requestBody": {"required": True, "content": content}}


def _need(model: type[BaseModel], event_type: str) -> dict[str, Any]:
    extra = _body(model, _examples([event_type]))
    extra["requestBody"]["content"]["application/x-ndjson"] = {
        "schema": {"type": "string", "description": f"One {model.__name__} a line."}
    }
    lines = {
        "description": "One result a line",
        "content": {"application/x-ndjson": {"schema": _schema(LineResult)}},
    }
    return {
        "status_code": 202,
        "response_model": Receipt,
        "openapi_extra": extra,
        "responses": {
            200: {**lines, "description": "NDJSON: every line was taken."},
            207: {**lines, "description": "NDJSON: at least one line was refused."},
        },
    }


ACCEPTED: dict[str, Any] = {"status_code": 202, "response_model": Receipt}
"""What every address that takes a fact answers with."""

NEED = {
    "demands": _need(DemandSubmission, "jisr.demand.submitted"),
    "offers": _need(OfferSubmission, "jisr.offer.submitted"),
}
MEMBER: dict[str, Any] = {
    **ACCEPTED,
    "openapi_extra": _body(MemberSubmission, _examples(["jisr.member.submitted"])),
}
DIRECTORY_ENTRY: dict[str, Any] = {
    **ACCEPTED,
    "openapi_extra": _body(DirectoryEntry, _examples(["jisr.directory.changed"])),
}
CONTACT: dict[str, Any] = {
    "openapi_extra": _body(
        Contact,
        {
            "somebody": {
                "summary": "An invented person",
                "value": {"name": "Salma Idrissi", "email": "salma@zraa-market.example"},
            }
        },
    )
}


def _talk(model: type[BaseModel], **examples: Any) -> dict[str, Any]:
    shown = {
        name.replace("_", " "): {"summary": name.replace("_", " "), "value": value}
        for name, value in examples.items()
    }
    return {
        "status_code": 202,
        "response_model": SaidReceipt,
        "openapi_extra": _body(model, shown),
        "responses": {200: {"model": SaidReceipt, "description": "It was taken before."}},
    }


ANSWER = _talk(
    AnswerBody,
    accept={"answer": "accept"},
    decline={"answer": "decline", "reason": "too-busy", "text": "Pas avant septembre."},
    for_a_member={"answer": "accept", "by": {"type": "member", "id": "atlas-pay"}},
    outcome={"answer": "outcome", "outcome": "contract", "rating": 5},
)
QUESTION = _talk(QuestionBody, a_question={"text": "Combien de coopératives la première année ?"})
REPLY = _talk(ReplyBody, an_answer={"text": "Douze la première année, puis une trentaine."})
CONFIRMATION = _talk(
    ConfirmationBody,
    as_they_are={"wave": 1},
    one_struck_another_added={"wave": 1, "struck": ["atlas-pay"], "added": ["rif-secure"]},
)
EXTENSION = _talk(ExtensionBody, more_time={})
WEBHOOK: dict[str, Any] = {
    "status_code": 201,
    "openapi_extra": _body(
        WebhookSubmission,
        {
            "all events": {
                "summary": "Every event, and whom to write to when it fails for days",
                "value": {
                    "url": "https://systems.settat.example/jisr",
                    "email": "systems@settat.example",
                },
            },
            "demands alone": {
                "summary": "Only how demands stand",
                "value": {
                    "url": "https://systems.settat.example/demands",
                    "types": ["demand.changed"],
                    "note": "The city's own desk",
                },
            },
        },
    ),
}
REPLAY: dict[str, Any] = {
    "status_code": 202,
    "openapi_extra": _body(
        ReplaySubmission,
        {"since a day": {"summary": "Since a day", "value": {"since": "2026-11-23T00:00:00Z"}}},
    ),
}


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of ``app``, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes
        )
        components = made["components"]
        components["schemas"] |= shared_schemas([*_BODIES, Problem, LineResult, Receipt], _REF)
        for unused in ("HTTPValidationError", "ValidationError"):
            components["schemas"].pop(unused, None)
        components["responses"] = {code: _refusal(text) for code, text in _REFUSALS.items()}
        for path, operations in made["paths"].items():
            if path.startswith("/v1/"):
                for method, operation in operations.items():
                    _add_refusals(operation, _codes(method, path))
        app.openapi_schema = made
    return app.openapi_schema


def _refusal(description: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": _schema(Problem)}}
    return {"description": description, "content": content}


def _codes(method: str, path: str) -> Sequence[str]:
    if path.startswith("/v1/webhooks"):
        own: Sequence[str] = _of_webhooks(method, path)
    elif method == "post" and path.endswith("/responses"):
        own = _OF_ANSWERING
    elif method == "post" and "{id}/" in path:
        own = _OF_TALKING
    else:
        own = {"get": _OF_READING, "delete": _OF_WITHDRAWING}.get(method, _OF_WRITING)
    return sorted({*_OF_EVERY, *own})


def _of_webhooks(method: str, path: str) -> Sequence[str]:
    has_body = method == "post" and path.endswith(("/webhooks", "/replay"))
    taken = ("400", "406", "413", "415") if has_body else ()
    reads = ("406",) if method == "get" else ()
    one = ("404",) if "{id}" in path else ()
    refuses = ("409",) if path.endswith(("/webhooks", "/test", "/replay")) else ()
    return (*taken, *reads, *one, *(refuses if method == "post" else ()))


def _add_refusals(operation: dict[str, Any], codes: Sequence[str]) -> None:
    for code in codes:
        operation["responses"][code] = {"$ref": f"#/components/responses/{code}"}
