"""`jisr preview` shows everything there is; and what it shows holds for every mail."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from services.cli.main import app
from services.notifier.adapters.catalogues import translations
from services.notifier.adapters.pages import PROBLEM_KINDS
from services.notifier.domain.messages import LOCALES, NoticeKind
from services.notifier.handlers.door import PROBLEMS
from services.notifier.preview.folder import Shown, mails, pages
from services.notifier.preview.stories import stories

MAILS = list(mails())
every_mail = pytest.mark.parametrize(
    "mail", MAILS, ids=[f"{mail.name}-{mail.locale}" for mail in MAILS]
)
_INVISIBLE = re.compile(r"[\u2066-\u2069]")


class _Seen(HTMLParser):
    """What a reader sees of a page, piece by piece, and where it can lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.addresses: list[str] = []
        self.tags: set[str] = set()
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._hidden += tag in ("head", "style")
        self.addresses += [v or "" for k, v in attrs if k in ("href", "src", "background")]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("head", "style")

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip(" \n·—()،,:"):
            self.pieces.append(" ".join(data.split()))


def test_every_kind_of_message_is_shown() -> None:
    kinds = {story.message.kind for story in stories("fr") if hasattr(story.message, "kind")}
    assert kinds == set(get_args(NoticeKind))
    names = {story.name for story in stories("fr")}
    assert {"proposal", "ambassador-note", "ambassador-note-nobody"} < names


@every_mail
def test_plain_text_says_all_that_html_says(mail: Shown) -> None:
    plain = " ".join(_INVISIBLE.sub("", mail.text).split())
    # Of a button the plain text has the address.
    buttons = map(translations(mail.locale).ugettext, ("Open your page", "See it and answer"))
    said_there_only = {"Jisr ·", "جسر", *buttons}
    for piece in _Seen(mail.html).pieces:
        assert piece.strip(" ·—()،,:") in plain or piece in said_there_only, piece


@every_mail
def test_a_mail_loads_nothing_and_leads_only_to_its_readers_page(mail: Shown) -> None:
    seen = _Seen(mail.html)
    assert not seen.tags & {"img", "link", "script", "iframe", "object", "video", "audio"}
    assert "url(" not in mail.html
    assert all(
        one.removesuffix("/preferences") == "https://hub.example/inbox/a-signed-link"
        or one.startswith(("mailto:", "https://hub.example/unsubscribe/"))
        for one in seen.addresses
    )


@every_mail
def test_no_mail_shows_a_placeholder_or_an_unnamed_thing(mail: Shown) -> None:
    for text in (mail.subject, mail.html, mail.text):
        assert not re.search(r"%\(|\{\{|\}\}|\bNone\b|Undefined", text)


def test_every_page_and_problem_is_rendered_in_every_language() -> None:
    names = [page.name for page in pages() if "<main" in page.html]
    assert len(names) == len(set(names)) == len(LOCALES) * (12 + len(PROBLEM_KINDS))
    assert {kind for kind, _ in PROBLEMS.values()} | {"home", "away", "revoked", "nowhere"} == set(
        PROBLEM_KINDS
    )


def test_the_command_writes_a_folder_that_opens_without_a_hub(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["preview", "--folder", str(tmp_path / "preview")])
    assert result.exit_code == 0
    index = tmp_path / "preview" / "index.html"
    seen = _Seen(index.read_text("utf-8"))
    local = [one for one in seen.addresses if not one.startswith("#")]
    assert local
    assert all((index.parent / one).is_file() for one in local)


@every_mail
def test_plain_text_has_no_two_empty_lines_in_a_row(mail: Shown) -> None:
    assert "\n\n\n" not in mail.text
