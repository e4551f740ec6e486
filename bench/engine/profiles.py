"""Generated members and demands with the statistics of real ones, the same for the same seed.

Fitted on `samples/` (150 members, 60 demands): a member has 1-4 pieces (as there: 2 in four of
five), 34 terms after stop words, lognormal with sigma 0.23; a demand has 23. Terms follow
Zipf-Mandelbrot, 1 / (rank + 10), over 300,000, so that the commonest stands in a quarter of the
profiles; a third of a text is of its trade's own words. Vectors lie in the stored space of the
embedding model, around the centre of their side and language; what differs between them is mixed
of what differs between its stored queries, with a direction for each trade.

Terms are made-up words that no stemmer changes, so all engines see the same. Between them stand
function words, French or English, by which a text's language is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import Stemmer
from numpy.typing import NDArray

from services.matcher.adapters.fitted import space
from services.matcher.adapters.shipped import EMBEDDER
from services.matcher.domain import keeping
from services.matcher.domain.analysis import Analysed
from services.matcher.domain.eligibility import World
from services.matcher.domain.model import Need, Owner, Piece, Supply, Vector, Wish
from services.matcher.domain.preparing import Prepared
from services.matcher.domain.semantic import unit

DIMENSION = 384
RARE_COUNTRY, RARE_SHARE = "FR", 0.02
LANGUAGES = ("fr", "en", "ar")
_SEED = 20_261_123
_BATCH = 1_000
_TERMS, _TRADE_TERMS, _SHIFT = 300_000, 3_000, 10.0
_OWN_SHARE = 1 / 3
_TRADES, _FAMILIES = 60, 6
_MEMBER_TERMS, _SIGMA, _DEMAND_TERMS = 34, 0.23, 23
_PIECES = ((1, 2, 3, 4), (0.05, 0.8, 0.12, 0.03))
_LANGUAGE_SHARES = (0.6, 0.2, 0.2)
_KINDS = ("company", "startup", "university", "laboratory", "association")
_JOINTS = {"fr": ("de", "la", "pour", "des", "et"), "en": ("of", "the", "for", "and", "with")}
_SYLLABLES = [c + v for c in "bcdfghklmnprstvz" for v in "aou"]
_TRADE, _NOISE = 0.3, 0.3

PARENTS: dict[str, str | None] = {
    f"n{trade}": None if trade < _FAMILIES else f"n{trade % _FAMILIES}" for trade in range(_TRADES)
}
WORLD = World({"mnc": "own"}, PARENTS)


@dataclass(frozen=True)
class Profile:
    """One generated member: what the index takes, and its words for the other engines."""

    prepared: Prepared
    words: list[str]


class Profiles:
    """A source of members and demands; each has its own stream of random numbers."""

    def __init__(self, seed: int = _SEED) -> None:
        random = np.random.default_rng(seed)
        self._general = _cumulated(_TERMS)
        self._special = _cumulated(_TRADE_TERMS)
        self._own = random.integers(0, _TERMS, (_TRADES, _TRADE_TERMS))
        self._spelled = _spelled(random)
        self.centres = space(EMBEDDER, DIMENSION)
        self._differences = np.concatenate(
            [self.centres.background[code] - self.centres.queries[code] for code in LANGUAGES]
        )
        self._trades = self._mixed(random, _TRADES)
        self._seed = seed

    def members(self, count: int, start: int = 0) -> Iterator[Profile]:
        """Members ``start`` to ``start + count``; ``start`` is a multiple of 1,000."""
        for first in range(start, start + count, _BATCH):
            random = np.random.default_rng((self._seed, 1, first))
            yield from self._batch(random, first, min(_BATCH, start + count - first))

    def _batch(self, random: np.random.Generator, first: int, count: int) -> Iterator[Profile]:
        trades = random.integers(0, _TRADES, count)
        tongues = random.choice(len(LANGUAGES), count, p=_LANGUAGE_SHARES)
        pieces = random.choice(_PIECES[0], count, p=_PIECES[1])
        sizes = np.exp(random.normal(np.log(_MEMBER_TERMS), _SIGMA, count)).astype(int)
        words = self._words(random, np.repeat(trades, sizes))
        mixed = self._vectors(
            random, self.centres.passages, np.repeat(trades, pieces), np.repeat(tongues, pieces)
        )
        vectors = self.centres.mapped(mixed).astype(np.float16)
        rare = random.random(count) < RARE_SHARE
        kinds = random.integers(0, len(_KINDS), count)
        others = random.integers(0, _TRADES, count)
        word = row = 0
        for place in range(count):
            mine = words[word : word + sizes[place]]
            word += sizes[place]
            rows = vectors[row : row + pieces[place]]
            row += pieces[place]
            language = LANGUAGES[tongues[place]]
            supply = _member(
                f"m-{first + place}",
                [_between(part, language) for part in _parted(mine, len(rows))],
                country=RARE_COUNTRY if rare[place] else "MA",
                niches=tuple({f"n{trades[place]}": 0, f"n{others[place]}": 0}),
                member_kind=_KINDS[kinds[place]],
                languages=frozenset({"fr", language}),
            )
            weights = {term: float(often) for term, often in Counter(mine).items()}
            told = Analysed(weights, {}, {word: word for word in weights})
            spoken = [language] * len(rows)
            kept = keeping.pack(supply)
            yield Profile(Prepared(supply, language, spoken, told, rows, kept), mine)

    def demands(self, count: int, *, rare: bool) -> list[Need]:
        """Demands that all members may serve, or with ``rare`` two in a hundred (by country)."""
        random = np.random.default_rng((self._seed, 2))
        trades = random.integers(0, _TRADES, count)
        tongues = random.choice(len(LANGUAGES), count, p=_LANGUAGE_SHARES)
        words = self._words(random, np.repeat(trades, _DEMAND_TERMS))
        vectors = self._vectors(random, self.centres.queries, trades, tongues)
        wish = Wish(countries=frozenset({RARE_COUNTRY})) if rare else Wish()
        found = []
        for number in range(count):
            mine = words[number * _DEMAND_TERMS : (number + 1) * _DEMAND_TERMS]
            found.append(
                Need(
                    need_id=f"d-{number}",
                    kind="demand",
                    owner=Owner("city", "settat"),
                    asks="service",
                    version=1,
                    title=_between(mine[:5], LANGUAGES[tongues[number]]),
                    description=_between(mine[5:], LANGUAGES[tongues[number]]),
                    language=LANGUAGES[tongues[number]],
                    niches=(f"n{trades[number]}",),
                    wish=wish,
                    vector=vectors[number],
                )
            )
        return found

    def _words(self, random: np.random.Generator, trades: NDArray[np.int64]) -> list[str]:
        """A term for each of ``trades``, common or of the trade."""
        common = np.searchsorted(self._general, random.random(len(trades)))
        own = np.searchsorted(self._special, random.random(len(trades)))
        chosen = random.random(len(trades)) < _OWN_SHARE
        numbers = np.where(chosen, self._own[trades, own], common)
        return [self._spelled[number] for number in numbers.tolist()]

    def _vectors(
        self,
        random: np.random.Generator,
        means: Mapping[str, Vector],
        trades: NDArray[np.int64],
        tongues: NDArray[np.int64],
    ) -> NDArray[np.float32]:
        centres = np.array([means[code] for code in LANGUAGES])[tongues]
        own = _TRADE * self._trades[trades] + _NOISE * self._mixed(random, len(trades))
        return unit(centres + own)

    def _mixed(self, random: np.random.Generator, count: int) -> NDArray[np.float32]:
        """Directions in which texts differ, of length 1."""
        shares = random.standard_normal((count, len(self._differences)), np.float32)
        return unit(shares @ self._differences)


def _between(words: list[str], language: str) -> str:
    """``words`` with a function word between every two."""
    joints = _JOINTS["en" if language == "en" else "fr"]
    told = [f"{word} {joints[n % len(joints)]}" for n, word in enumerate(words[:-1])]
    return " ".join([*told, *words[-1:]])


def _cumulated(count: int) -> NDArray[np.float64]:
    """The Zipf-Mandelbrot distribution of ``count`` ranks, summed up; its end is 1."""
    weights = 1 / (np.arange(1, count + 1) + _SHIFT)
    return np.cumsum(weights / weights.sum()).clip(max=1.0)


def _spelled(random: np.random.Generator) -> list[str]:
    """Words of three to five syllables; none that a stemmer would change, none twice."""
    found: dict[str, None] = {}
    while len(found) < _TERMS:
        syllables = random.integers(0, len(_SYLLABLES), (_TERMS, 5)).tolist()
        lengths = random.integers(3, 6, _TERMS).tolist()
        words = [
            "".join(_SYLLABLES[syllable] for syllable in row[:length]) + "k"
            for row, length in zip(syllables, lengths, strict=True)
        ]
        stems = [Stemmer.Stemmer(name).stemWords(words) for name in ("french", "english")]
        found |= {
            word: None for word, fr, en in zip(words, *stems, strict=True) if fr == en == word
        }
    return list(found)[:_TERMS]


def _parted(words: list[str], parts: int) -> list[list[str]]:
    """``words`` spread over so many parts."""
    share = max(len(words) // parts, 1)
    ends = [share * n for n in range(1, parts)]
    return [words[start:end] for start, end in zip([0, *ends], [*ends, None], strict=True)]


def _member(identifier: str, texts: list[str], **facts: object) -> Supply:
    """A member with a piece for each of ``texts``."""
    roles = ["profile", *["portfolio"] * (len(texts) - 1)]
    return Supply(
        supply_id=identifier,
        kind="member",
        owner=Owner("member", identifier),
        name=f"Member {identifier}",
        version=1,
        cluster="mnc",
        capacity=3,
        pieces=tuple(Piece(role, text) for role, text in zip(roles, texts, strict=True)),  # type: ignore[arg-type]
        **facts,  # type: ignore[arg-type]
    )
