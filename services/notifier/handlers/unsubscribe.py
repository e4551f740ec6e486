"""Ends mails by the address in their List-Unsubscribe header (RFC 8058): POST acts, without a login
and without asking again; GET shows a page with a button and never acts (mail scanners open links).

The token is all the proof there is, for a mail provider posts without cookies, Origin or form.
"""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes
from email.policy import HTTP

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from services.notifier import metrics
from services.notifier.domain.exceptions import InboxProblem, IncompleteForm
from services.notifier.domain.phrases import Phrase
from services.notifier.domain.preference_wording import CONCERN_WORDS
from services.notifier.domain.preferences import Preferences
from services.notifier.domain.unsubscribing import Mailings, gets_mails, mailings_of
from services.notifier.handlers.door import Door, body_of, fields_of, page, wanted_locale
from services.notifier.use_cases.unsubscribe import let_mails, preferences_of

PATH = "/unsubscribe"


@dataclass(frozen=True)
class UnsubscribePages:
    """The routes."""

    door: Door

    def add_to(self, http: FastAPI) -> None:
        """Register the routes with ``http``."""
        path = f"{PATH}/{{token}}"
        http.get(path, response_class=HTMLResponse)(self.show)
        http.post(path, response_class=HTMLResponse)(self.act)

    async def show(self, request: Request, token: str) -> Response:
        """What would end, and a button."""
        return await self.door.patiently(request, self._show(request, token))

    async def act(self, request: Request, token: str) -> Response:
        """End the mails, or begin them again; 200 and no redirect, as providers want it."""
        return await self.door.patiently(request, self._act(request, token))

    async def _show(self, request: Request, token: str) -> Response:
        try:
            mailings = mailings_of(token, self.door.secret())
        except InboxProblem as problem:
            return self.door.problem(problem, wanted_locale(request))
        async with self.door.store.transaction() as ledger:
            preferences = await preferences_of(ledger, mailings)
        return self._page(request, token, mailings, preferences, changed=False)

    async def _act(self, request: Request, token: str) -> Response:
        try:
            mailings = mailings_of(token, self.door.secret())
            wanted = await _wanted(request)
        except InboxProblem as problem:
            return self.door.problem(problem, wanted_locale(request))
        now = self.door.clock()
        async with self.door.store.transaction() as ledger:
            preferences = await let_mails(ledger, mailings, now, wanted=wanted)
        metrics.UNSUBSCRIBED.labels("again" if wanted else "ended").inc()
        return self._page(request, token, mailings, preferences, changed=True)

    def _page(
        self,
        request: Request,
        token: str,
        mailings: Mailings,
        preferences: Preferences,
        *,
        changed: bool,
    ) -> Response:
        locale = wanted_locale(request) or preferences.locale or "fr"
        concern = mailings.concern
        return page(
            self.door.pages.render(
                "page/unsubscribe.html",
                locale,
                path=f"{PATH}/{token}",
                concern=Phrase(CONCERN_WORDS[concern]) if concern else None,
                gets=gets_mails(preferences, concern),
                changed=changed,
            )
        )


async def _wanted(request: Request) -> bool:
    """What the post asks for: no more mails (the one click, or our button), or mails again.

    Raises `IncompleteForm` for anything else.
    """
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        return not _is_one_click(kind, await body_of(request))
    fields = await fields_of(request)
    if fields.get("mails") == ["again"]:
        return True
    if fields.get("List-Unsubscribe") == ["One-Click"]:
        return False
    raise IncompleteForm


def _is_one_click(content_type: str, body: bytes) -> bool:
    """True for RFC 8058's form as multipart/form-data (RFC 7578). Raises `IncompleteForm`."""
    whole = message_from_bytes(
        f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace") + body, policy=HTTP
    )
    for part in whole.iter_parts():
        name = part.get_param("name", header="content-disposition")
        value = part.get_payload(decode=True)
        if name == "List-Unsubscribe" and value == b"One-Click":
            return True
    raise IncompleteForm
