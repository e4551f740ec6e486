"""An open page (the inbox, or that of a demand) hears that something changed, by server-sent
events (HTML, section 9.2).

An event says no more than that: the page fetches itself anew by its own link. Its id is the mark of
the inbox, so that a browser that was away comes back with ``Last-Event-ID`` and hears at once
whether it missed anything. Without JavaScript there is no stream, and the page is whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.responses import Response, StreamingResponse

from services.notifier import metrics
from services.notifier.adapters.live import LiveInboxes, mark_of
from services.notifier.domain.exceptions import InboxProblem
from services.notifier.domain.text import one_line
from services.notifier.handlers.door import Door
from services.notifier.use_cases.inbox import Visitor, admit
from services.runtime.exceptions import is_transient

logger = logging.getLogger(__name__)
_AT_FULL_PACE = 200
"""Open pages that may look every ``calm_s``; of more, each looks less often."""


@dataclass(frozen=True)
class LiveStream:
    """The route. ``beat_s``: how often a quiet stream shows that it lives, lest a proxy end it;
    ``longest_s``: then the browser comes back by itself; ``calm_s``: between two looks at the
    database, and longer the more pages are open.
    """

    door: Door
    live: LiveInboxes
    beat_s: float = 25.0
    longest_s: float = 900.0
    calm_s: float = 1.0

    def add_to(self, http: FastAPI) -> None:
        """Register the route with ``http``."""
        http.get("/inbox/{token}/events")(self.stream)

    async def stream(self, request: Request, token: str) -> Response:
        """The stream of the inbox that ``token`` opens, or of its page about ``?demand=``; 204,
        with which browsers stop asking, when it opens none (any longer), and 503 when too many
        watch.
        """
        try:
            visitor = await self._admit(token)
        except InboxProblem:
            return Response(status_code=204)
        except Exception as error:
            if not is_transient(error):
                raise
            return Response(status_code=503, headers={"Retry-After": "60"})
        demand_id = one_line(request.query_params.get("demand", ""))
        seen = request.headers.get("last-event-id") or request.query_params.get("since", "")
        if self.live.is_full(visitor.party):
            return Response(status_code=503, headers={"Retry-After": "60"})
        return StreamingResponse(
            self._watched(visitor, token, seen, demand_id),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no"},
        )

    async def _watched(
        self, visitor: Visitor, token: str, seen: str, demand_id: str
    ) -> AsyncIterator[str]:
        with self.live.watching(visitor.party) as woken, metrics.VIEWERS.track_inprogress():
            async for line in self._lines(visitor, token, woken, seen, demand_id):
                yield line

    async def _lines(
        self, visitor: Visitor, token: str, woken: asyncio.Event, seen: str, demand_id: str
    ) -> AsyncIterator[str]:
        loop = asyncio.get_running_loop()
        end = loop.time() + self.longest_s
        yield "retry: 5000\n\n"
        while not self.live.is_closing and loop.time() < end:
            woken.clear()
            looked_at = loop.time()
            try:
                mark = await mark_of(self.door.store.database, visitor.party, demand_id)
                await self._admit(token)
            except InboxProblem:
                return
            except Exception as error:
                if not is_transient(error):
                    raise
                logger.warning("a live page waits for the database: %r", error)
                return
            yield _event(mark) if mark != seen else ": still here\n\n"
            seen = mark
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(self.beat_s, end - loop.time())):
                    await woken.wait()
                await self._rest(looked_at)

    async def _rest(self, looked_at: float) -> None:
        """A burst of changes is one look; many viewers look less often."""
        calm_s = self.calm_s * max(1.0, self.live.count() / _AT_FULL_PACE)
        rest_s = looked_at + calm_s - asyncio.get_running_loop().time()
        if rest_s > 0 and not self.live.is_closing:
            await asyncio.sleep(rest_s)

    async def _admit(self, token: str) -> Visitor:
        async with self.door.store.transaction() as ledger:
            return await admit(ledger, token, self.door.secret(), self.door.clock())


def _event(mark: str) -> str:
    return f"id: {mark}\nevent: inbox\ndata: {json.dumps({'mark': mark})}\n\n"
