"""What the log says of a broker without a coordinator of groups."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from aiokafka.errors import GroupAuthorizationFailedError, GroupCoordinatorNotAvailableError

from services.runtime import telemetry

LOGGER = logging.getLogger("aiokafka.consumer.group_coordinator")
WORDS = "Group Coordinator Request failed: %s"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    telemetry.starting(0)


def test_a_coordinator_that_is_missing_at_the_start_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    telemetry.starting()
    LOGGER.error(WORDS, GroupCoordinatorNotAvailableError())
    assert not caplog.records


def test_a_coordinator_that_is_missing_later_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    telemetry.starting(0)
    LOGGER.error(WORDS, GroupCoordinatorNotAvailableError())
    assert "CoordinatorNotAvailable" in caplog.text


def test_another_fault_of_a_coordinator_is_logged_at_the_start_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    telemetry.starting()
    LOGGER.error(WORDS, GroupAuthorizationFailedError("jisr-intake"))
    LOGGER.warning("Heartbeat failed for group %s because it is rebalancing", "jisr-intake")
    assert len(caplog.records) == 2
