"""A record is an event of its topic, or there is a reason why not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import RESPONSES
from services.runtime.records import Received, Unreadable, dead_letter, read
from tests.unit.runtime.records import TYPE, good, record, response

VALID = response().model_dump_json().encode()


def test_an_event_keeps_its_data_and_its_place() -> None:
    found = read(good(7), RESPONSES, raw=False)
    assert isinstance(found, Received)
    assert (found.event.id, found.data, found.key) == ("e-7", response(7), b"d-1")
    assert (found.topic, found.partition, found.offset) == (RESPONSES.name, 2, 7)


def test_a_raw_subscription_reads_the_data_itself() -> None:
    found = read(record(b"anything", event_type="jisr.unheard.of"), RESPONSES, raw=True)
    assert isinstance(found, Received)
    assert (found.data, found.event.data) == (None, b"anything")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (record(VALID, event_type="jisr.unheard.of"), "does not carry the type 'jisr.unheard.of'"),
        (record(b"{"), f"{TYPE}: /: Invalid JSON"),
        (record(b'{"a": "\xff"}'), f"{TYPE}: /: Invalid JSON"),
        (record(b"[" * 1_000_000), f"{TYPE}: /: Invalid JSON"),
        (record(b'{"a":' * 200_000), f"{TYPE}: /: Invalid JSON"),
        (record(b"null"), "Input should be"),
        (record(b"{}"), "/response_id: Field required"),
        (record(VALID.replace(b'"accept"', b'"maybe"')), "/answer: Input should be"),
        (record(None), "the record has no value"),
        (record(VALID, headers=[]), "ce_specversion: missing"),
        (record(VALID, headers=[("ce_id", b"\xff")]), "ce_id: not UTF-8"),
    ],
)
def test_what_is_no_event_of_the_topic_has_a_reason(bad: object, reason: str) -> None:
    found = read(bad, RESPONSES, raw=False)
    assert isinstance(found, Unreadable)
    assert reason in found.reason


def test_a_reason_names_a_few_faults_and_no_content() -> None:
    many = b'{"by": {"type": "x-secret-x", "id": ""}, "answer": "x-secret-x", "via": 1}'
    found = read(record(many), RESPONSES, raw=False)
    assert isinstance(found, Unreadable)
    assert found.reason.count(": ") <= 12
    assert "x-secret-x" not in found.reason


headers = st.lists(
    st.tuples(
        st.sampled_from(["ce_id", "ce_type", "ce_source", "ce_time", "content-type", "x"]),
        st.one_of(st.none(), st.binary(max_size=20)),
    )
)


@given(st.one_of(st.none(), st.binary(max_size=200)), headers)
def test_reading_never_raises(value: bytes | None, found: list[tuple[str, bytes]]) -> None:
    assert read(record(value, found), RESPONSES, raw=False) is not None


def test_a_dead_letter_is_the_record_with_why_and_where() -> None:
    bad = record(b"{", headers=[("ce_id", b"\xff"), ("x", b"y")], offset=9)
    letter = dead_letter(RESPONSES, Unreadable(bad, "because"), "jisr-matcher")
    assert (letter.topic, letter.key, letter.value) == (RESPONSES.dlq, b"d-1", b"{")
    assert letter.headers[:2] == [("ce_id", b"\xff"), ("x", b"y")]
    assert dict(letter.headers[2:]) == {
        "dlq_reason": b"because",
        "dlq_subscriber": b"jisr-matcher",
        "dlq_topic": RESPONSES.name.encode(),
        "dlq_partition": b"2",
        "dlq_offset": b"9",
    }


def test_the_original_topic_of_a_dead_letter_is_named_without_the_hubs_prefix() -> None:
    bad = record(b"{")
    bad.topic = "t1." + RESPONSES.name
    letter = dead_letter(RESPONSES, Unreadable(bad, "because"), "jisr-matcher")
    assert dict(letter.headers)["dlq_topic"] == RESPONSES.name.encode()


@pytest.mark.parametrize("where", ["value", "key", "headers"])
def test_a_dead_letter_goes_through_a_broker_whatever_is_large_in_it(where: str) -> None:
    large = b"x" * 5_000_000
    bad = record(large if where == "value" else b"{", headers=[])
    if where == "key":
        bad.key = large
    elif where == "headers":
        bad.headers = tuple((f"h{n}" * 500, b"x" * 1_000) for n in range(5_000))
    letter = dead_letter(RESPONSES, Unreadable(bad, "because"), "jisr-matcher")
    size = len(letter.key or b"") + len(letter.value or b"")
    size += sum(len(name) + len(value) for name, value in letter.headers)
    assert size < 1_000_000
    reason = dict(letter.headers)["dlq_reason"].decode()
    assert reason.startswith("cut from ")
    assert reason.endswith("because")
