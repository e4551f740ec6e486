"""Documents as they come: read, and held against their model, with a pointer to each fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from services.intake.domain.document import parse
from services.intake.domain.text import clean_all
from services.intake.exceptions import MOST_FAULTS, Fault, Invalid, TooLarge

LARGEST = 64 * 1024
"""Bytes of one submission, whatever door it comes through."""

_LONGEST_STEP = 80
Model = TypeVar("Model", bound=BaseModel)


def read_document(data: bytes) -> Any:
    """``data`` as a JSON value whose texts are clean. Raises `TooLarge` or `Malformed`."""
    if len(data) > LARGEST:
        raise TooLarge(f"A submission has at most {LARGEST} bytes.")
    return clean_all(parse(data))


def validate(model: type[Model], document: Any) -> Model:
    """``document`` as ``model``, by the letter of its JSON Schema. Raises `Invalid`.

    Strict, so that what the published schema refuses (``"3"`` for a number, a field that it
    does not name) is refused here too.
    """
    try:
        text = json.dumps(document, ensure_ascii=False)
        return model.model_validate_json(text, strict=True, extra="forbid")
    except ValidationError as error:
        raise invalid(_faults(error)) from error


def invalid(faults: list[Fault]) -> Invalid:
    """The refusal that lists ``faults``."""
    number = len(faults)
    return Invalid(f"The submission has {number} fault{'s' if number > 1 else ''}.", faults)


def _faults(error: ValidationError) -> list[Fault]:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [Fault(pointer(e["loc"]), e["type"], _said(e)) for e in found[:MOST_FAULTS]]


def _said(error: Mapping[str, Any]) -> str:
    """What is wrong; of a moment also how one is written, for a day alone is the usual mistake."""
    if error["type"].startswith(("datetime", "timezone")):
        return f"{error['msg']}; write it as 2027-03-31T23:59:00+01:00"
    return str(error["msg"])


def pointer(location: tuple[int | str, ...]) -> str:
    """The RFC 6901 JSON Pointer of pydantic's ``location``."""
    steps = [str(step) for step in location if step != "[key]"]
    return "".join(
        "/" + step[:_LONGEST_STEP].replace("~", "~0").replace("/", "~1") for step in steps
    )
