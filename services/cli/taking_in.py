"""Waits until the matcher has what `jisr load` sent, which it analyses after intake has it."""

from __future__ import annotations

import time
from collections.abc import Callable

from services.cli.errors import CommandFailed, ExitCode
from services.cli.status import ask

_ASK_EVERY_S = 1.0
_STANDSTILL_S = 120.0


def wait_for_supplies(
    matcher: str,
    wanted: int,
    say: Callable[[str], None],
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Return when the matcher at the base URL ``matcher`` counts ``wanted`` supplies or more.

    ``say`` gets the count when it has changed. Raises CommandFailed when it does not answer or
    has not changed for two minutes of ``clock``, which is read between one ``pause`` and the next.
    """
    seen, since = -1, clock()
    while True:
        facts = ask(matcher)
        count = facts.get("supplies")
        if count is not None and count >= wanted:
            say(f"The matcher has {count} supplies")
            return
        if count is not None and count != seen:
            seen, since = count, clock()
            say(f"The matcher has {count} supplies, of {wanted}")
        if clock() - since > _STANDSTILL_S:
            raise CommandFailed(
                f"The matcher at {matcher} {_stands(seen, wanted)}. What was taken is kept: "
                "`jisr status` and `jisr dlq list` say what holds it up.",
                ExitCode.UNREACHABLE,
            )
        pause(_ASK_EVERY_S)


def _stands(seen: int, wanted: int) -> str:
    return f"stays at {seen} supplies, of {wanted}" if seen >= 0 else "does not answer"
