"""`jisr status`: what /readyz of the services says."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from services.cli.console import out, table
from services.cli.errors import CommandFailed, ExitCode

_PATIENCE_S = 5


def status() -> None:
    """Ask the three services whether they are ready, and what they work with.

    Ends with 3 when one of them does not answer or is not ready.
    """
    from services.cli.reach import address_of, load
    from services.runtime.database import SERVICES

    settings = load()
    addresses = [address_of(settings, name) for name in SERVICES]
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(ask, addresses))
    shown = table("service", "address", "state", "broker", "database")
    for name, address, facts in zip(SERVICES, addresses, answers, strict=True):
        shown.add_row(name, address, _state(facts), *map(str, _used(facts)))
    out.print(shown)
    if any(facts.get("status") != "ready" for facts in answers):
        raise CommandFailed("The hub is not ready.", ExitCode.UNREACHABLE)


def ask(address: str) -> dict[str, Any]:
    """What /readyz says at the base URL ``address``, also when it is 503; in ``status`` a word or
    two when it says nothing.
    """
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=_PATIENCE_S) as answer:  # noqa: S310 - the hub's
            facts = json.load(answer)
    except urllib.error.HTTPError as refusal:  # 503 tells its reasons too
        try:
            facts = json.load(refusal)
        except ValueError:
            return {"status": f"answers {refusal.code}"}
    except (OSError, ValueError):
        return {"status": "does not answer"}
    return facts if isinstance(facts, dict) else {"status": "not a hub"}


def _state(facts: dict[str, Any]) -> str:
    state = str(facts.get("status"))
    if "supplies" in facts:
        state += f", {facts['supplies']} supplies"
    reasons = [name for name, value in facts.items() if value is False]
    if reasons:
        state += f" ({', '.join(reasons)})"
    if why := facts.get("why"):
        state += f": {why}"
    return f"[{'green' if facts.get('status') == 'ready' else 'red'}]{state}[/]"


def _used(facts: dict[str, Any]) -> tuple[Any, Any]:
    return facts.get("broker", ""), facts.get("database_server", "")
