"""The samples are what ``samples/README.md`` says: valid, consistent, varied and marked."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from schemas.demand import DemandSubmission
from schemas.directory import DirectoryEntry
from schemas.member import MemberSubmission
from schemas.offer import OfferSubmission
from schemas.values import Contact, DemandKind, MemberKind, OfferKind, Reach, StructureKind

SAMPLES = Path(__file__).parents[3] / "samples"
Row = dict[str, Any]

TIERS = list(Reach)  # own, national, international: nearest first
CITY_SYSTEM = re.compile(r"city:(?P<city>.+)")


def lines(name: str) -> list[Row]:
    text = (SAMPLES / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def body(row: Row) -> Row:
    return {field: value for field, value in row.items() if field not in ("source", "via")}


DIRECTORY = lines("directory.jsonl")
MEMBERS = lines("members.jsonl")
DEMANDS = lines("demands.jsonl")
OFFERS = lines("offers.jsonl")
CONTACTS = lines("contacts.jsonl")
UNSERVABLE = (SAMPLES / "unservable.txt").read_text(encoding="utf-8").split()
with (SAMPLES / "expected.tsv").open(encoding="utf-8", newline="") as file:
    EXPECTED = list(csv.DictReader(file, delimiter="\t"))


def entries(kind: str) -> dict[str, Row]:
    return {row["id"]: row for row in DIRECTORY if row["entry"] == kind}


CITIES, CLUSTERS, NICHES = entries("city"), entries("cluster"), entries("niche")
AMBASSADORS, COMMITTEES = entries("ambassador"), entries("committee")
MEMBER = {row["member_id"]: row for row in MEMBERS}
DEMAND = {row["external_id"]: row for row in DEMANDS}


def language(text: str) -> str:
    """A rough guess, enough for texts of two sentences: the script, then common small words."""
    letters = [char for char in text if char.isalpha()]
    if sum("\u0600" <= char <= "\u06ff" for char in letters) > len(letters) / 2:
        return "ar"
    words = re.findall(r"[^\W\d_]+", text.lower())
    english = {"the", "and", "for", "with", "of", "we", "to", "who", "from", "in", "is", "that"}
    french = {"le", "la", "les", "des", "de", "du", "et", "pour", "par", "sur", "un", "une", "en"}
    return "en" if sum(w in english for w in words) > sum(w in french for w in words) else "fr"


def words_of(row: Row) -> str:
    return f"{row.get('title', '')} {row['description']}"


def strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for part in value.values():
                yield from strings(part)
        case list():
            for part in value:
                yield from strings(part)


def meets_hard_requirements(member: Row, demand: Row) -> bool:
    tier = CLUSTERS[member["cluster"]]["tier"]
    partner = demand.get("partner", {})
    return (
        TIERS.index(tier) <= TIERS.index(demand.get("reach", "national"))
        and member["kind"] in partner.get("kinds", [member["kind"]])
        and member["country"] in partner.get("countries", [member["country"]])
        and set(partner.get("languages", [])) <= set(member["languages"])
        and set(partner.get("certifications", [])) <= set(member.get("certifications", []))
        and member["capacity"] > 0
    )


@pytest.mark.parametrize(
    ("model", "rows"),
    [
        (DirectoryEntry, DIRECTORY),
        (MemberSubmission, MEMBERS),
        (DemandSubmission, DEMANDS),
        (OfferSubmission, OFFERS),
    ],
)
def test_every_line_is_valid_for_its_model(model: Any, rows: list[Row]) -> None:
    forbid = {} if model is DirectoryEntry else {"extra": "forbid"}
    for row in rows:
        model.model_validate(body(row), **forbid)


def test_text_is_in_the_composed_form() -> None:
    for path in SAMPLES.iterdir():
        text = path.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text), path.name
        assert "\ufffd" not in text


def test_no_string_is_empty_or_padded() -> None:
    for row in DIRECTORY + MEMBERS + DEMANDS + OFFERS + CONTACTS:
        assert all(text and text == text.strip() and "  " not in text for text in strings(row)), row


def test_identifiers_are_unique() -> None:
    assert len({(row["entry"], row["id"]) for row in DIRECTORY}) == len(DIRECTORY)
    assert len(MEMBER) == len(MEMBERS)
    assert len({row["external_id"] for row in DEMANDS + OFFERS}) == len(DEMANDS) + len(OFFERS)


def test_names_titles_and_contacts_are_unique() -> None:
    requests = DEMANDS + OFFERS
    contacts = [row["contact"] for row in MEMBERS + requests if "contact" in row] + CONTACTS
    for unique in (
        [row["name"] for row in MEMBERS],
        [row["title"] for row in requests],
        [contact["email"] for contact in contacts],
        [contact["phone"] for contact in contacts],
        [piece["text"] for row in MEMBERS for piece in row.get("portfolio", [])],
        [text for row in MEMBERS for text in row.get("interests", [])],
    ):
        assert [text for text, times in Counter(unique).items() if times > 1] == []


def test_no_two_descriptions_are_nearly_identical() -> None:
    def shingles(text: str) -> set[str]:
        plain = " ".join(re.findall(r"\w+", text.lower()))
        return {plain[i : i + 5] for i in range(len(plain) - 4)}

    texts = [(row.get("member_id", row.get("external_id")), shingles(words_of(row)))
             for row in MEMBERS + DEMANDS + OFFERS]  # fmt: skip
    alike = [
        (one, other)
        for (one, a), (other, b) in combinations(texts, 2)
        if len(a & b) > 0.25 * len(a | b)
    ]
    assert alike == []


def test_sentences_are_not_filled_in_templates() -> None:
    openings = Counter(" ".join(row["description"].split()[:4]) for row in MEMBERS + DEMANDS)
    assert [opening for opening, times in openings.items() if times > 2] == []


def test_the_directory_has_its_cities_clusters_committees_and_niches() -> None:
    assert len(CITIES) >= 12
    assert Counter(row["tier"] for row in CLUSTERS.values()) == {
        "own": 1,
        "national": 5,
        "international": 2,
    }
    assert CLUSTERS["mnc"]["tier"] == "own"
    assert {row["country"] for row in CLUSTERS.values() if row["tier"] == "international"} == {"FR"}
    assert len(COMMITTEES) >= 4
    assert {row["cluster"] for row in COMMITTEES.values()} == {"mnc"}
    assert len(NICHES) >= 60


def test_names_and_labels_exist_in_the_three_languages() -> None:
    for row in DIRECTORY:
        for labels in (row[field] for field in ("names", "labels") if field in row):
            assert set(labels) == {"fr", "ar", "en"}
            assert language(labels["ar"]) == "ar"


def test_the_vocabulary_is_a_forest_with_the_four_ict_roots() -> None:
    roots = {niche for niche, row in NICHES.items() if "parent" not in row}
    assert roots >= {"mobile-services", "multimedia", "packaged-software", "epayment-security"}
    assert len(roots) >= 12
    assert all(NICHES[niche]["parent"] in roots for niche in NICHES.keys() - roots)


def test_niches_named_anywhere_exist() -> None:
    for row in [*DIRECTORY, *MEMBERS, *DEMANDS, *OFFERS]:
        assert set(row.get("niches", []) + row.get("axes", [])) <= NICHES.keys(), row


def test_every_city_has_an_ambassador_who_is_a_member_of_the_own_cluster() -> None:
    assert {row["city"] for row in AMBASSADORS.values()} == CITIES.keys()
    for key, row in AMBASSADORS.items():
        assert key == f"{row['cluster']}/{row['city']}" == f"mnc/{row['city']}"
        for member in filter(None, (row["member_id"], row.get("deputy_id"))):
            assert MEMBER[member]["cluster"] == "mnc"
            assert MEMBER[member]["city"] == row["city"]
        assert row["member_id"] != row.get("deputy_id")
    assert any("deputy_id" in row for row in AMBASSADORS.values())


def test_members_belong_to_known_clusters_and_cities() -> None:
    for row in MEMBERS:
        cluster = CLUSTERS[row["cluster"]]
        assert row["country"] == cluster["country"], row["member_id"]
        assert row.get("city") in CITIES or row["country"] == "FR", row["member_id"]
        assert set(row.get("affiliates", [])) <= MEMBER.keys() - {row["member_id"]}


def test_the_members_are_150_over_all_clusters_and_kinds() -> None:
    assert len(MEMBERS) == 150
    tiers = Counter(CLUSTERS[row["cluster"]]["tier"] for row in MEMBERS)
    assert tiers == {"own": 110, "national": 30, "international": 10}
    assert {row["cluster"] for row in MEMBERS} == CLUSTERS.keys()
    assert {row["kind"] for row in MEMBERS} == set(MemberKind)
    assert {row["capacity"] for row in MEMBERS} == {1, 2, 3, 4, 5}
    assert sum("interests" in row for row in MEMBERS) >= 75
    assert sum("certifications" in row for row in MEMBERS) >= 25
    assert {len(row.get("portfolio", [])) for row in MEMBERS} == {0, 1, 2, 3}


def test_members_write_in_three_languages_and_are_told_in_three() -> None:
    written = Counter(language(row["description"]) for row in MEMBERS)
    assert written["fr"] >= 95
    assert written["ar"] >= 20
    assert written["en"] >= 20
    told = Counter(row["preferences"]["locale"] for row in MEMBERS)
    assert told["fr"] >= 100
    assert told["ar"] >= 18
    assert told["en"] >= 13


def test_texts_of_members_are_short_enough_to_embed_quickly() -> None:
    for row in MEMBERS:
        assert 15 <= len(row["description"].split()) <= 45, row["member_id"]
        for piece in row.get("portfolio", []):
            assert 8 <= len(piece["text"].split()) <= 25, (row["member_id"], piece["title"])
            assert 2001 <= piece["year"] <= 2026


def test_every_invented_organisation_is_marked() -> None:
    real = {row["name"] for row in MEMBERS if not row["fictional"]}
    assert real <= {row["university"] for row in CITIES.values()}
    assert all(row["kind"] == "university" for row in MEMBERS if not row["fictional"])


def test_contact_details_reach_nobody() -> None:
    people = [row["contact"] for row in MEMBERS + DEMANDS + OFFERS if "contact" in row]
    for contact in people + CONTACTS:
        for address in (contact["email"], contact.get("office_email", contact["email"])):
            assert address.isascii()
            assert address.endswith(".example")
        assert re.fullmatch(r"\+(212 5 00 00|33 1 99 00) \d\d \d\d", contact["phone"])
    assert all("contact" in row for row in MEMBERS)


def test_every_city_and_committee_can_be_written_to() -> None:
    assert {row["id"] for row in CONTACTS if row["kind"] == "city"} == CITIES.keys()
    assert {row["id"] for row in CONTACTS if row["kind"] == "committee"} == COMMITTEES.keys()
    for row in CONTACTS:
        Contact.model_validate({k: v for k, v in row.items() if k not in ("kind", "id")})


def test_the_demands_are_60_of_all_kinds_and_by_both_roads() -> None:
    assert len(DEMANDS) == 60
    assert {row["kind"] for row in DEMANDS} == set(DemandKind)
    assert {row["structure"]["kind"] for row in DEMANDS} == set(StructureKind)
    assert {row["reach"] for row in DEMANDS} == set(Reach)
    assert {row.get("wanted", 1) for row in DEMANDS} == {1, 2, 3}
    assert {row["city"] for row in DEMANDS} == CITIES.keys()
    assert Counter(row["via"] for row in DEMANDS)["kafka"] in range(17, 24)
    required = {name for row in DEMANDS for name in row.get("partner", {})}
    assert required == {"kinds", "countries", "languages", "certifications"}
    assert sum("partner" in row for row in DEMANDS) >= 12


def test_demands_are_written_in_three_languages_and_some_do_not_say_which() -> None:
    assert sum("language" not in row for row in DEMANDS) == 12
    written = Counter(language(words_of(row)) for row in DEMANDS)
    assert written == {"fr": 34, "ar": 14, "en": 12}


def test_a_language_that_is_stated_is_the_language_of_the_text() -> None:
    for row in DEMANDS + OFFERS:
        if "language" in row:
            assert language(words_of(row)) == row["language"], row["external_id"]


def test_deadlines_fall_in_2027() -> None:
    with_deadline = [row for row in DEMANDS + OFFERS if "deadline" in row]
    assert all(row["deadline"].startswith("2027-") for row in with_deadline)
    assert 0 < sum("deadline" not in row for row in DEMANDS) < 10


def test_a_city_publishes_through_its_own_system() -> None:
    for row in DEMANDS + OFFERS:
        if match := CITY_SYSTEM.fullmatch(row["source"]):
            assert row["city"] == match["city"]
        assert row["via"] in ("http", "kafka")
    assert all(CITY_SYSTEM.fullmatch(row["source"]) for row in DEMANDS)


def test_the_offers_are_30_of_all_kinds_with_owners_that_exist() -> None:
    assert len(OFFERS) == 30
    assert {row["kind"] for row in OFFERS} == set(OfferKind)
    owners = {"city": CITIES, "member": MEMBER, "committee": COMMITTEES}
    for row in OFFERS:
        assert row["owner"]["id"] in owners[row["owner"]["type"]], row["external_id"]
        assert (row["kind"] == "initiative") == (row["owner"]["type"] == "committee")
        assert row["kind"] != "incubation" or row["capacity"] > 0
    types = Counter(row["owner"]["type"] for row in OFFERS)
    assert types["city"] > types["member"] + types["committee"]
    assert min(types["member"], types["committee"]) >= 3
    assert {language(words_of(row)) for row in OFFERS} == {"fr", "ar", "en"}


def test_forty_demands_have_an_expected_member_who_is_eligible() -> None:
    assert len({row["external_id"] for row in EXPECTED}) == 40
    assert len({(row["external_id"], row["member_id"]) for row in EXPECTED}) == len(EXPECTED)
    for row in EXPECTED:
        member, demand = MEMBER[row["member_id"]], DEMAND[row["external_id"]]
        assert meets_hard_requirements(member, demand), row


def test_a_row_is_marked_cross_exactly_when_the_two_languages_differ() -> None:
    for row in EXPECTED:
        asked = language(words_of(DEMAND[row["external_id"]]))
        answered = language(MEMBER[row["member_id"]]["description"])
        assert row["note"] == ("" if asked == answered else f"cross: {asked}->{answered}"), row
    assert sum(row["note"].startswith("cross") for row in EXPECTED) >= 10


def test_what_nobody_can_serve_is_a_demand_without_expectation() -> None:
    assert len(UNSERVABLE) == 2
    assert set(UNSERVABLE) <= DEMAND.keys()
    assert not set(UNSERVABLE) & {row["external_id"] for row in EXPECTED}
