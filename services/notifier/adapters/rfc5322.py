"""One mail as bytes: headers, a plain text and the same in HTML (RFC 5322, 2045-2047, 2046 5.1.4).

By `email.mime`, which takes headers as they are given: `EmailMessage` parses each and folds it by
what it parsed, which is twice the work. What comes out is ASCII whatever goes in, so no server on
the way has to take 8 bits; but for an address that is not ASCII, the headers are UTF-8 (RFC 6532).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.charset import QP, Charset
from email.header import Header
from email.headerregistry import Address
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import SMTPUTF8, Compat32

_WIDTH = 76
_NO_LINE = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_MOSTLY_OTHER = 1 / 6
"""From this share of bytes beyond ASCII on base64 is shorter than quoted-printable."""


class _WholeAddresses(Compat32):
    """What has no blank, as an address of the Web, stays on the line of its header: readers take a
    break before it for a blank. It may be long (RFC 5322, section 2.1.1: 998).
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        """See `email.policy.Compat32.fold_binary`."""
        if " " in value:
            return super().fold_binary(name, value)
        return f"{name}: {value}{self.linesep}".encode("ascii")


_ASCII = _WholeAddresses(linesep="\r\n", max_line_length=_WIDTH)


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
        policy = SMTPUTF8 if utf8 else _ASCII
        mail = MIMEMultipart("alternative", policy=policy)
        for name, value in self.headers:
            mail[name] = _one_line(name, str(value)) if utf8 else _in_ascii(name, value)
        for kind, text in (("plain", self.text), ("html", self.html)):
            part = MIMENonMultipart("text", kind, policy=policy, charset="utf-8")
            part.set_payload(text, _charset(text))
            mail.attach(part)
        return mail.as_bytes()


def _one_line(name: str, text: str) -> str:
    if _NO_LINE.search(text):
        raise BadHeader(f"{name} would be more than one line")
    return text


def _in_ascii(name: str, value: str | Address) -> str:
    text = _one_line(name, str(value))
    if text.isascii():
        return text
    if isinstance(value, Address):
        return f"{_encoded(name, value.display_name)} <{value.addr_spec}>"
    return _encoded(name, text)


def _encoded(name: str, text: str) -> str:
    return Header(text, "utf-8", _WIDTH, name).encode()


def _charset(text: str) -> Charset:
    """UTF-8, in the shorter of the encodings: base64 unless most of it is ASCII."""
    found = Charset("utf-8")
    raw = text.encode()
    if len(raw) - len(text) <= len(raw) * _MOSTLY_OTHER:
        found.body_encoding = QP
    return found
