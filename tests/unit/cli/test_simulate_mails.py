"""The mails of a simulated year: no preference is broken, and one that is would be seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from services.cli.simulate.folder import Folder, read
from services.cli.simulate.life.laws import LawBroken
from services.cli.simulate.life.year import Options, hub_of, run
from services.cli.simulate.mail import post as posts
from services.cli.simulate.mail import readers
from services.cli.simulate.mail.post import Post
from services.cli.simulate.mail.shelf import Shelf
from services.matcher.domain.policy import Policy
from services.notifier.domain import gate
from services.notifier.domain.gate import Go
from services.notifier.use_cases import passing, send
from services.notifier.use_cases.reader_ports import Turn

pytestmark = pytest.mark.slow

SAMPLES = Path(__file__).parents[3] / "samples"
BUSY = Options(SAMPLES, 30, 6.0, 1, 2.0, 40, 0.1, Policy(), ("service",))


@pytest.fixture(autouse=True)
def fickle(monkeypatch: pytest.MonkeyPatch) -> None:
    """A month has as many changes of mind as years have, and as many crashes."""
    monkeypatch.setattr(readers, "CHANGES_A_YEAR", 25.0)
    monkeypatch.setattr(posts, "_DIES", 0.05)


@pytest.fixture(scope="module")
def folder() -> Folder:
    """The samples, without vectors."""
    return read(SAMPLES, None, lambda *_: None)


def played(folder: Folder, **options: Any) -> Post:
    """The post of a busy month."""
    busy = replace(BUSY, **options)
    hub, tally = hub_of(busy, folder, None)
    run(hub, busy.days, lambda: None)
    tally.post.at_rest()
    return tally.post


@pytest.mark.parametrize("seed", [1, 2])
def test_in_no_month_a_preference_is_broken(folder: Folder, seed: int) -> None:
    post = played(folder, seed=seed)
    assert post.kinds["digest"] > 10
    assert post.kinds["of one matter"] > 100
    assert post.kinds["sent again after a crash"]
    rows = post.shelf.rows.values()
    assert sum(row.holds for row in rows) > 20
    assert any(row.slot for row in rows)


def test_the_same_seed_sends_the_same_mails(folder: Folder) -> None:
    assert played(folder, days=8).kinds == played(folder, days=8).kinds


def _no_night(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gate, "is_quiet", lambda *_: False)


def _no_cap(patch: pytest.MonkeyPatch) -> None:
    turn = Shelf.turn

    async def uncounted(self: Shelf, *given: Any) -> Turn:
        return replace(await turn(self, *given), begun=())

    patch.setattr(Shelf, "turn", uncounted)


def _no_pause(patch: pytest.MonkeyPatch) -> None:
    def unpaused(decide: Callable[..., Any]) -> Callable[..., Any]:
        def anew(*given: Any) -> Any:
            cleared = [
                replace(one, paused_until=None) if hasattr(one, "paused_until") else one
                for one in given
            ]
            return decide(*cleared)

        return anew

    for name in ("may_go", "digest_may_go"):
        patch.setattr(passing, name, unpaused(getattr(gate, name)))


def _no_memory(patch: pytest.MonkeyPatch) -> None:
    finish = Shelf.finish

    async def forgetful(self: Shelf, claimed: Any, verdict: Any, now: datetime) -> bool:
        done = await finish(self, claimed, verdict, now)
        row = self.rows[claimed.delivery_id]
        if row.state == "delivered":
            again = replace(row.planned, delivery_id=_other(row.id))
            self.put(replace(row, planned=again, state="waiting", digest=None))
        return done

    patch.setattr(Shelf, "finish", forgetful)


def _other(known: Any) -> Any:
    return type(known)(int=known.int ^ 1)


def _moot_digests(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(send, "is_pointless", lambda *_: False)


def _forever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Post, "_wake", lambda *_: None)


def _at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(passing, "may_go", lambda *_: Go())


@pytest.mark.parametrize(
    ("fault", "law"),
    [
        (_no_night, "no message in quiet hours"),
        (_at_once, "no message in quiet hours|nothing unwanted|no cap|in a pause"),
        (_no_cap, "no cap exceeded"),
        (_no_pause, "no message in a pause"),
        (_no_memory, "nobody is mailed the same twice"),
        (_moot_digests, "nothing is asked that was answered"),
        (_forever, "nothing waits for ever"),
    ],
)
def test_a_gate_that_is_broken_is_seen(
    folder: Folder,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[pytest.MonkeyPatch], None],
    law: str,
) -> None:
    fault(monkeypatch)
    with pytest.raises(LawBroken, match=law):
        played(folder)


def test_a_server_that_never_answers_lets_mails_fail_in_the_end(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posts, "_AWAY", posts._AWAY_EVERY)
    post = played(folder, days=12)
    assert not post.laws.mails
    assert any(row.state == "failed" for row in post.shelf.rows.values())
