"""One mail as bytes: headers, a plain text and the same in HTML (RFC 5322, 2045-2047, 2046 5.1.4).

Python's own `EmailMessage` parses each header that it is given and folds it by what it parsed:
twenty times the work, most of a mail's. Here a header is a line that is checked to be one. What
comes out is ASCII whatever goes in, so no server on the way has to take 8 bits; but for an address
that is not ASCII, the headers are UTF-8 (RFC 6532).
"""

from __future__ import annotations

import binascii
import re
import uuid
from dataclasses import dataclass, field
from email.header import Header
from email.headerregistry import Address

_CRLF = "\r\n"
_WIDTH = 76
_NO_LINE = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_NOT_ASCII = bytes(range(128, 256))
_MOSTLY_OTHER = 1 / 6
"""From this share of bytes beyond ASCII on base64 is shorter than quoted-printable."""


class BadHeader(ValueError):
    """A header would be more than one line"""


def header_text(text: str) -> str:
    """``text`` as one header's worth: one line, and nothing that reads as an encoded word.

    Readers decode "=?utf-8?q?...?=" (RFC 2047) wherever it stands: somebody's name could pass for
    another.
    """
    return " ".join(text.split()).replace("=?", "= ?")


@dataclass(frozen=True)
class Letter:
    """A mail. ``headers``: names and values, in their order; those of the form are added."""

    headers: tuple[tuple[str, str | Address], ...]
    text: str
    html: str = field(repr=False)

    def __getitem__(self, name: str) -> str:
        """The value of the header ``name``. Raises KeyError."""
        return str(dict(self.headers)[name])

    def as_bytes(self, *, utf8: bool = False) -> bytes:
        """The mail with CRLF at the end of each line. ``utf8``: its headers may be (SMTPUTF8).

        Raises `BadHeader`.
        """
        # "=_" comes out of neither encoding of a body, so no boundary stands in one.
        boundary = f"=_{uuid.uuid4().hex}"
        form = (
            ("MIME-Version", "1.0"),
            ("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
        )
        lines = [_line(name, value, utf8=utf8) for name, value in (*self.headers, *form)]
        parts = (_part("plain", self.text), _part("html", self.html))
        between = f"--{boundary}{_CRLF}".encode()
        body = b"".join(between + part for part in parts)
        head = _CRLF.join(lines).encode()
        return head + 2 * _CRLF.encode() + body + f"--{boundary}--{_CRLF}".encode()


def _line(name: str, value: str | Address, *, utf8: bool) -> str:
    text = str(value)
    if _NO_LINE.search(text):
        raise BadHeader(f"{name} would be more than one line")
    if utf8 or (text.isascii() and len(name) + len(text) < _WIDTH):
        return f"{name}: {text}"
    if isinstance(value, Address) and not value.display_name.isascii():
        shown = _encoded(name, value.display_name)
        return f"{name}: {shown}{_CRLF} <{value.addr_spec}>"
    if text.isascii():
        return _folded(name, text)
    return f"{name}: {_encoded(name, text)}"


def _folded(name: str, text: str) -> str:
    """Broken at blanks; never before the first word, which readers would take for a blank more.
    What has no blank, as an address of the Web, stays as long as it is (RFC 5322, 2.1.1: 998).
    """
    first, *words = text.split(" ")
    lines = [f"{name}: {first}"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _WIDTH:
            lines.append("")
        lines[-1] += f" {word}"
    return _CRLF.join(lines)


def _encoded(name: str, text: str) -> str:
    return Header(text, "utf-8", _WIDTH, name).encode(linesep=_CRLF)


def _part(kind: str, text: str) -> bytes:
    raw = _CRLF.join([*text.rstrip("\n").split("\n"), ""]).encode()
    share = 1 - len(raw.translate(None, _NOT_ASCII)) / len(raw)
    if share > _MOSTLY_OTHER:
        encoding, body = "base64", _base64(raw)
    else:
        encoding, body = "quoted-printable", binascii.b2a_qp(raw, istext=True)
    head = f'Content-Type: text/{kind}; charset="utf-8"{_CRLF}Content-Transfer-Encoding: '
    return head.encode() + encoding.encode() + 2 * _CRLF.encode() + body + _CRLF.encode()


def _base64(raw: bytes) -> bytes:
    size = _WIDTH // 4 * 3
    rows = (binascii.b2a_base64(raw[n : n + size], newline=False) for n in range(0, len(raw), size))
    return b"\r\n".join(rows)
