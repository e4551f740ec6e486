"""JSON Schema 2020-12 documents of the events, from their pydantic models.

The schemas describe what a reader accepts (pydantic's validation mode): a field with a default
is optional. Where pydantic's own output says less than the model checks, or uses words of
OpenAPI that are no JSON Schema, it is put right here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from schemas.glossary import meaning
from schemas.topics import Topic

Schema: TypeAlias = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NOT_BLANK = r"\S"
_DEFS = "#/$defs/{model}"


class _EventSchema(GenerateJsonSchema):
    """Pydantic's generator without a title for each field, and true to the blanks it strips."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """Never: "Demand Id" says nothing that ``demand_id`` does not."""
        return False

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """A text that is stripped and then must not be empty must hold more than blanks."""
        written = super().str_schema(schema)
        if schema.get("strip_whitespace") and schema.get("min_length") and "pattern" not in written:
            written["pattern"] = _NOT_BLANK
        return written

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """A plain ``oneOf``: ``discriminator`` belongs to OpenAPI, and the tags say as much."""
        written = super().tagged_union_schema(schema)
        del written["discriminator"]
        return written


def _finish(document: Schema) -> Schema:
    """Give each field of each model its meaning, and each tag its place among the required."""
    for model in (document, *document.get("$defs", {}).values()):
        for field, schema in model.get("properties", {}).items():
            said = schema.get("description") or meaning(model.get("title", ""), field)
            if said is not None:
                schema["description"] = said
            if "const" in schema:
                _require_tag(model, field)
    for part in walk(document):
        if isinstance(part.get("description"), str):
            part["description"] = _markdown(part["description"])
    return document


def _require_tag(model: Schema, field: str) -> None:
    """A tag has a default for those who build the model; in a union it must be written."""
    model["properties"][field].pop("default", None)
    required = model.setdefault("required", [])
    if field not in required:
        required.insert(0, field)


def _markdown(docstring: str) -> str:
    """One paragraph on one line: docstrings are wrapped, and quote code, for the source."""
    paragraphs = docstring.replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def walk(value: Any) -> Iterator[Schema]:
    """Every object inside ``value``, itself first."""
    if isinstance(value, dict):
        yield value
        for child in value.values():
            yield from walk(child)
    elif isinstance(value, list):
        for child in value:
            yield from walk(child)


def urn(event_type: str) -> str:
    """The ``$id`` of an event type's schema: a name, not an address to fetch."""
    return f"urn:jisr:event:{event_type}"


def event_schema(event_type: str, topic: Topic, examples: list[Any]) -> Schema:
    """The self-contained document of one event type."""
    model = topic.events[event_type]
    document = _finish(model.model_json_schema(schema_generator=_EventSchema))
    head = {
        "$schema": DIALECT,
        "$id": urn(event_type),
        "title": event_type,
        "description": f"{document.pop('description')}\n\nTopic {topic.name}, key: {topic.key}.",
    }
    document.pop("title", None)
    return {**head, **document, "examples": examples}


def body_schema(event_type: str, model: type[BaseModel]) -> Schema:
    """The self-contained document of one type of webhook body."""
    document = _finish(model.model_json_schema(schema_generator=_EventSchema))
    document.pop("title", None)
    head = {"$schema": DIALECT, "$id": f"urn:jisr:webhook:{event_type}", "title": event_type}
    return {**head, **document}


def shared_schemas(models: list[type[BaseModel]], ref_template: str = _DEFS) -> dict[str, Schema]:
    """The schemas of ``models`` and of all that they use, by name, each written once."""
    generate: Callable[..., tuple[Any, Schema]] = models_json_schema
    _, document = generate(
        [(model, "validation") for model in models],
        ref_template=ref_template,
        schema_generator=_EventSchema,
    )
    return dict(_finish(document)["$defs"])
