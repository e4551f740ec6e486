"""How somebody is told, shown and changed: a form on its page, and JSON for programs.

Both are opened by the inbox link: the page by its address, the API by its token (`programs`).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from services.notifier import metrics
from services.notifier.adapters.preference_page import Choosing, PreferencePage
from services.notifier.domain.answers import Fields
from services.notifier.domain.choices import BadPreferences, must_be_known, shown
from services.notifier.domain.exceptions import InboxProblem
from services.notifier.domain.messages import Channel, Party, Scope
from services.notifier.domain.preference_form import as_choice, as_fields, filled_in
from services.notifier.domain.preferences import PUSHED
from services.notifier.handlers.door import Door, page, wanted_locale
from services.notifier.handlers.programs import NotJson, body_of, problem, told, visitor_of
from services.notifier.use_cases.endpoints import owner_of
from services.notifier.use_cases.inbox import Visitor
from services.notifier.use_cases.preferences import Chosen, change, present, replace, resume, settle
from services.runtime.endpoints.book import Open

Change = Callable[..., Awaitable[Chosen]]


@dataclass(frozen=True)
class PreferencePages:
    """The routes of the page and of the API. ``open_book``: of the reader's own endpoints, whose
    channels the form offers.
    """

    door: Door
    open_book: Open

    def add_to(self, http: FastAPI) -> None:
        """Register the routes with ``http``, before those that take any word after the token."""
        path = "/inbox/{token}/preferences"
        http.get(path, response_class=HTMLResponse)(self.show)
        http.post(path, response_class=HTMLResponse)(self.save)
        http.get("/api/preferences")(self.read)
        http.put("/api/preferences")(self.put)
        http.patch("/api/preferences")(self.patch)

    async def show(self, request: Request, token: str) -> Response:
        """The form as things are."""
        return await self.door.patiently(request, self._show(request, token))

    async def save(self, request: Request, token: str) -> Response:
        """Take the form, then show it (303, so that reloading changes nothing)."""
        return await self.door.patiently(request, self._save(request, token))

    async def read(self, request: Request) -> Response:
        """How the bearer is told."""
        return await self._answer(request, self._present)

    async def put(self, request: Request) -> Response:
        """Let the body be all that the bearer chose; the rest follows the hub."""
        return await self._answer(request, lambda who: self._take(request, who, replace))

    async def patch(self, request: Request) -> Response:
        """Change what the body names; null takes a choice back (RFC 7396)."""
        return await self._answer(request, lambda who: self._take(request, who, change))

    async def _show(self, request: Request, token: str) -> Response:
        try:
            visit = await self.door.visit(token)
        except InboxProblem as problem:
            return self.door.problem(problem, wanted_locale(request))
        fields = as_fields((await self._present(visit.visitor)).preferences, visit.now)
        saved = request.query_params.get("done") == "saved"
        locale = wanted_locale(request) or visit.visitor.known.spoken
        choosing = Choosing(visit, fields, await self._channels(visit.visitor), saved=saved)
        return page(PreferencePage(self.door.pages).show(choosing, locale))

    async def _save(self, request: Request, token: str) -> Response:
        locale = wanted_locale(request)
        back: str | None = None
        try:
            visit = await self.door.visit(token)
            locale = locale or visit.visitor.known.spoken
            back = f"/inbox/{token}/preferences?lang={locale}"
            fields = await self.door.form(request, token)
            await self._settle(visit.visitor, fields)
        except InboxProblem as problem:
            return self.door.problem(problem, locale, back)
        except BadPreferences as bad:
            channels = await self._channels(visit.visitor)
            choosing = Choosing(visit, filled_in(fields), channels, bad.problems)
            return page(PreferencePage(self.door.pages).show(choosing, locale or "fr"), 422)
        metrics.CHOICES.labels("page").inc()
        return RedirectResponse(f"{back}&done=saved", 303)

    async def _channels(self, visitor: Visitor) -> tuple[Channel, ...]:
        """The channels by which something can come to ``visitor``, the mail first."""
        has: set[Channel] = {"mail"}
        if visitor.link.scope is None:
            async with self.open_book() as book:
                has |= {one.channel for one in await book.of(owner_of(visitor))}
        return tuple(channel for channel in PUSHED if channel in has)

    async def _settle(self, visitor: Visitor, fields: Fields) -> None:
        async with self.door.store.transaction() as ledger:
            whose, now = _whose(visitor), self.door.clock()
            if fields.get("act") == ["reset"]:
                await replace(ledger, whose[0], {}, now, whose[1])
                return
            if fields.get("act") == ["resume"]:
                await resume(ledger, whose[0], now, whose[1])
                return
            there = await present(ledger, *whose)
            wanted = as_choice(fields, there.preferences, now)
            await settle(ledger, whose[0], wanted, now, whose[1])

    async def _present(self, visitor: Visitor) -> Chosen:
        async with self.door.store.transaction() as ledger:
            return await present(ledger, *_whose(visitor))

    async def _take(self, request: Request, visitor: Visitor, how: Change) -> Chosen:
        body = await _object(request)
        must_be_known(self.door.pages.directory, body)
        party, scope = _whose(visitor)
        async with self.door.store.transaction() as ledger:
            chosen = await how(ledger, party, body, self.door.clock(), scope)
        metrics.CHOICES.labels("api").inc()
        return chosen

    async def _answer(
        self, request: Request, work: Callable[[Visitor], Awaitable[Chosen]]
    ) -> Response:
        return await told(self._done(request, work))

    async def _done(
        self, request: Request, work: Callable[[Visitor], Awaitable[Chosen]]
    ) -> Response:
        try:
            chosen = await work(await visitor_of(self.door, request))
        except BadPreferences as bad:
            faults = [
                {"pointer": f"/{one.field}", "detail": one.in_english()} for one in bad.problems
            ]
            return problem("invalid", "Some of these preferences cannot be taken", 422, faults)
        except NotJson as error:
            where = [{"pointer": "", "detail": error.where}] if error.where else []
            return problem("malformed", error.__doc__ or "", 400, where)
        there = {"preferences": shown(chosen.preferences), "chosen": dict(chosen.chosen)}
        return JSONResponse(there)


def _whose(visitor: Visitor) -> tuple[Party, Scope | None]:
    return visitor.party, visitor.link.scope


async def _object(request: Request) -> Mapping[str, object]:
    try:
        found = json.loads(await body_of(request))
    except json.JSONDecodeError as error:
        raise NotJson(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise NotJson from error
    if not isinstance(found, dict):
        raise NotJson
    return found
