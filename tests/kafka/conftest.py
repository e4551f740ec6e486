"""What only Apache Kafka shows: acknowledgements, rebalances, and what outlives a kill -9."""

from __future__ import annotations

import pytest

from services.runtime.embedded import EmbeddedKafka, EmbeddedTansu


@pytest.fixture(autouse=True)
def apache_kafka(broker: EmbeddedKafka | EmbeddedTansu) -> None:
    """Skip where the broker of the run is the fallback."""
    if isinstance(broker, EmbeddedTansu):
        pytest.skip("Tansu keeps neither its log over a restart nor groups as Apache Kafka does")
