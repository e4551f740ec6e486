"""What people say (answers, questions, replies ...) in PostgreSQL, and its events."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel

from schemas.match import QuestionReply
from schemas.response import Confirmation, Extension, Question, Reply, Response
from schemas.topics import RESPONSES
from services.intake.adapters.status_view import SOURCE, StatusView, statement
from services.intake.domain.answering import Party, Ref
from services.intake.use_cases.ports import Asked, Need, Taking, Utterance
from services.runtime import outbox

_HOLD_NEED = statement("hold_need")
_AMBASSADORS = statement("ambassadors_of")
_BEHIND = statement("facts_behind")
_KEEP = statement("talk")
_QUESTIONS = (
    "SELECT id, match_id, need_id, asked_by, text, cluster, city, asked_at, reply FROM questions"
)
_TYPES: Mapping[type[BaseModel], str] = {
    Response: "jisr.response.given",
    Question: "jisr.question.asked",
    Reply: "jisr.question.answered",
    Confirmation: "jisr.candidates.confirmed",
    Extension: "jisr.need.extended",
}


class Talks(StatusView):
    """The part of `ports.Store` that takes what people say."""

    async def hold_need(self, need_id: str) -> Need | None:
        """See `ports.Store.hold_need`."""
        row = await self._connection.fetchrow(_HOLD_NEED, need_id)
        return Need(**dict(row)) if row else None

    async def match(self, match_id: str) -> Mapping[str, Any] | None:
        """See `ports.Store.match`."""
        row = await self._connection.fetchrow(
            "SELECT m.document, n.brief FROM matches m JOIN needs n ON n.id = m.demand_id"
            " WHERE m.match_id = $1",
            match_id,
        )
        return {**row["document"], "need": row["brief"]} if row else None

    async def match_versions(self, match_ids: Collection[str]) -> dict[str, int]:
        """See `ports.Store.match_versions`."""
        rows = await self._connection.fetch(
            "SELECT match_id, version FROM matches WHERE match_id = ANY ($1::text[])",
            list(match_ids),
        )
        return {row["match_id"]: row["version"] for row in rows}

    async def behind(self, refs: Collection[Ref]) -> dict[Ref, tuple[str, str | None]]:
        """See `ports.Store.behind`."""
        kinds, ids = [kind for kind, _ in refs], [fact_id for _, fact_id in refs]
        rows = await self._connection.fetch(_BEHIND, kinds, ids)
        return {(row["kind"], row["id"]): (row["source"], row["cluster"]) for row in rows}

    async def question(self, question_id: str) -> Asked | None:
        """See `ports.Store.question`."""
        row = await self._connection.fetchrow(f"{_QUESTIONS} WHERE id = $1", question_id)
        return Asked(**dict(row)) if row else None

    async def questions(self, match_id: str) -> list[Asked]:
        """See `ports.Store.questions`."""
        rows = await self._connection.fetch(
            f"{_QUESTIONS} WHERE match_id = $1 ORDER BY asked_at, id", match_id
        )
        return [Asked(**dict(row)) for row in rows]

    async def note_replied(self, question_id: str, reply: QuestionReply) -> None:
        """See `ports.Store.note_replied`."""
        await self._connection.execute(
            "UPDATE questions SET reply = $2 WHERE id = $1",
            *(question_id, reply.model_dump(mode="json")),
        )

    async def ambassadors(self, city: str) -> list[tuple[str, Party]]:
        """See `ports.Store.ambassadors`."""
        rows = await self._connection.fetch(_AMBASSADORS, city)
        return [
            (
                row["cluster"],
                Party("member", row["member_id"], "need", ((row["source"] or "", row["cluster"]),)),
            )
            for row in rows
        ]

    async def taken(self, said_id: str) -> Taking | None:
        """See `ports.Store.taken`."""
        await self._connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('answer ' || $1, 0))", said_id
        )
        row = await self._connection.fetchrow(
            "SELECT digest, document FROM answers WHERE id = $1", said_id
        )
        return Taking(bytes(row["digest"]), row["document"]) if row else None

    async def keep(self, said_id: str, digest: bytes, said: Utterance) -> None:
        """See `ports.Store.keep`."""
        document = said.model_dump(mode="json")
        await self._connection.execute(_KEEP, said_id, said.need_id, digest, document)
        subject = document.get("match_id", said.need_id)
        event = outbox.Outgoing(
            RESPONSES, said.need_id, _TYPES[type(said)], said, subject, id=said_id
        )
        await outbox.put(self._connection, SOURCE, [event])
