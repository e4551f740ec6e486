"""SentencePiece's unigram tokenizer: the likeliest way to cut a text into known pieces."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_SPACE = "\u2581"
_BLANKS = re.compile("  +")
_UNKNOWN_PENALTY = 10.0


class Unigram:
    """Pieces with their log-probabilities (Kudo 2018, section 3.1).

    ``replaced`` maps code points to what stands for them (the model's normalisation). A letter
    that no piece covers costs 10 less than the least likely piece, as in SentencePiece.
    """

    def __init__(
        self,
        pieces: Sequence[str],
        scores: Sequence[float],
        replaced: Mapping[int, str],
        *,
        begin: int,
        end: int,
        unknown: int,
    ) -> None:
        self.begin = begin
        self.end = end
        self._unknown = unknown
        self._replaced = dict(replaced)
        self._known = {
            piece: (score, number)
            for number, (piece, score) in enumerate(zip(pieces, scores, strict=True))
            if piece and number != unknown
        }
        self._longest = max(map(len, self._known))
        self._unknown_score = min(scores) - _UNKNOWN_PENALTY

    def ids(self, text: str) -> list[int]:
        """The numbers of the pieces of ``text``, without begin and end (Viterbi)."""
        plain = _BLANKS.sub(" ", text.translate(self._replaced))
        marked = plain if plain.startswith(" ") else f" {plain}"
        return self._best(marked.replace(" ", _SPACE))

    def _best(self, text: str) -> list[int]:
        size = len(text)
        known, longest = self._known, self._longest
        best = [0.0] + [float("-inf")] * size
        cut: list[tuple[int, int]] = [(0, 0)] * (size + 1)  # where the last piece starts, and which
        for start in range(size):
            here = best[start]
            for stop in range(start + 1, min(size, start + longest) + 1):
                found = known.get(text[start:stop])
                if found is not None and here + found[0] > best[stop]:
                    best[stop] = here + found[0]
                    cut[stop] = (start, found[1])
            if here + self._unknown_score > best[start + 1]:
                best[start + 1] = here + self._unknown_score
                cut[start + 1] = (start, self._unknown)
        numbers: list[int] = []
        while size:
            size, number = cut[size]
            numbers.append(number)
        return numbers[::-1]
