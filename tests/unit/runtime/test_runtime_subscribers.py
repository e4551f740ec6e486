"""Every subscriber of every service, as the design's section 9 wants it."""

from __future__ import annotations

import importlib

import pytest
from faststream import AckPolicy
from faststream.kafka.subscriber.usecase import LogicSubscriber

from schemas.topics import TOPICS, dead_letters
from services.runtime.service import Service
from services.runtime.settings import Settings

SERVICES = ("intake", "matcher", "notifier")
PREFIX = "t1."


def created(name: str) -> Service:
    """A service that was made and not started."""
    settings = Settings(_env_file=None, embedder="lexical", topic_prefix=PREFIX)
    service: Service = importlib.import_module(f"services.{name}.app").create_app(settings)
    return service


def topic_of(subscriber: LogicSubscriber) -> str:
    """The one topic that it takes."""
    (topic,) = subscriber.topics
    return str(getattr(topic, "name", topic))


def subscribers(name: str) -> list[LogicSubscriber]:
    """All of a service."""
    found = created(name).broker().subscribers
    return [one for one in found if isinstance(one, LogicSubscriber)]


# In an order of their own: FastStream keeps them in a set, and workers must collect the same.
SUBSCRIBERS: list[tuple[str, LogicSubscriber]] = [
    (name, subscriber)
    for name in SERVICES
    for subscriber in sorted(subscribers(name), key=topic_of)
]
every = pytest.mark.parametrize(
    ("service", "subscriber"),
    SUBSCRIBERS,
    ids=[f"{name} {topic_of(subscriber)}" for name, subscriber in SUBSCRIBERS],
)


def test_each_service_has_subscribers() -> None:
    assert {name for name, _ in SUBSCRIBERS} == set(SERVICES)


@every
def test_what_fails_is_given_back(service: str, subscriber: LogicSubscriber) -> None:
    assert subscriber.ack_policy is AckPolicy.NACK_ON_ERROR


@every
def test_a_new_group_begins_with_the_earliest_record(
    service: str, subscriber: LogicSubscriber
) -> None:
    assert subscriber._connection_args["auto_offset_reset"] == "earliest"
    assert subscriber._connection_args["enable_auto_commit"] is False


@every
def test_records_are_taken_in_batches(service: str, subscriber: LogicSubscriber) -> None:
    assert type(subscriber).__name__ == "BatchSubscriber"


@every
def test_a_group_is_of_one_service_and_one_topic(service: str, subscriber: LogicSubscriber) -> None:
    assert subscriber.group_id is not None
    assert subscriber.group_id.startswith(f"{PREFIX}jisr-{service}")
    others = [s.group_id for _, s in SUBSCRIBERS if s is not subscriber]
    assert subscriber.group_id not in others


@every
def test_what_is_taken_is_in_the_map_of_topics(service: str, subscriber: LogicSubscriber) -> None:
    known = {PREFIX + topic.name: topic for topic in TOPICS}
    assert service in known[topic_of(subscriber)].readers


def test_everything_that_is_taken_has_a_topic_for_its_dead_letters() -> None:
    kept = {topic.name for topic in dead_letters()}
    taken = {topic_of(subscriber).removeprefix(PREFIX) for _, subscriber in SUBSCRIBERS}
    tables = {table.topic.name for name in SERVICES for table in created(name).tables}
    assert {f"{name}.dlq" for name in taken | tables} <= kept


@pytest.mark.parametrize("service", SERVICES)
def test_the_inbox_remembers_by_the_service(service: str) -> None:
    """`recovery` looks there for what a service has not processed."""
    assert {s.group for s in created(service).subscriptions} == {f"jisr-{service}"}
