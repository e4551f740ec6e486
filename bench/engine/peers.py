"""Peers on the same members and demands: ``python -m bench.engine.peers SIZE DEMANDS``.

Words: bm25s, tantivy and PostgreSQL's full text index the words of each member as one text and find
the 100 best for the words of a demand; beside them our coverage alone, for tantivy with its b.
Meaning: FAISS' exact flat index holds the centred vector of each piece; beside it our closeness
alone, of the nearest piece, as FAISS', and of all that count, as the service's. One thread each.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import bm25s
import faiss
import numpy as np
import tantivy

from bench.engine.ours import (
    Search,
    Texts,
    as_tantivy,
    by_meaning,
    by_words,
    of_single_pieces,
    words_of,
)
from bench.engine.own import TOP, loaded, summed_up
from bench.engine.profiles import LANGUAGES, Profiles
from services.matcher.domain import languages
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Need
from services.matcher.domain.semantic import Meanings, unit
from services.runtime.embedded import EmbeddedPostgres

_K1, _B, _PRIOR = 1.2, 0.6, 10


@dataclass(frozen=True)
class Answers:
    """What a peer found for each demand, in how many milliseconds, and how long it was built."""

    found: list[list[int]]
    spent: list[float]
    build_s: float

    def beside(self, ours: Answers) -> dict[str, Any]:
        """Its times, those of ours, and how many of its best are among ours."""
        shares = [
            len(set(theirs) & set(mine)) / max(len(theirs), 1)
            for theirs, mine in zip(self.found, ours.found, strict=True)
        ]
        return {
            **summed_up(self.spent),
            "ours": summed_up(ours.spent),
            "overlap": round(float(np.mean(shares)), 3),
            "build_s": round(self.build_s, 1),
        }


def _answers(needs: list[Need], build: Callable[[], Search]) -> Answers:
    began = time.perf_counter()
    search = build()
    built = time.perf_counter() - began
    search(needs[0])
    found, spent = [], []
    for need in needs:
        began = time.perf_counter()
        found.append(search(need))
        spent.append((time.perf_counter() - began) * 1_000)
    return Answers(found, spent, built)


def _bm25s(texts: Texts) -> Search:
    index = bm25s.BM25(method="lucene", k1=_K1, b=_B)
    index.index(texts, show_progress=False)

    def search(need: Need) -> list[int]:
        words = [word for word in words_of(need) if word in index.vocab_dict]
        found, _ = index.retrieve([words], k=TOP, show_progress=False)
        return [int(number) for number in found[0]]

    return search


def _tantivy(texts: Texts, folder: str) -> Search:
    schema = tantivy.SchemaBuilder()
    schema.add_unsigned_field("number", stored=True)
    schema.add_text_field("body", stored=False)
    index = tantivy.Index(schema.build(), path=folder)
    writer = index.writer(256_000_000, 1)
    for number, words in enumerate(texts):
        writer.add_document(tantivy.Document(number=number, body=" ".join(words)))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(need: Need) -> list[int]:
        query = index.parse_query(" ".join(words_of(need)), ["body"])
        hits = searcher.search(query, TOP, count=False).hits
        return [searcher.doc(address)["number"][0] for _, address in hits]

    return search


def _centred(profiles: Profiles, size: int) -> tuple[Any, Any]:
    """Each piece without the centre of its language, of unit length, and whose it is."""
    rows, whose, tongues = [], [], []
    for number, profile in enumerate(profiles.members(size)):
        vectors = profile.prepared.vectors
        assert vectors is not None
        rows.append(vectors)
        whose += [number] * len(vectors)
        tongues += [LANGUAGES.index(profile.prepared.language)] * len(vectors)
    pieces, spoken = np.concatenate(rows).astype(np.float32), np.array(tongues)
    for code, language in enumerate(LANGUAGES):
        mine = spoken == code
        total = pieces[mine].sum(axis=0) + _PRIOR * profiles.centres.of_passage(language)
        pieces[mine] -= total / (_PRIOR + np.count_nonzero(mine))
    return unit(pieces), np.array(whose)


def _faiss(vectors: Any, whose: Any, meanings: Meanings) -> Search:
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)

    def search(need: Need) -> list[int]:
        assert need.vector is not None
        asked = meanings.asked(need.vector, need.language).astype(np.float32)
        _, found = flat.search(asked[None], 3 * TOP)
        return list(dict.fromkeys(whose[found[0]].tolist()))[:TOP]

    return search


_RANKED = """
SELECT number FROM profiles WHERE words @@ to_tsquery('simple', $1)
ORDER BY ts_rank(words, to_tsquery('simple', $1), 1) DESC, number LIMIT 100
"""
_LOAD = """
CREATE TABLE profiles AS
SELECT number, to_tsvector('simple', body) AS words FROM told;
CREATE INDEX ON profiles USING gin (words);
ANALYZE profiles;
SET max_parallel_workers_per_gather = 0;
"""


async def _postgres(dsn: str, texts: Texts, needs: list[Need]) -> Answers:
    connection = await asyncpg.connect(dsn)
    try:
        began = time.perf_counter()
        await connection.execute("CREATE TEMP TABLE told (number integer, body text)")
        rows = [(number, " ".join(words)) for number, words in enumerate(texts)]
        await connection.copy_records_to_table("told", records=rows)
        await connection.execute(_LOAD)
        built = time.perf_counter() - began
        statement = await connection.prepare(_RANKED)
        found, spent = [], []
        for need in needs:
            began = time.perf_counter()
            rows = await statement.fetch(" | ".join(words_of(need)))
            spent.append((time.perf_counter() - began) * 1_000)
            found.append([row[0] for row in rows])
        return Answers(found, spent, built)
    finally:
        await connection.close()


def measure(size: int, demands: int) -> dict[str, Any]:
    """Every peer beside ours, at ``size``."""
    languages.warm()
    faiss.omp_set_num_threads(1)
    profiles = Profiles()
    index, _ = loaded(profiles, size)
    texts = [profile.words for profile in profiles.members(size)]
    needs = profiles.demands(demands, rare=False)
    words = _answers(needs, lambda: by_words(index.lexicon))
    found = {"bm25s": _answers(needs, lambda: _bm25s(texts)).beside(words)}
    with tempfile.TemporaryDirectory(prefix="jisr-bench-") as folder:
        there = Path(folder)
        (there / "tantivy").mkdir()
        answers = _answers(needs, lambda: _tantivy(texts, str(there / "tantivy")))
        found["tantivy"] = answers.beside(_answers(needs, lambda: by_words(as_tantivy(texts))))
        with EmbeddedPostgres(there / "postgres") as postgres:
            answers = asyncio.run(_postgres(postgres.dsn, texts, needs))
            found["PostgreSQL full text"] = answers.beside(words)
    return {"size": size, "demands": demands, "peers": found | _by_meaning(profiles, index, needs)}


def _by_meaning(
    profiles: Profiles, index: SupplyIndex, needs: list[Need]
) -> dict[str, dict[str, Any]]:
    """FAISS beside ours, by single pieces and as the service compares."""
    size, meanings = len(index), index.meanings
    assert meanings is not None
    whole = _answers(needs, lambda: by_meaning(meanings, size))
    vectors, whose = _centred(profiles, size)
    answers = _answers(needs, lambda: _faiss(vectors, whose, meanings))
    single = _answers(needs, lambda: by_meaning(of_single_pieces(profiles, size), size))
    return {
        "FAISS flat": answers.beside(single),
        "FAISS flat, ours by all pieces": answers.beside(whole),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
