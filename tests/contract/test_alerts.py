"""ops/alerts.yml: rules that Prometheus takes, about metrics that there are, as the docs tell."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

import services.intake.app
import services.matcher.app
import services.notifier.app  # noqa: F401 - each brings the metrics of its service

ROOT = Path(__file__).parents[2]
FILE = ROOT / "ops" / "alerts.yml"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(FILE.read_text("utf-8"))["groups"] for rule in group["rules"]
]
every_rule = pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])


def labels_of_metrics() -> dict[str, set[str]]:
    """The labels of every metric of the code, by its name."""
    found: dict[str, set[str]] = {}
    for collector, names in REGISTRY._collector_to_names.items():
        labels = set(getattr(collector, "_labelnames", ()))
        found |= {name: labels for name in names if name.startswith("jisr_")}
    return found


@every_rule
def test_a_rule_is_about_metrics_and_labels_that_there_are(rule: dict[str, Any]) -> None:
    known = labels_of_metrics()
    named = re.findall(r"jisr_\w+", rule["expr"])
    assert named
    assert set(named) <= set(known)
    labels = set().union(*(known[name] for name in named))
    grouped = re.findall(r"by \(([^)]*)\)", rule["expr"])
    assert {one.strip() for by in grouped for one in by.split(",")} <= labels
    spoken_of = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    assert spoken_of <= {one.strip() for by in grouped for one in by.split(",")}


@every_rule
def test_a_rule_says_how_urgent_it_is_and_what_is_the_matter(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"Jisr[A-Z]\w+", rule["alert"])
    assert rule["expr"].count("(") == rule["expr"].count(")")
    assert re.search(r" (>|==) \d+$", rule["expr"])
    assert re.fullmatch(r"\d+m", rule.get("for", "0m"))
    assert rule["labels"]["severity"] in ("page", "ticket")


def test_a_counter_that_is_watched_begins_at_zero() -> None:
    """Prometheus sees no increase in a series whose first sample is already one."""
    for because in ("gone", "failing"):
        labels = {"because": because}
        assert REGISTRY.get_sample_value("jisr_notifier_endpoints_off_total", labels) is not None


def test_the_table_of_the_docs_is_every_rule() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    part = text.split("## Alerts\n")[1].split("\n## ")[0]
    told = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", part, re.MULTILINE))
    assert told == {rule["alert"]: rule["labels"]["severity"] for rule in RULES}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool on this machine")
def test_prometheus_takes_the_file() -> None:
    subprocess.run(["promtool", "check", "rules", str(FILE)], check=True, timeout=60)
