"""The AsyncAPI 3.0 document of the hub, from the map of topics, the models and the examples.

One document for all services: every channel with its Kafka settings, and one operation for each
service that writes or reads it. Payloads stand under ``components.schemas`` in the dialect
that AsyncAPI takes by default, so that its tools read them without an extension.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from schemas.envelope import JSON, LONGEST_ATTRIBUTE
from schemas.examples import EXAMPLES, Example
from schemas.json_schema import Schema, shared_schemas
from schemas.topics import TOPICS, Topic, dead_letters

CONTRACT_VERSION = "1.0.0"
_BINDING = "0.5.0"
_SCHEMAS = "#/components/schemas/{model}"
_DEAD_LETTER = "dead-letter"
_DESCRIPTION = """\
Innovation cities publish demands and offers; the hub proposes them to the members of its \
cluster who can answer, carries the answers back, and introduces the two sides once both accept.

Every record is a CloudEvent 1.0 in Kafka binary mode. `ce_source` and `ce_id` repeated are the \
same event, so readers skip what they have seen. Readers ignore fields that they do not know. \
No event carries contact data, except a submission on its way in."""
_NOTES = {
    "dlq_reason": "Why it was refused, for people.",
    "dlq_subscriber": "The consumer that refused it.",
    "dlq_topic": "The topic it stood in.",
    "dlq_partition": "The partition it stood in, as a decimal number.",
    "dlq_offset": "Where it stood, as a decimal number.",
}
_BROKER = (
    "The broker of `docker compose up`. That of `jisr run` is on a port of its own, another at "
    "each start: `jisr status` shows it, JISR_KAFKA_PORT fixes it."
)
_SERVICES = {
    "intake": "The front door: validates, deduplicates and stores what systems send.",
    "matcher": "Decides who is proposed to whom.",
    "notifier": "Tells people, in their language, by their channels.",
    "city-systems": "Systems of innovation cities and of clusters, outside the hub.",
    "ops": "Those who run the hub.",
}


def _attribute(description: str, **more: Any) -> Schema:
    limits = {"minLength": 1, "maxLength": LONGEST_ATTRIBUTE}
    return {"type": "string", **limits, "description": description, **more}


def _headers(event_type: str) -> Schema:
    """The CloudEvents attributes as headers (CloudEvents Kafka binding 1.0, section 3.2.3)."""
    return {
        "type": "object",
        "properties": {
            "ce_specversion": {
                "type": "string",
                "const": "1.0",
                "description": "The version of CloudEvents.",
            },
            "ce_id": _attribute("Unique for its source; repeated, it is the same event."),
            "ce_source": _attribute("Who says it, as a URI reference.", format="uri-reference"),
            "ce_type": {
                "type": "string",
                "const": event_type,
                "description": "What kind of event it is.",
            },
            "ce_time": _attribute("When it happened.", format="date-time"),
            "ce_subject": _attribute("The id of what it is about."),
            "traceparent": _attribute(
                "The trace it belongs to (W3C Trace Context).",
                pattern="^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
            ),
            "content-type": {
                "type": "string",
                "default": JSON,
                "description": f"`{JSON}`, parameters allowed.",
            },
        },
        "required": ["ce_specversion", "ce_id", "ce_source", "ce_type"],
    }


def _example(event_type: str, example: Example) -> dict[str, Any]:
    event = example.event(event_type)
    return {
        "name": example.id,
        "summary": example.title,
        "headers": {name: value.decode() for name, value in event.headers()},
        "payload": json.loads(event.data),
    }


def _key(topic: Topic) -> dict[str, Any]:
    key = {"type": "string", "description": f"The record's key: {topic.key}."}
    return {"kafka": {"key": key, "bindingVersion": _BINDING}}


def _messages(topics: Iterable[Topic], schemas: dict[str, Schema]) -> dict[str, Any]:
    return {
        event_type: {
            "name": event_type,
            "title": model.__name__,
            "summary": schemas[model.__name__]["description"].split("\n\n")[0],
            "contentType": JSON,
            "headers": _headers(event_type),
            "payload": {"$ref": _SCHEMAS.format(model=model.__name__)},
            "bindings": _key(topic),
            "examples": [_example(event_type, one) for one in EXAMPLES[event_type]],
        }
        for topic in topics
        for event_type, model in topic.events.items()
    }


def _dead_letter() -> dict[str, Any]:
    headers = {name: {"type": "string", "description": text} for name, text in _NOTES.items()}
    return {
        "name": _DEAD_LETTER,
        "title": "Dead letter",
        "summary": "A record as it was: same key, same value, same headers, and five more.",
        "description": "Nothing is promised of the value: it may be what could not be read.",
        "headers": {"type": "object", "properties": headers, "required": list(headers)},
    }


def _channel(topic: Topic) -> dict[str, Any]:
    settings: dict[str, Any] = {"cleanup.policy": [topic.cleanup]}
    if topic.cleanup == "delete":
        settings["retention.ms"] = topic.retention_ms
    messages = topic.events or [_DEAD_LETTER]
    return {
        "address": topic.name,
        "title": topic.name,
        "description": topic.purpose,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": settings,
                "bindingVersion": _BINDING,
            }
        },
        "x-key": topic.key,
    }


def _operations(topic: Topic) -> dict[str, Any]:
    parts = [(service, "send") for service in topic.writers]
    parts += [(service, "receive") for service in topic.readers]
    channel = f"#/channels/{topic.name}"
    names = topic.events or [_DEAD_LETTER]
    return {
        f"{service}.{action}.{topic.name}": {
            "action": action,
            "channel": {"$ref": channel},
            "summary": f"{service} {'writes' if action == 'send' else 'reads'} {topic.name}.",
            "tags": [{"name": service}],
            "messages": [{"$ref": f"{channel}/messages/{name}"} for name in names],
        }
        for service, action in parts
    }


def document(topics: tuple[Topic, ...] = TOPICS) -> dict[str, Any]:
    """The whole document; ``topics`` are followed by their dead-letter topics."""
    every = (*topics, *dead_letters())
    models = [model for topic in topics for model in topic.events.values()]
    schemas = shared_schemas(list(dict.fromkeys(models)), _SCHEMAS)
    return {
        "asyncapi": "3.0.0",
        "id": "urn:jisr:hub",
        "info": {
            "title": "Jisr",
            "version": CONTRACT_VERSION,
            "description": _DESCRIPTION,
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
            "tags": [{"name": name, "description": text} for name, text in _SERVICES.items()],
        },
        "defaultContentType": JSON,
        "servers": {
            "local": {
                "host": "localhost:9092",
                "protocol": "kafka",
                "description": _BROKER,
            }
        },
        "channels": {topic.name: _channel(topic) for topic in every},
        "operations": {name: op for topic in every for name, op in _operations(topic).items()},
        "components": {
            "messages": {**_messages(topics, schemas), _DEAD_LETTER: _dead_letter()},
            "schemas": schemas,
        },
    }
