"""Which of the things to say to endpoints may be said already."""

from __future__ import annotations

from collections.abc import Sequence

from services.notifier.adapters.hook_bodies import Hook
from services.notifier.adapters.sql_files import statement
from services.runtime.database import Connection

_TOLD = statement("told_matches")


async def heard_of(connection: Connection, hooks: Sequence[Hook]) -> list[Hook]:
    """``hooks`` without those about a match of which nothing stands in the inbox that they name.

    So a system hears no earlier than people do. The entries of the same events are to be stored
    before.
    """
    bound = [(hook, hook.told_to) for hook in hooks]
    asked = [(hook.need_id, hook.match_id, to.kind, to.id) for hook, to in bound if to is not None]
    if not asked:
        return list(hooks)
    rows = await connection.fetch(_TOLD, *(list(column) for column in zip(*asked, strict=True)))
    told = {tuple(row) for row in rows}
    return [hook for hook, to in bound if to is None or (hook.match_id, to.kind, to.id) in told]
