"""A mail comes out of a reader as it went in, in whatever script, and adds no header of its own."""

from __future__ import annotations

from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.adapters.letters import mailbox
from services.notifier.adapters.rfc5322 import BadHeader, Letter, header_text

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=400)
LINES = st.lists(TEXTS, max_size=12).map("\n".join)


def read(sent: bytes) -> EmailMessage:
    """What a mail program reads, by the standard library."""
    found = message_from_bytes(sent, policy=default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


def body(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    assert part is not None
    assert not part.defects
    return str(part.get_content())


@pytest.mark.parametrize(
    "subject",
    [
        "Une demande pour vous : Repérer les feux de forêt avant les guetteurs, été comme hiver",
        "طلب قد يهمكم: تحويل مكالمات بالدارجة إلى نصوص ونصوص أخرى طويلة جدا حتى يطول السطر كثيرا",
        "A plain subject that is long enough to be folded somewhere on its way to the reader",
    ],
)
def test_a_folded_subject_unfolds_to_itself(subject: str) -> None:
    sent = Letter((("Subject", subject),), "text", "<p>text</p>").as_bytes()
    assert max(len(line) for line in sent.splitlines()) <= 78
    assert read(sent)["Subject"] == subject


def test_an_address_of_the_web_stays_on_its_line_as_it_is() -> None:
    address = f"<https://hub.example/unsubscribe/{'x' * 200}?lang=fr>"
    sent = Letter((("List-Unsubscribe", address),), "", "").as_bytes()
    assert f"List-Unsubscribe: {address}\r\n".encode() in sent
    assert read(sent)["List-Unsubscribe"] == address


@given(LINES, LINES)
def test_both_forms_come_out_as_they_were_written_and_every_line_is_ascii(
    text: str, html: str
) -> None:
    sent = Letter((("Subject", "x"),), text, html).as_bytes()
    assert sent.isascii()
    assert all(len(line) <= 78 for line in sent.split(b"\r\n"))
    assert b"\n" not in sent.replace(b"\r\n", b"")
    found = read(sent)
    for kind, wanted in (("plain", text), ("html", html)):
        assert body(found, kind).replace("\r\n", "\n").rstrip("\n") == wanted.rstrip("\n")


@given(TEXTS)
def test_a_name_is_shown_as_it_is_and_adds_no_header(name: str) -> None:
    letter = Letter((("To", mailbox(name, "a@b.example")), ("Subject", header_text(name))), "", "")
    found = read(letter.as_bytes())
    assert sorted(found.keys()) == ["Content-Type", "MIME-Version", "Subject", "To"]
    [address] = found["To"].addresses
    assert (address.username, address.domain) == ("a", "b.example")


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x00", "\x0b", "\x85", "\u2028"])
@pytest.mark.parametrize("utf8", [True, False])
def test_a_header_of_two_lines_is_refused(end: str, utf8: bool) -> None:
    for value in (f"a{end}Bcc: x@y.example", f"é{end}Bcc: x@y.example"):
        with pytest.raises(BadHeader):
            Letter((("Subject", value),), "", "").as_bytes(utf8=utf8)


def test_an_address_that_is_not_ascii_makes_headers_of_utf_8() -> None:
    to = Address("Amélie", addr_spec="a@forêt.example")
    sent = Letter((("To", to),), "été", "été").as_bytes(utf8=True)
    assert "To: Amélie <a@forêt.example>\r\n".encode() in sent
