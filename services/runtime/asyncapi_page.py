"""The AsyncAPI document as one page of HTML for people.

Everything is in the page: no script, no request to anywhere, so it works offline and under the
Content-Security-Policy in `CONTENT_SECURITY_POLICY`. FastStream's own page loads its script
from a content delivery network.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from services.runtime.asyncapi_fields import Group, Schema, groups, resolve

CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'self' 'unsafe-inline'"
"""What the page needs, to be sent as its header."""

_DAY_MS = 24 * 3600 * 1000
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Example:
    """One record: ``headers`` as name and value, ``payload`` as JSON text."""

    title: str
    headers: dict[str, str]
    payload: str


@dataclass(frozen=True)
class Message:
    """One kind of event on a topic."""

    name: str
    summary: str
    groups: tuple[Group, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Channel:
    """One topic, who writes and reads it, and how the broker keeps it."""

    name: str
    purpose: str
    key: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    cleanup: str
    partitions: int
    messages: tuple[Message, ...]


def render(document: dict[str, Any]) -> str:
    """The page of ``document``, an AsyncAPI 3.0 document as `schemas.asyncapi` makes it."""
    channels = [_channel(name, document) for name in document["channels"]]
    return (
        _environment()
        .get_template("asyncapi.html")
        .render(
            info=document["info"],
            servers=document.get("servers", {}),
            channels=[channel for channel in channels if channel.messages],
            dead_letters=[channel for channel in channels if not channel.messages],
            envelope=_envelope(document),
            notes=_notes(document),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("services.runtime"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(prose=prose, breakable=breakable)
    return environment


def prose(text: str) -> Markup:
    """Paragraphs and `code` of CommonMark, all that the descriptions use; the rest is escaped."""
    paragraphs = (_CODE.sub(r"<code>\1</code>", str(escape(part))) for part in text.split("\n\n"))
    return Markup("<br>").join(Markup(paragraph) for paragraph in paragraphs)  # noqa: S704


def breakable(path: str) -> Markup:
    """A field's path with the places where a narrow column may break it."""
    return Markup(re.sub(r"([._])", r"\1<wbr>", str(escape(path))))  # noqa: S704


def _channel(name: str, document: Schema) -> Channel:
    channel = document["channels"][name]
    kafka = channel["bindings"]["kafka"]
    settings = kafka["topicConfiguration"]
    cleanup = ", ".join(settings["cleanup.policy"])
    if "retention.ms" in settings:
        cleanup += f" after {settings['retention.ms'] / _DAY_MS:g} days"
    messages = [resolve(message, document) for message in channel["messages"].values()]
    return Channel(
        name=channel["address"],
        purpose=channel["description"],
        key=channel["x-key"],
        writers=_parties("send", name, document),
        readers=_parties("receive", name, document),
        cleanup=cleanup,
        partitions=kafka["partitions"],
        messages=tuple(_message(m, document) for m in messages if "payload" in m),
    )


def _parties(action: str, channel: str, document: Schema) -> tuple[str, ...]:
    """Who does ``action`` on ``channel``; the tag of an operation names its service."""
    return tuple(
        operation["tags"][0]["name"]
        for operation in document["operations"].values()
        if operation["action"] == action and operation["channel"]["$ref"] == f"#/channels/{channel}"
    )


def _message(message: Schema, document: Schema) -> Message:
    return Message(
        name=message["name"],
        summary=message["summary"],
        groups=groups(message["payload"], document),
        examples=tuple(
            Example(
                title=example["summary"],
                headers=example["headers"],
                payload=json.dumps(example["payload"], ensure_ascii=False, indent=2),
            )
            for example in message.get("examples", ())
        ),
    )


def _envelope(document: Schema) -> Group:
    """The headers, which are the same for every message but for the value of ``ce_type``."""
    messages = document["components"]["messages"].values()
    headers = next(message["headers"] for message in messages if "payload" in message)
    type_ = {"type": "string", "description": "The type of the event, as in the headings below."}
    common = {**headers, "properties": {**headers["properties"], "ce_type": type_}}
    return groups(common, document)[0]


def _notes(document: Schema) -> tuple[Group, ...]:
    """The headers that are added to a dead letter: those of the message that has no payload."""
    messages = document["components"]["messages"].values()
    return tuple(groups(m["headers"], document)[0] for m in messages if "payload" not in m)
