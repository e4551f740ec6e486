"""What only the real thing shows: acks, rebalances, processes that die. Apache Kafka or nothing."""

from __future__ import annotations

import pytest

from services.runtime.embedded import EmbeddedKafka, EmbeddedTansu


@pytest.fixture(autouse=True)
def _on_apache_kafka(broker: EmbeddedKafka | EmbeddedTansu) -> None:
    if not isinstance(broker, EmbeddedKafka):
        pytest.skip("Tansu keeps to another group protocol: members that die stay in their group")
