"""Every example is good in every way in which a real record can be bad."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from schemas.envelope import from_record
from schemas.examples import EXAMPLES, Example
from schemas.generate import event_schemas
from schemas.topics import TOPICS

SCHEMAS = event_schemas()
MODELS = {name: model for topic in TOPICS for name, model in topic.events.items()}
KEYS = {name: topic.key for topic in TOPICS for name in topic.events}
CASES = [
    pytest.param(event_type, example, id=f"{event_type}: {example.title}")
    for event_type, examples in EXAMPLES.items()
    for example in examples
]


def _fields(data: object) -> set[str]:
    if isinstance(data, dict):
        return set(data) | {name for value in data.values() for name in _fields(value)}
    if isinstance(data, list):
        return {name for value in data for name in _fields(value)}
    return set()


def _written(event_type: str, example: Example) -> BaseModel:
    return MODELS[event_type].model_validate(example.data)


def test_every_event_type_has_an_example() -> None:
    assert EXAMPLES.keys() == MODELS.keys()


def test_no_two_examples_have_the_same_source_and_id() -> None:
    every = [(e.source, e.id) for examples in EXAMPLES.values() for e in examples]
    assert len(set(every)) == len(every)


@pytest.mark.parametrize(("event_type", "example"), CASES)
def test_an_example_is_valid_by_its_model_and_by_its_schema(
    event_type: str, example: Example
) -> None:
    _written(event_type, example)
    Draft202012Validator(
        SCHEMAS[event_type], format_checker=Draft202012Validator.FORMAT_CHECKER
    ).validate(example.data)


@pytest.mark.parametrize(("event_type", "example"), CASES)
def test_what_the_model_writes_is_valid_by_its_schema_and_reads_back_the_same(
    event_type: str, example: Example
) -> None:
    model = _written(event_type, example)
    written = model.model_dump_json()
    Draft202012Validator(SCHEMAS[event_type]).validate(json.loads(written))
    assert type(model).model_validate_json(written) == model


@pytest.mark.parametrize(("event_type", "example"), CASES)
def test_an_example_has_no_field_that_its_model_would_ignore(
    event_type: str, example: Example
) -> None:
    known = json.loads(_written(event_type, example).model_dump_json())
    assert _fields(example.data) <= _fields(known)


@pytest.mark.parametrize(("event_type", "example"), CASES)
def test_an_example_survives_the_envelope(event_type: str, example: Example) -> None:
    event = example.event(event_type)
    read = from_record(event.headers(), event.data)
    assert read == event
    assert MODELS[event_type].model_validate_json(read.data) == _written(event_type, example)


@pytest.mark.parametrize(("event_type", "example"), CASES)
def test_the_key_of_an_example_is_the_one_the_topic_names(
    event_type: str, example: Example
) -> None:
    key = KEYS[event_type]
    data = example.data
    expected = {
        "entry:id": lambda: f"{data['entry']}:{data['id']}",
        "need id": lambda: data["need_id"] if "need_id" in data else data["need"]["id"],
        "source": lambda: data.get("source", example.source),
    }.get(key, lambda: data[key])
    assert example.key == expected()
