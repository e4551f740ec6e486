"""Many submissions in one body: one bad line loses nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Response

from services.intake.domain.facts import Draft, Kind
from services.intake.domain.speakers import Speaker
from services.intake.exceptions import Refusal
from services.intake.handlers.answers import LineResult, Problem, receipt
from services.intake.handlers.bodies import NDJSON
from services.intake.handlers.documents import read_document
from services.intake.handlers.problems import problem_of
from services.intake.handlers.submissions import Reader, Submitted
from services.intake.use_cases.ports import Begin
from services.intake.use_cases.taking import accepted, take

TOGETHER = 50
"""Lines that share a transaction: enough to be quick, few enough to hold nobody up."""

Line = tuple[int, bytes]


@dataclass(frozen=True)
class Bulk:
    """Takes the lines of one NDJSON body, all of one kind, from one speaker."""

    begin: Begin
    reader: Reader
    kind: Kind
    speaker: Speaker
    instance: str

    async def answer(self, lines: Sequence[Line]) -> Response:
        """One result a line: 200 when every line was taken, 207 when one was refused.

        When the database goes away in between, the answer is 503 and the body can be sent again
        whole: what was taken is then unchanged.
        """
        results: list[LineResult] = []
        for start in range(0, len(lines), TOGETHER):
            results += await self._take(lines[start : start + TOGETHER])
        body = "".join(r.model_dump_json(exclude_none=True) + "\n" for r in results)
        refused = any(result.status == "refused" for result in results)
        return Response(body, 207 if refused else 200, media_type=NDJSON)

    async def _take(self, lines: Sequence[Line]) -> list[LineResult]:
        results: dict[int, LineResult] = {}
        drafts: dict[int, Draft] = {}
        for number, line in lines:
            try:
                submitted = Submitted(read_document(line), self.speaker)
                drafts[number] = await self.reader.draft(self.kind, submitted)
            except Refusal as refusal:
                results[number] = self._refused(number, refusal)
            await asyncio.sleep(0)  # others' requests go on between two lines
        if drafts:
            async with self.begin() as store:
                verdicts = await take(store, list(drafts.values()), datetime.now(UTC))
            for number, verdict in zip(drafts, verdicts, strict=True):
                try:
                    taken = receipt(accepted(verdict))
                    results[number] = LineResult(line=number, **taken.model_dump())
                except Refusal as refusal:
                    results[number] = self._refused(number, refusal)
        return [results[number] for number, _ in lines]

    def _refused(self, number: int, refusal: Refusal) -> LineResult:
        problem = Problem.model_validate(problem_of(refusal, f"{self.instance}#line-{number}"))
        return LineResult(line=number, status="refused", problem=problem)
