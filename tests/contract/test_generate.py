"""The generated documents: committed as generated, and valid by the standards they name."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from schemas import asyncapi, generate
from schemas.glossary import MEANINGS, meaning
from schemas.json_schema import walk
from schemas.topics import DEMANDS, TOPICS, dead_letters
from services.runtime.records import Unreadable, dead_letter

DATA = Path(__file__).parent / "data"
SCHEMAS = generate.event_schemas()
DOCUMENT = asyncapi.document()


def _resolve(reference: str) -> Any:
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_what_is_committed_is_what_the_code_says() -> None:
    assert generate.main(["--check"]) == 0


def test_generating_twice_gives_the_same_bytes() -> None:
    assert generate.documents() == generate.documents()


@pytest.mark.parametrize("event_type", SCHEMAS)
def test_an_event_schema_is_valid_json_schema_2020_12(event_type: str) -> None:
    schema = SCHEMAS[event_type]
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)


def test_no_schema_leans_on_the_discriminator_of_openapi() -> None:
    assert not [part for part in walk(SCHEMAS) if "discriminator" in part]


def test_an_entry_of_the_directory_must_say_what_it_is() -> None:
    validator = Draft202012Validator(SCHEMAS["jisr.directory.changed"])
    cluster = {"id": "x", "names": {"fr": "X"}, "tier": "own", "field": "ICT"}
    assert validator.is_valid({"entry": "cluster", **cluster})
    assert not validator.is_valid(cluster)


def test_a_title_of_blanks_is_refused_by_the_schema_as_by_the_model() -> None:
    schema = SCHEMAS["jisr.demand.submitted"]["properties"]["title"]
    assert not Draft202012Validator(schema).is_valid("  ")
    assert Draft202012Validator(schema).is_valid(" خبير ")


def test_every_event_type_has_one_schema_and_every_schema_a_unique_id() -> None:
    types = [event_type for topic in TOPICS for event_type in topic.events]
    assert list(SCHEMAS) == types
    assert len({schema["$id"] for schema in SCHEMAS.values()}) == len(types)


def test_every_field_says_what_it_means() -> None:
    silent = [
        f"{model}.{field}"
        for model, schema in DOCUMENT["components"]["schemas"].items()
        for field, part in schema.get("properties", {}).items()
        if not part.get("description")
    ]
    assert not silent, f"add to schemas/glossary.py: {', '.join(silent)}"


def test_the_glossary_holds_no_field_that_is_gone() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    fields = {(m, f) for m, schema in schemas.items() for f in schema.get("properties", {})}
    spoken = {f"{m}.{f}" for m, f in fields} | {f for _, f in fields}
    assert not MEANINGS.keys() - spoken


def test_a_model_s_own_word_goes_before_the_common_one() -> None:
    assert meaning("Rejection", "title") != meaning("Demand", "title")
    assert meaning("Demand", "no-such-field") is None


def test_the_asyncapi_document_is_valid_asyncapi_3() -> None:
    official = json.loads((DATA / "asyncapi-3.0.0.json").read_text(encoding="utf-8"))
    errors = [
        f"{error.json_path}: {error.message[:300]}"
        for error in Draft7Validator(official).iter_errors(DOCUMENT)
    ]
    assert not errors


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    for part in walk(DOCUMENT):
        if isinstance(part.get("$ref"), str):
            assert _resolve(part["$ref"])


def test_every_topic_and_every_dead_letter_topic_is_a_channel() -> None:
    assert list(DOCUMENT["channels"]) == [t.name for t in (*TOPICS, *dead_letters())]


def test_every_writer_and_reader_of_a_topic_has_its_operation() -> None:
    for topic in (*TOPICS, *dead_letters()):
        for service in topic.writers:
            assert DOCUMENT["operations"][f"{service}.send.{topic.name}"]["action"] == "send"
        for service in topic.readers:
            assert DOCUMENT["operations"][f"{service}.receive.{topic.name}"]["action"] == "receive"


def test_the_payloads_of_the_asyncapi_document_are_valid_in_its_older_dialect_too() -> None:
    # AsyncAPI takes draft-07 by default, where the siblings of a $ref mean nothing: none of
    # them may carry a rule.
    annotations = {"$ref", "description", "default"}
    for part in walk(DOCUMENT["components"]["schemas"]):
        if isinstance(part.get("$ref"), str):
            assert part.keys() <= annotations
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)


def _run(folder: Path, *arguments: str) -> int:
    return generate.main(arguments, folder / "generated", folder / "history")


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    """What the models say, which is the same for every command; to ask them takes a while."""
    return generate.documents()


@pytest.fixture
def asked_once(monkeypatch: pytest.MonkeyPatch, generated: dict[str, str]) -> None:
    monkeypatch.setattr(generate, "documents", lambda: generated)
    monkeypatch.setattr(generate, "event_schemas", lambda: SCHEMAS)


def test_the_headers_of_a_dead_letter_are_those_that_are_added_to_it() -> None:
    record = SimpleNamespace(partition=0, offset=1, key=b"k", value=b"?", headers=())
    letter = dead_letter(DEMANDS, Unreadable(cast(Any, record), "why"), "matcher")
    headers = DOCUMENT["components"]["messages"]["dead-letter"]["headers"]
    assert list(headers["properties"]) == [name for name, _ in letter.headers]


@pytest.mark.usefixtures("asked_once")
class TestCheck:
    """``--check`` in a folder of its own."""

    def test_it_passes_on_what_was_just_written(self, tmp_path: Path) -> None:
        assert _run(tmp_path, "--release") == 0
        assert _run(tmp_path, "--check") == 0

    def test_it_shows_what_differs_and_the_command_to_run(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        _run(tmp_path, "--release")
        path = tmp_path / "generated" / "topics.md"
        path.write_text(path.read_text().replace("jisr.demands.v1", "jisr.wishes.v1"))
        assert _run(tmp_path, "--check") == 1
        said = capsys.readouterr().err
        assert "topics.md: differs" in said
        assert "+| `jisr.demands.v1`" in said
        assert "Run: python -m schemas.generate" in said

    def test_it_fails_on_a_missing_document(self, tmp_path: Path) -> None:
        _run(tmp_path, "--release")
        (tmp_path / "generated" / "asyncapi.json").unlink()
        assert _run(tmp_path, "--check") == 1

    def test_it_fails_on_a_document_left_over_and_generating_removes_it(
        self, tmp_path: Path
    ) -> None:
        _run(tmp_path, "--release")
        stray = tmp_path / "generated" / "jsonschema" / "jisr.gone.json"
        stray.write_text("{}")
        assert _run(tmp_path, "--check") == 1
        _run(tmp_path)
        assert not stray.exists()
        assert _run(tmp_path, "--check") == 0

    def test_it_fails_on_a_schema_that_is_not_published(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        _run(tmp_path)
        assert _run(tmp_path, "--check") == 1
        assert "Run: python -m schemas.generate --release" in capsys.readouterr().err


@pytest.mark.usefixtures("asked_once")
class TestRelease:
    """``--release`` in a folder of its own."""

    def test_what_has_not_changed_is_not_published_again(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        _run(tmp_path, "--release")
        assert "jisr.demand.changed: version 1" in capsys.readouterr().out
        _run(tmp_path, "--release")
        assert not capsys.readouterr().out

    def test_a_compatible_change_is_the_next_version(self, tmp_path: Path) -> None:
        _run(tmp_path, "--release")
        first = tmp_path / "history" / "jisr.demand.changed" / "1.json"
        schema = json.loads(first.read_text())
        del schema["properties"]["summary"]
        first.write_text(json.dumps(schema))
        assert _run(tmp_path, "--release") == 0
        assert first.with_name("2.json").exists()

    def test_a_break_is_told_and_nothing_is_published(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        _run(tmp_path, "--release")
        first = tmp_path / "history" / "jisr.demand.changed" / "1.json"
        schema = json.loads(first.read_text())
        schema["required"].remove("title")
        first.write_text(json.dumps(schema))
        assert _run(tmp_path, "--release") == 1
        assert "backward: /properties/title: may be absent" in capsys.readouterr().err
        assert not first.with_name("2.json").exists()
