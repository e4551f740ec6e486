"""The page of topics and events: complete, self-contained, and safe with any text in it."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from html import escape, unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from schemas import asyncapi
from schemas.examples import EXAMPLES
from schemas.topics import TOPICS, dead_letters
from services.runtime.asyncapi_fields import Row, groups
from services.runtime.asyncapi_page import render

DOCUMENT = asyncapi.document()
PAGE = render(DOCUMENT)
VOID = {"meta", "br", "wbr"}


class Reader(HTMLParser):
    """Collects what the tests ask of a page; fails on a tag that is closed out of its turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attrs}
        values = dict(attrs)
        self.ids += [values["id"] or ""] if "id" in values else []
        self.links += [values["href"] or ""] if "href" in values else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


READ = Reader(PAGE)


def _row(message: str, path: str, kind: str | None = None) -> Row:
    payload = DOCUMENT["components"]["messages"][message]["payload"]
    found = [
        row
        for group in groups(payload, DOCUMENT)
        if kind in (None, group.title)
        for row in group.rows
        if row.path == path
    ]
    assert len(found) == 1
    return found[0]


def test_every_tag_is_closed_in_its_turn_and_every_id_stands_once() -> None:
    assert READ.open == []
    assert max(Counter(READ.ids).values()) == 1


def test_nothing_is_loaded_from_anywhere_and_nothing_runs() -> None:
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & READ.tags.keys()
    assert not {name for name in READ.attributes if name.startswith("on") or name == "src"}
    assert "url(" not in PAGE
    assert "@import" not in PAGE


def test_every_link_leads_to_a_place_on_the_page() -> None:
    assert READ.links
    assert {link.removeprefix("#") for link in READ.links} <= set(READ.ids)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_stands_with_its_key_its_parties_and_its_events(topic: Any) -> None:
    start = PAGE.index(f'<section id="{topic.name}"')
    section = PAGE[start : PAGE.index("</section>", start)]
    said = dict(re.findall(r"<dt>(.+?)</dt><dd>(.+?)</dd>", section))
    assert said["Key"] == topic.key
    assert said["Written by"] == ", ".join(topic.writers)
    assert said["Read by"] == ", ".join(topic.readers)
    assert said["Partitions"] == str(topic.partitions)
    assert said["Cleanup"].startswith(topic.cleanup)
    for event_type in topic.events:
        assert f"<h3>{event_type}</h3>" in section


@pytest.mark.parametrize("event_type", EXAMPLES)
def test_the_examples_of_an_event_stand_whole_with_their_headers(event_type: str) -> None:
    shown = [
        json.loads(unescape(text)) for text in re.findall(r"<pre[^>]*>(.+?)</pre>", PAGE, re.S)
    ]
    for example in EXAMPLES[event_type]:
        assert example.data in shown
        for value in (example.id, example.source, event_type):
            assert f"<td><code>{escape(value)}</code></td>" in PAGE


def test_every_dead_letter_topic_is_listed() -> None:
    for topic in dead_letters():
        assert f"<code>{topic.name}</code>" in PAGE


def test_a_row_gives_type_bounds_values_and_meaning() -> None:
    row = _row("jisr.demand.submitted", "wanted")
    assert (row.type, row.bounds, row.default) == ("integer", ("1 to 50",), "1")
    assert not row.required
    assert row.meaning
    row = _row("jisr.demand.submitted", "title")
    assert (row.required, row.bounds) == (True, ("1 to 300 characters",))


def test_a_row_of_a_list_gives_the_bounds_of_the_list_and_of_each_item() -> None:
    row = _row("jisr.demand.submitted", "keywords")
    assert row.type == "array of string"
    assert row.bounds == ("at most 40 items", "each 1 to 80 characters")


def test_a_row_that_may_be_null_says_so() -> None:
    assert _row("jisr.demand.changed", "deadline").type == "string, date-time or null"


def test_a_row_of_a_map_gives_its_names() -> None:
    row = _row("jisr.directory.changed", "labels", "Niche")
    assert (row.type, row.values) == ("object of string", ('"fr"', '"ar"', '"en"'))


def test_the_fields_inside_a_field_follow_it_with_their_whole_path() -> None:
    assert _row("jisr.need.decided", "proposed[].reasons[].kind").depth == 2
    assert _row("jisr.match.changed", "need.owner.type").values == (
        *('"city"', '"member"'),
        '"committee"',
    )


def test_an_event_of_several_kinds_has_a_table_for_each() -> None:
    payload = DOCUMENT["components"]["messages"]["jisr.directory.changed"]["payload"]
    titles = [group.title for group in groups(payload, DOCUMENT)]
    assert sorted(titles) == ["Ambassador", "City", "Cluster", "Committee", "Niche"]


def test_no_text_of_the_document_becomes_markup() -> None:
    document = copy.deepcopy(DOCUMENT)
    bad = '<script>alert("1")</script> `<b>`'
    document["info"]["description"] = bad
    document["channels"]["jisr.demands.v1"]["description"] = bad
    document["components"]["schemas"]["Demand"]["properties"]["title"]["description"] = bad
    document["components"]["messages"]["jisr.demand.changed"]["examples"][0]["payload"] = {"a": bad}
    page = render(document)
    assert Reader(page).tags.keys() == READ.tags.keys()
    # The description, the table of topics, the topic, the field; the example is no prose.
    assert page.count("&lt;script&gt;") == 5
    assert page.count("<code>&lt;b&gt;</code>") == 4
