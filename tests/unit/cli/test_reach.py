"""Which hub a command of the same folder speaks to."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.cli import reach
from services.cli.errors import CommandFailed
from services.cli.place import DEMO, RunningHub, hold

MAIN = RunningHub(1, "127.0.0.1:1", "postgresql://main", {"intake": "http://main"})
SHOW = RunningHub(2, "127.0.0.1:2", "postgresql://show", {"intake": "http://show"})


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JISR_VAR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    return tmp_path


def test_a_demo_that_serves_alone_is_found_and_a_hub_goes_before_it(var: Path) -> None:
    with hold(var / DEMO) as demo:
        demo.tell(SHOW)
        settings = reach.load()
        assert reach.database_of(settings) == "postgresql://show"
        assert reach.broker_of(settings) == "127.0.0.1:2"
        assert reach.address_of(settings, "intake") == "http://show"
        with hold(var) as place:
            place.tell(MAIN)
            settings = reach.load()
            assert reach.database_of(settings) == "postgresql://main"
            assert reach.address_of(settings, "intake") == "http://main"


def test_where_nothing_serves_it_is_said_what_could_lead_to_a_hub(var: Path) -> None:
    settings = reach.load()
    with pytest.raises(CommandFailed, match="JISR_VAR to the folder of a hub that runs"):
        reach.database_of(settings)
