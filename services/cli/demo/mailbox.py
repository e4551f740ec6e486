"""A mail server on loopback that delivers nothing and shows everything, for the demo.

It speaks SMTP by aiosmtpd and shows what it took on a page; mails are kept in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse

from services.cli.demo.ports import free_port

_MOST_BYTES = 1_000_000
_POLICY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; "
    "frame-ancestors 'self'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_ALONE = "allow-popups allow-popups-to-escape-sandbox"
"""A mail's HTML runs no script and reaches nothing; what it links to opens beside it, freely."""
_MAIL_POLICY = _POLICY | {
    "Content-Security-Policy": f"{_POLICY['Content-Security-Policy']}; sandbox {_ALONE}"
}
_BASE = '<base target="_blank">'
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
# Without the marks (U+2066 to U+2069) that keep it apart from a text of the other direction.
_ADDRESS = re.compile(r"https?://[^\s<>\"\u2066-\u2069]+[^\s<>\"\u2066-\u2069.,;:!?)]")
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: start; padding: .5rem .75rem .5rem 0; border-block-end: 1px solid #8884 }
td:first-child { white-space: nowrap } a { color: inherit }
td { overflow-wrap: anywhere }
@media (max-width: 40rem) {
  tr, th, td { display: block } td, th { border: 0; padding: 0 }
  td:first-child { white-space: normal }
  tr { padding: .5rem 0; border-block-end: 1px solid #8884 }
  thead { position: absolute; overflow: hidden; width: 1px; height: 1px; clip-path: inset(50%) }
}
iframe { width: 100%; height: 40rem; border: 1px solid #8884; background: #fff }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #8881; padding: 1rem }
"""


@dataclass
class Mailbox:
    """Every mail that came, oldest first, and where to send and see them."""

    smtp_port: int
    page: str
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take one mail (aiosmtpd's hook)."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = email.message_from_bytes(content, policy=email.policy.default)
        self.mails.append(mail)
        return "250 OK"


@asynccontextmanager
async def mailbox() -> AsyncIterator[Mailbox]:
    """A mailbox that takes mail and shows it until the end of the block."""
    smtp_port, http_port = free_port(1025), free_port(8025)
    box = Mailbox(smtp_port, f"http://127.0.0.1:{http_port}")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(box, data_size_limit=_MOST_BYTES, hostname="localhost", enable_SMTPUTF8=True),
        "127.0.0.1",
        smtp_port,
    )
    page = _PageServer(
        uvicorn.Config(_pages(box), host="127.0.0.1", port=http_port, log_config=None)
    )
    task = asyncio.create_task(page.serve())
    try:
        yield box
    finally:
        page.should_exit = True
        await asyncio.gather(task, return_exceptions=True)
        server.close()


class _PageServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        """The signals of this process are not this server's."""
        yield


def _pages(box: Mailbox) -> FastAPI:
    app = FastAPI(title="Mails of the demo", openapi_url=None)

    @app.get("/")
    async def every() -> HTMLResponse:
        rows = "".join(
            f"<tr><td>{html.escape(_date(mail))}</td><td>{html.escape(str(mail['To']))}</td>"
            f"<td><a href='/{number}' dir='auto'>{html.escape(str(mail['Subject']))}</a></td></tr>"
            for number, mail in reversed(list(enumerate(box.mails)))
        )
        head = "<thead><tr><th>Date<th>To<th>Subject</thead>"
        return _page(
            "Mails of the demo", f"<p>{len(box.mails)} mails</p><table>{head}{rows}</table>"
        )

    @app.get("/{number}")
    async def one(number: int) -> HTMLResponse:
        mail = _mail(box, number)
        heads = "".join(
            f"<tr><th>{html.escape(name)}<td dir='auto'>{html.escape(str(value))}</tr>"
            for name, value in mail.items()
        )
        frame = f"<iframe title='HTML' sandbox='{_ALONE}' src='/{number}/html'></iframe>"
        text = _linked(_part(mail, "plain"))
        body = f"<p><a href='/'>All mails</a></p><table>{heads}</table><h2>HTML</h2>{frame}"
        return _page(str(mail["Subject"]), f"{body}<h2>Text</h2><pre dir='auto'>{text}</pre>")

    @app.get("/{number}/html")
    async def as_html(number: int) -> HTMLResponse:
        shown = _opening_beside(_part(_mail(box, number), "html"))
        return HTMLResponse(shown, headers=_MAIL_POLICY)

    return app


def _mail(box: Mailbox, number: int) -> EmailMessage:
    if not 0 <= number < len(box.mails):
        raise HTTPException(404)
    return box.mails[number]


def _date(mail: EmailMessage) -> str:
    return str(mail["Date"] or "")


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _opening_beside(page: str) -> str:
    """``page`` with links that open in a tab of their own: the frame may show nothing else."""
    head = _HEAD.search(page)
    return page[: head.end()] + _BASE + page[head.end() :] if head else _BASE + page


def _linked(text: str) -> str:
    """``text`` as HTML, the web addresses in it as links."""
    parts, done = [], 0
    for found in _ADDRESS.finditer(text):
        address = html.escape(found.group())
        parts += [
            html.escape(text[done : found.start()]),
            f"<a href='{address}' target='_blank' rel='noopener'>{address}</a>",
        ]
        done = found.end()
    return "".join([*parts, html.escape(text[done:])])


def _page(title: str, body: str) -> HTMLResponse:
    said = html.escape(title)
    return HTMLResponse(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{said}</title>"
        f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style>"
        f"<h1 dir=auto>{said}</h1>{body}",
        headers=_POLICY,
    )
