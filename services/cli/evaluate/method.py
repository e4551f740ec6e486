"""What a score is made of."""

from __future__ import annotations

from enum import StrEnum


class Method(StrEnum):
    """As the hub scores, as it does without embeddings, or by closeness in meaning alone."""

    HYBRID = "hybrid"
    LEXICAL = "lexical"
    DENSE = "dense"
