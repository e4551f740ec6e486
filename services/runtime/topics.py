"""Creates the topics of `schemas.topics` and compares what exists with them."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from schemas.topics import TOPICS, Topic, dead_letters
from services.runtime.exceptions import BrokerUnreachable, TopicMismatch

logger = logging.getLogger(__name__)
_EXISTS = 36  # TOPIC_ALREADY_EXISTS, Kafka protocol error codes


def wanted_config(topic: Topic) -> dict[str, str]:
    """The settings that ``topic`` is created with and compared by."""
    if topic.cleanup == "compact":
        return {"cleanup.policy": "compact"}
    return {"cleanup.policy": "delete", "retention.ms": str(topic.retention_ms)}


async def connect(bootstrap_servers: str, limit: float = 30.0) -> AIOKafkaAdminClient:
    """An admin client; raises `BrokerUnreachable` after ``limit`` seconds of trying."""
    end = time.monotonic() + limit
    while True:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=bootstrap_servers, client_id="jisr-admin", request_timeout_ms=10_000
        )
        try:
            await admin.start()
        except (KafkaError, OSError) as error:
            await admin.close()
            if time.monotonic() > end:
                raise BrokerUnreachable(
                    f"{bootstrap_servers} ({error}); check KAFKA_BOOTSTRAP_SERVERS"
                ) from error
            await asyncio.sleep(0.3)
        else:
            return admin


def all_topics(prefix: str = "") -> tuple[Topic, ...]:
    """Every topic of the hub, dead letters too, under the names that the broker has."""
    topics = (*TOPICS, *dead_letters())
    return tuple(replace(topic, name=prefix + topic.name) for topic in topics)


async def ensure(
    bootstrap_servers: str, replication_factor: int = 1, prefix: str = ""
) -> list[str]:
    """Create what is missing; returns the names created.

    Raises `TopicMismatch` naming each existing topic whose partitions or cleanup differ, for
    those decide whether a key stays in order and a state stays kept.
    """
    topics = all_topics(prefix)
    admin = await connect(bootstrap_servers)
    try:
        created = await _create(admin, topics, replication_factor)
        existing = [topic for topic in topics if topic.name not in created]
        differences = await compare(admin, existing)
    finally:
        await admin.close()
    if differences:
        raise TopicMismatch("; ".join(differences))
    return created


async def _create(
    admin: AIOKafkaAdminClient, topics: tuple[Topic, ...], replication_factor: int
) -> list[str]:
    present = set(await admin.list_topics())
    missing = [topic for topic in topics if topic.name not in present]
    if not missing:
        return []
    response = await admin.create_topics(
        [
            NewTopic(
                name=topic.name,
                num_partitions=topic.partitions,
                replication_factor=replication_factor,
                topic_configs=wanted_config(topic),
            )
            for topic in missing
        ],
        timeout_ms=20_000,
    )
    for name, code, *detail in response.topic_errors:
        if code not in (0, _EXISTS):
            raise BrokerUnreachable(f"topic {name} not created: {for_code(code)} {detail}")
    return [topic.name for topic in missing]


async def compare(admin: AIOKafkaAdminClient, topics: list[Topic]) -> list[str]:
    """One sentence for each difference between ``topics`` and what the broker has."""
    if not topics:
        return []
    differences: list[str] = []
    described = {t["topic"]: t for t in await admin.describe_topics([t.name for t in topics])}
    configs = await _configs(admin, topics)
    for topic in topics:
        partitions = len(described[topic.name]["partitions"])
        if partitions != topic.partitions:
            differences.append(
                f"{topic.name} has {partitions} partitions, expected {topic.partitions}"
            )
        policy = configs.get(topic.name, {}).get("cleanup.policy")
        if policy is not None and policy != topic.cleanup:
            differences.append(
                f"{topic.name} has cleanup.policy={policy}, expected {topic.cleanup}"
            )
    return differences


async def _configs(
    admin: AIOKafkaAdminClient, topics: list[Topic]
) -> dict[str, dict[str, str | None]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics]
    found: dict[str, dict[str, str | None]] = {}
    for response in await admin.describe_configs(resources):
        for resource in response.resources:
            name, entries = resource[3], resource[4]
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


async def cluster_id(bootstrap_servers: str) -> str | None:
    """The broker's own cluster id, by which a lost cluster is told from the old one."""
    admin = await connect(bootstrap_servers)
    try:
        described: dict[str, Any] = await admin.describe_cluster()
    finally:
        await admin.close()
    identifier = described.get("cluster_id")
    return str(identifier) if identifier else None
