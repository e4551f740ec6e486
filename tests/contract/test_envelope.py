"""The envelope: what is written is read back, and no bytes whatever break the reader."""

from __future__ import annotations

import string
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.envelope import LONGEST_ATTRIBUTE, CloudEvent, EnvelopeError, from_record

KNOWN = {"specversion", "id", "source", "type", "time", "subject"}
REQUIRED = ("ce_specversion", "ce_id", "ce_source", "ce_type")

# At most 4 bytes each in UTF-8; categories Cc and Cs are what CloudEvents forbids.
texts = st.text(
    st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=LONGEST_ATTRIBUTE // 4
)
offsets = st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(
    lambda offset: timezone(timedelta(minutes=offset // timedelta(minutes=1)))
)
# A day inside the calendar's two ends, so that every one of them is a moment in UTC as well.
moments = st.datetimes(
    datetime(1, 1, 2),  # noqa: DTZ001 - hypothesis takes bounds without an offset
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=offsets,
)
names = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=20)
events = st.builds(
    CloudEvent,
    id=texts,
    source=texts,
    type=texts,
    data=st.binary(max_size=200),
    time=st.none() | moments,
    subject=st.none() | texts,
    traceparent=st.none() | texts,
    content_type=st.sampled_from(["application/json", "Application/JSON; charset=utf-8"]),
    extensions=st.dictionaries(names.filter(lambda name: name not in KNOWN), texts, max_size=3),
)

GOOD = CloudEvent(id="1", source="fes-city", type="jisr.demand.submitted", data=b"{}")
header_names = st.sampled_from(
    [name for name, _ in GOOD.headers()] + ["ce_time", "ce_subject", "CE_ID", "traceparent", "ce_"]
)
header_values = st.none() | st.binary() | texts.map(str.encode) | st.just(b"1.0")
times = st.sampled_from(
    [b"2026-03-02T09:12:04Z", b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00"]
)


def _reason(headers: list[tuple[str, bytes | None]], value: bytes | None = b"{}") -> str:
    with pytest.raises(EnvelopeError) as caught:
        from_record(headers, value)
    return caught.value.attribute


@given(events)
def test_an_event_reads_back_as_it_was_written(event: CloudEvent) -> None:
    assert from_record(event.headers(), event.data) == event


@given(events)
def test_the_names_of_headers_may_be_in_any_case_and_order(event: CloudEvent) -> None:
    headers = [(name.upper(), value) for name, value in reversed(event.headers())]
    assert from_record(headers, event.data) == event


@given(events)
def test_headers_are_the_same_each_time_and_each_name_stands_once(event: CloudEvent) -> None:
    headers = event.headers()
    assert headers == event.headers()
    assert len({name for name, _ in headers}) == len(headers)


@given(events, st.dictionaries(names.map("x-{}".format), st.binary()))
def test_headers_of_others_are_let_be(event: CloudEvent, others: dict[str, bytes]) -> None:
    assert from_record([*others.items(), *event.headers()], event.data) == event


@given(
    st.lists(
        st.tuples(header_names | st.text(), header_values) | st.tuples(st.just("ce_time"), times)
    ),
    st.none() | st.binary(),
)
def test_no_bytes_raise_anything_but_an_envelope_error(
    headers: list[tuple[str, bytes | None]], value: bytes | None
) -> None:
    with suppress(EnvelopeError):
        from_record(headers, value)


@given(header_names, header_values | times)
def test_one_wrong_header_among_good_ones_raises_nothing_but_an_envelope_error(
    name: str, value: bytes | None
) -> None:
    with suppress(EnvelopeError):
        event = from_record([*GOOD.headers(), (name, value)], b"{}")
        # What was taken can be sent on: by a relay, or back from a dead-letter topic.
        assert from_record(event.headers(), event.data) == event


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_required_attribute_that_is_missing_or_empty_is_named(missing: str) -> None:
    others = [(name, value) for name, value in GOOD.headers() if name != missing]
    assert _reason(list(others)) == missing
    assert _reason([*others, (missing, b"")]) == missing


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_specversion", b"0.3"),
        ("ce_time", b"yesterday"),
        ("ce_time", b"2026-03-02T09:12:04"),
        ("ce_time", b"0001-01-01T00:00:00+14:00"),
        ("ce_id", b"\xff\xfe"),
        ("ce_id", None),
        ("ce_id", b"a\x00b"),
        ("ce_subject", b"line\nline"),
        ("ce_subject", b"x" * (LONGEST_ATTRIBUTE + 1)),
        ("ce_anything", b"\xff"),
        ("content-type", b"application/cloudevents+json"),
        ("content-type", b"text/plain"),
    ],
)
def test_a_header_that_cannot_be_right_is_named(name: str, value: bytes | None) -> None:
    assert _reason([*GOOD.headers(), (name, value)]) == name


def test_a_record_without_a_value_is_a_tombstone_and_no_event() -> None:
    assert _reason(list(GOOD.headers()), None) == "data"


def test_json_is_meant_when_no_content_type_is_given() -> None:
    headers = [(name, value) for name, value in GOOD.headers() if name != "content-type"]
    assert from_record(headers, b"{}").content_type == "application/json"


def test_times_are_written_in_utc() -> None:
    moment = datetime(2026, 3, 2, 10, 12, 4, tzinfo=timezone(timedelta(hours=1)))
    event = CloudEvent(id="1", source="s", type="t", data=b"", time=moment)
    assert ("ce_time", b"2026-03-02T09:12:04Z") in event.headers()
    assert from_record(event.headers(), b"").time == moment.astimezone(UTC)
