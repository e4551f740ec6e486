"""What the matcher told, in PostgreSQL: matches, decisions, states, and the stories of demands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from schemas.blanking import without_contacts
from schemas.life import NeedChanged, Notice
from schemas.match import Decision, Match, NeedBrief
from services.intake.domain.story import Line, in_order
from services.intake.use_cases.ports import History, Standing
from services.runtime.database import Connection

SOURCE = "/jisr/intake"
"""The CloudEvents source of what intake publishes."""


def statement(name: str) -> str:
    """The SQL in the file of this name."""
    return (Path(__file__).parent / f"{name}.sql").read_text()


_LOCK = statement("lock_facts")
_APPLY_MATCH = statement("apply_match")
_APPLY_DECISION = statement("apply_decision")
_STANDINGS = statement("standings")
_NOTE_NEED = statement("note_need")
_CHANGE_NEED = statement("change_need")
_ASK_CONFIRMATION = statement("ask_confirmation")
_TELL = statement("tell_line")
_NOTE_QUESTION = statement("note_question")


class StatusView:
    """The part of `ports.Store` that follows the matcher."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def lock_demands(self, ids: Sequence[str]) -> set[str]:
        """See `ports.Store.lock_demands`."""
        if not ids:
            return set()
        rows = await self._connection.fetch(_LOCK, ["demand"] * len(ids), list(ids))
        return {row["id"] for row in rows}

    async def apply(self, matches: Sequence[Match], decisions: Sequence[Decision]) -> None:
        """See `ports.Store.apply`."""
        await self._each(
            _APPLY_MATCH,
            [(m.match_id, m.need.id, m.version, str(m.state), _without_need(m)) for m in matches],
        )
        await self._each(
            _APPLY_DECISION,
            [
                (
                    d.need.id,
                    d.wave,
                    d.outcome,
                    d.need.version,
                    len(d.proposed),
                    d.considered,
                    d.policy_version,
                    d.decided_at,
                    d.score_model,
                )
                for d in decisions
            ],
        )

    async def standings(self, demand_ids: Sequence[str]) -> list[Standing]:
        """See `ports.Store.standings`."""
        rows = await self._connection.fetch(_STANDINGS, list(demand_ids))
        return [Standing(**row) for row in rows]

    async def set_states(self, states: Mapping[str, tuple[str, bool]]) -> None:
        """See `ports.Store.set_states`."""
        await self._each(
            "UPDATE facts SET state = $2, archived = $3 WHERE kind = 'demand' AND id = $1",
            [(demand_id, *shown) for demand_id, shown in states.items()],
        )

    async def note_needs(self, needs: Sequence[NeedBrief]) -> None:
        """See `ports.Store.note_needs`. In one order for everybody (no deadlock)."""
        newest: dict[str, NeedBrief] = {}
        for need in sorted(needs, key=lambda need: (need.id, need.version)):
            newest[need.id] = need
        rows = [(n.id, n.kind, n.model_dump(mode="json"), n.version) for n in newest.values()]
        await self._each(_NOTE_NEED, rows)

    async def change_needs(self, changes: Sequence[NeedChanged]) -> None:
        """See `ports.Store.change_needs`."""
        rows = [(c.need.id, c.version, c.need.version, _without_need(c)) for c in changes]
        await self._each(_CHANGE_NEED, rows)

    async def ask_confirmation(self, notices: Sequence[Notice]) -> None:
        """See `ports.Store.ask_confirmation`."""
        rows = [
            (
                notice.need.id,
                notice.model_dump(mode="json", include={"to", "candidates", "wave", "until"}),
                notice.raised_at,
            )
            for notice in notices
        ]
        await self._each(_ASK_CONFIRMATION, rows)

    async def note_questions(self, notices: Sequence[Notice]) -> None:
        """See `ports.Store.note_questions`."""
        rows = []
        for notice in notices:
            asked, match, to = notice.question, notice.match, notice.to
            if asked is None or match is None:
                continue
            office = (to.cluster, to.id) if to.kind == "ambassador" else (None, None)
            rows.append(
                (
                    *(asked.question_id, match.match_id, notice.need.id),
                    asked.by.model_dump(mode="json"),
                    without_contacts(asked.text),
                    *(*office, notice.raised_at),
                    notice.reply.model_dump(mode="json") if notice.reply else None,
                )
            )
        await self._each(_NOTE_QUESTION, rows)

    async def note_confirmed(self, need_id: str) -> None:
        """See `ports.Store.note_confirmed`."""
        await self._connection.execute(
            "UPDATE needs SET asked = asked || '{\"confirmed\": true}' WHERE id = $1", need_id
        )

    async def tell(self, lines: Sequence[Line]) -> None:
        """See `ports.Store.tell`."""
        rows = [(o.demand_id, o.key, o.at, o.what, o.wave, dict(o.details)) for o in lines]
        await self._each(_TELL, rows)

    async def history(self, demand_id: str) -> History:
        """See `ports.Store.history`."""
        waves = await self._connection.fetch(
            "SELECT * FROM decisions WHERE demand_id = $1 ORDER BY wave", demand_id
        )
        matches = await self._connection.fetch(
            "SELECT document FROM matches WHERE demand_id = $1", demand_id
        )
        documents = [dict(row["document"]) for row in matches]
        documents.sort(key=lambda match: (match["wave"], match["rank"], match["match_id"]))
        told = await self._connection.fetchval(
            "SELECT n.told FROM needs n JOIN facts f ON f.kind = 'demand' AND f.id = n.id"
            " WHERE n.id = $1 AND n.told_of >= f.opened",
            demand_id,
        )
        lines = await self._connection.fetch(
            "SELECT * FROM timeline WHERE demand_id = $1", demand_id
        )
        story = in_order(Line(**dict(row)) for row in lines)
        return History([dict(row) for row in waves], documents, told, story)

    async def _each(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if len(rows) == 1:
            await self._connection.execute(statement, *rows[0])
        elif rows:
            await self._connection.executemany(statement, rows)


def _without_need(told: BaseModel) -> dict[str, Any]:
    return told.model_dump(mode="json", exclude={"need"})
