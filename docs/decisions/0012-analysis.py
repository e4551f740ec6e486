"""Measures decision 0012: languages, words and typing errors, by words alone.

``python docs/decisions/0012-analysis.py [FOLDER ...]``: folders with members, demands and expected
matches, as `jisr evaluate` reads them; samples/ by default. Prints the mean reciprocal rank of the
first expected member among all members, and the difference to the first line of each table with
the 95 % interval of a paired bootstrap over the demands.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from services.matcher.domain import analysis, languages
from services.matcher.domain.analysis import Analysed
from services.matcher.domain.spelling import Spelling
from tests.unit.matcher.typos import damaged

Fields = list[tuple[str, float]]
Analyse = Callable[[Fields, str], Analysed]
LABELLED = Path("tests/unit/matcher/data/languages.tsv")
SEEDS = (1, 2, 3)
OPENING = {
    "fr": "cherche cherchons chercher recherche recherchons souhaite souhaitons besoin besoins"
    " projet projets solution solutions permet permettre developper entreprise partenaire innovant",
    "en": "looking seeking seek wanted need needs project solution solutions partner develop",
    "ar": "نبحث نحتاج نرغب نريد مشروع حل حلول شريك مطلوب حاجه",
}


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON lines file."""
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


class Judged:
    """The demands of a folder that have expected members, and its members."""

    def __init__(self, folder: Path) -> None:
        self.expected: dict[str, set[str]] = defaultdict(set)
        if (folder / "qrels.tsv").exists():
            for row in (folder / "qrels.tsv").read_text().splitlines():
                demand, _, member, grade = row.split("\t")
                if int(grade) > 0:
                    self.expected[demand].add(member)
        else:
            for row in (folder / "expected.tsv").read_text().splitlines()[1:]:
                demand, member, *_ = row.split("\t")
                self.expected[demand].add(member)
        self.members = lines(folder / "members.jsonl")
        every = lines(folder / "demands.jsonl")
        self.demands = [demand for demand in every if demand["external_id"] in self.expected]

    def wrong(self, share: float, seed: int) -> list[dict[str, Any]]:
        """The demands with ``share`` of their words mistyped."""
        return [
            demand
            | {
                key: damaged(demand[key], share, demand.get("language") or "fr", seed)
                for key in ("title", "summary", "description")
                if demand.get(key)
            }
            for demand in self.demands
        ]


def said(member: dict[str, Any]) -> Fields:
    """The fields of a member, weighted as the index weighs them."""
    fields = [(member["name"], 0.5), (", ".join(member.get("keywords", ())), 2.0)]
    fields.append((member.get("description", ""), 1.0))
    for piece in member.get("portfolio", ()):
        fields += [(piece.get("title", ""), 1.5), (piece.get("text", ""), 1.0)]
    return fields


def asked(demand: dict[str, Any]) -> Fields:
    """The fields of a demand, weighted as the index weighs them."""
    keywords = ", ".join(demand.get("keywords", ()))
    fields = [(demand["title"], 2.0), (keywords, 2.0), (demand.get("summary", ""), 1.5)]
    return [*fields, (demand.get("description", ""), 1.0)]


class Words:
    """BM25 over the members of a folder, analysed in one way."""

    def __init__(
        self,
        judged: Judged,
        analyse: Analyse = analysis.analysed,
        *,
        root: Callable[[float], float] = math.sqrt,
        k1: float = 1.2,
        b: float = 0.6,
        flat: bool = False,
        spelling: bool = False,
    ) -> None:
        self.judged, self.analyse, self.root, self.flat = judged, analyse, root, flat
        self.postings: dict[str, dict[int, float]] = defaultdict(dict)
        self.spelling = Spelling() if spelling else None
        lengths = []
        for slot, member in enumerate(judged.members):
            fields = said(member)
            language = languages.language_of(
                " ".join(text for text, weight in fields if weight == 1)
            )
            found = analyse(self._weighed(fields), language)
            lengths.append(sum(found.weights.values()))
            for term, count in found.weights.items():
                self.postings[term][slot] = count
            if self.spelling is not None:
                self.spelling.put(slot, found.words)
        self.norms = k1 * (1 - b + b * np.array(lengths) / max(np.mean(lengths), 1e-9))
        self.ids = np.array([member["member_id"] for member in judged.members])

    def _weighed(self, fields: Fields) -> Fields:
        return [(text, 1.0 if self.flat else weight) for text, weight in fields]

    def idf(self, term: str) -> float:
        """As in `lexical.py`."""
        count = len(self.postings.get(term, ()))
        return math.log(1 + (len(self.ids) - count + 0.5) / (count + 0.5)) if count else 0.0

    def query(self, demand: dict[str, Any]) -> Mapping[str, float]:
        """The terms of a demand with their weights."""
        found = self.analyse(self._weighed(asked(demand)), demand.get("language") or "fr")
        weights = {term: self.root(weight) for term, weight in found.weights.items()}
        if self.spelling is None:
            return weights
        return self.spelling.corrected(weights, found.words, self.idf).weights

    def reciprocal_ranks(self, demands: list[dict[str, Any]] | None = None) -> np.ndarray:
        """For each demand 1 / the place of the first expected member."""
        found = []
        for demand in self.judged.demands if demands is None else demands:
            scores = np.zeros(len(self.ids))
            for term, weight in sorted(self.query(demand).items()):
                for slot, count in self.postings.get(term, {}).items():
                    scores[slot] += weight * self.idf(term) * count / (count + self.norms[slot])
            order = self.ids[np.lexsort((self.ids, -scores))].tolist()
            expected = self.judged.expected[demand["external_id"]]
            found.append(1 / min(order.index(member) + 1 for member in expected))
        return np.array(found)


def difference(before: np.ndarray, after: np.ndarray) -> str:
    """The mean difference with its 95 % interval."""
    chosen = np.random.default_rng(1).integers(0, len(before), (5_000, len(before)))
    means = (after - before)[chosen].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{after.mean():.3f} {(after - before).mean():+.3f} [{low:+.3f}, {high:+.3f}]"


@contextmanager
def patched(**changes: Any) -> Iterator[None]:
    """`analysis` with some of its parts exchanged."""
    analysis._readings.cache_clear()
    with patch.multiple(analysis, **changes):
        yield
    analysis._readings.cache_clear()


def with_grams(shortest: int, longest: int, weight: float) -> Analyse:
    """Character n-grams of each word as terms of their own."""

    def analyse(fields: Fields, language: str) -> Analysed:
        found = analysis.analysed(fields, language)
        grams: Counter[str] = Counter()
        for text, times in fields:
            for _, _, folded in analysis.readings(text, language):
                if len(folded) > 3 and folded.isalpha():
                    word = f"_{folded}_"
                    for size in range(shortest, longest + 1):
                        for at in range(len(word) - size + 1):
                            grams["~" + word[at : at + size]] += times * weight
        return found._replace(weights=found.weights | grams)

    return analyse


def with_beginnings(letters: int, weight: float) -> Analyse:
    """The first letters of each word as a term of its own."""

    def analyse(fields: Fields, language: str) -> Analysed:
        found = analysis.analysed(fields, language)
        heads: Counter[str] = Counter()
        for text, times in fields:
            for _, _, folded in analysis.readings(text, language):
                if len(folded) >= letters and folded.isalpha():
                    heads["^" + folded[:letters]] += times * weight
        return found._replace(weights=found.weights | heads)

    return analyse


def table_of_words(judged: Judged) -> None:
    """What each part of the analysis and each constant is worth."""
    base = Words(judged).reciprocal_ranks()

    def row(name: str, words: Words) -> None:
        print(f"  {name:40s} {difference(base, words.reciprocal_ranks())}")

    row("as decided", Words(judged))
    stop = analysis._STOP
    with patched(_STOP={code: frozenset() for code in stop}):
        row("no stop words", Words(judged))
    more = {code: stop[code] | frozenset(OPENING.get(code, "").split()) for code in stop}
    with patched(_STOP=more):
        row("opening words of demands stopped too", Words(judged))
    with patched(_stem=lambda word, _: word):
        row("no stemming", Words(judged))
    with patched(sentences=lambda text, language: [(text, language)]):
        row("one language for each text", Words(judged))
    with patched(_whole=lambda *_: ""):
        row("compounds only in parts", Words(judged))
    row("query: terms count as often as they stand", Words(judged, root=float))
    row("query: terms count once", Words(judged, root=lambda _: 1.0))
    row("all fields weigh the same", Words(judged, flat=True))
    for k1, b in ((0.9, 0.3), (1.2, 0.3), (1.2, 0.75), (1.2, 0.9), (2.0, 0.6)):
        row(f"k1 {k1}, b {b}", Words(judged, k1=k1, b=b))


def table_of_errors(judged: Judged) -> None:
    """Typing errors in no word, in one of ten, in one of five; and in titles alone."""
    wrong = {share: [judged.wrong(share, seed) for seed in SEEDS] for share in (0.1, 0.2)}
    titles = [
        [demand | {"description": "", "summary": ""} for demand in demands]
        for demands in wrong[0.2]
    ]
    sets = {"clean": [judged.demands], "1 of 10": wrong[0.1], "1 of 5": wrong[0.2]}
    sets["titles, 1 of 5"] = titles
    ways = {
        "as they are": Words(judged),
        "spelling (decided)": Words(judged, spelling=True),
        "n-grams 3 to 5, weight 0.05": Words(judged, with_grams(3, 5, 0.05)),
        "n-grams 4 and 5, weight 0.1": Words(judged, with_grams(4, 5, 0.1)),
        "first 5 letters, weight 0.5": Words(judged, with_beginnings(5, 0.5)),
        "first 5 letters and spelling": Words(judged, with_beginnings(5, 0.5), spelling=True),
    }
    base: dict[str, np.ndarray] = {}
    for name, words in ways.items():
        cells = []
        for kind, several in sets.items():
            ranks = np.mean([words.reciprocal_ranks(demands) for demands in several], axis=0)
            cells.append(f"{kind} {difference(base.setdefault(kind, ranks), ranks)}")
        print(f"  {name:28s} {' | '.join(cells)}")


def table_of_languages() -> None:
    """How many of the labelled texts are told right, and what one costs."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    ours = LanguageIdentifier.from_model_file(MODEL_FILE)
    ours.set_languages(["fr", "en", "ar"])
    nearer = LanguageIdentifier.from_model_file(MODEL_FILE)
    nearer.set_languages([*languages.TOLD, "ar"])
    rows = [line.split("\t") for line in LABELLED.read_text().splitlines() if line[0] != "#"]
    texts = [
        (kind, language, segment)
        for kind, codes, text in rows
        for language, segment in zip(codes.split("+"), text.split(" ‖ "), strict=True)
        if kind != "name"
    ]
    with patch.object(languages, "_identifier", lambda: _Unsure()):
        told(texts, "function words alone", languages.language_of)
    told(texts, "py3langid, fr en ar", lambda text: ours.classify(text)[0])
    told(texts, f"py3langid, {len(languages.TOLD) + 1} languages", lambda t: nearer.classify(t)[0])
    told(texts, "both (decided)", languages.language_of)


class _Unsure:
    """In place of py3langid: never sure."""

    def rank(self, _: str) -> list[tuple[str, float]]:
        """Nothing."""
        return []


def told(texts: list[tuple[str, str, str]], name: str, way: Callable[[str], str]) -> None:
    """One line of `table_of_languages`."""
    way("warm the cache")
    start = time.perf_counter()
    right = Counter(kind for kind, language, text in texts if way(text) == language)
    spent = (time.perf_counter() - start) / len(texts) * 1e3
    every = Counter(kind for kind, _, _ in texts)
    cells = ", ".join(f"{kind} {right[kind]}/{every[kind]}" for kind in every)
    print(f"  {name:24s} {sum(right.values())}/{len(texts)}: {cells}; {spent:.2f} ms a text")


if __name__ == "__main__":
    print("languages")
    table_of_languages()
    for folder in map(Path, sys.argv[1:] or ["samples"]):
        judged = Judged(folder)
        print(f"{folder.name}, {len(judged.demands)} demands, by words alone")
        table_of_words(judged)
        print(f"{folder.name}, typing errors")
        table_of_errors(judged)
