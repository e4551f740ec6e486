"""Which niches a demand is taken to be about that names none."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain import analysis, inference
from services.matcher.domain.eligibility import World
from services.matcher.domain.evidence import Asked
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.inference import FEWEST, MOST, SURE, Guess, Niche, Vocabulary
from services.matcher.domain.model import Candidate, Need, Piece, Vector
from services.matcher.domain.ranking import score_one
from services.matcher.domain.semantic import Centres, unit
from tests.strategies import NOW, texts
from tests.unit.matcher.things import MODEL, demand, index_of, interest, member

PARENTS = {"payment": None, "mobile-payment": "payment", "irrigation": None, "drones": None}
WORLD = World({}, PARENTS)
NICHES = (
    Niche("payment", {"fr": "Paiement", "ar": "الأداء", "en": "Payment"}),
    Niche(
        "mobile-payment",
        {"fr": "Paiement mobile", "ar": "الأداء عبر الهاتف", "en": "Mobile payment"},
        ("m-wallet", "محفظة إلكترونية"),
    ),
    Niche(
        "irrigation", {"fr": "Irrigation", "ar": "الري", "en": "Irrigation"}, ("goutte-à-goutte",)
    ),
    Niche("drones", {"fr": "Drones", "ar": "الطائرات بدون طيار", "en": "Drones"}, ("UAV",)),
)
DIMENSION = 12
CENTRES = Centres("m", DIMENSION)


def said(text: str, language: str = "fr", title: str = "") -> dict[str, float]:
    """The terms of a demand, as an index without supplies gives them."""
    need = demand(title=title or text, description=text, language=language)
    return dict(SupplyIndex().query_of(need).terms)


def guessed(text: str, language: str = "fr") -> Guess:
    return Vocabulary(NICHES).guess(said(text, language), None)


@pytest.mark.parametrize(
    ("text", "language", "niche"),
    [
        ("Irrigation d’un verger d’amandiers", "fr", "irrigation"),
        ("Arroser au goutte à goutte, goutte-à-goutte enterré", "fr", "irrigation"),
        ("Surveying dams with drones", "en", "drones"),
        ("نريد الري في واحة", "ar", "irrigation"),
        ("نبحث عن محفظة إلكترونية للتعاونيات", "ar", "mobile-payment"),
        ("نحتاج UAV لمراقبة الغابة", "ar", "drones"),
    ],
)
def test_a_label_or_a_synonym_of_any_language_tells_the_niche(
    text: str, language: str, niche: str
) -> None:
    found = guessed(text, language)
    assert found.niches == (niche,)
    assert SURE <= found.sure < 1
    assert found.counts == 0


@pytest.mark.parametrize("text", ["", "Restaurer un plafond peint", "mobile", "numéro 42"])
def test_nothing_is_inferred_when_that_is_unsure(text: str) -> None:
    assert guessed(text) == Guess((), 0.0, 0.0)
    assert Vocabulary(()).guess(said("Irrigation"), None) == Guess()


def test_part_of_a_label_tells_less_than_the_whole() -> None:
    vocabulary = Vocabulary(NICHES)
    whole = vocabulary.chances(said("paiement mobile"), None)
    part = vocabulary.chances(said("téléphone mobile"), None)
    place = sorted(niche.niche_id for niche in NICHES).index("mobile-payment")
    assert whole[place] > part[place]


def test_a_word_that_is_said_again_tells_more_than_one_in_passing() -> None:
    vocabulary = Vocabulary(NICHES)
    place = sorted(niche.niche_id for niche in NICHES).index("irrigation")
    once = said("Un verger d’amandiers, son irrigation aussi", title="Amandiers")
    again = said("Un verger d’amandiers, son irrigation aussi", title="Irrigation")
    passing, meant = (vocabulary.chances(terms, None)[place] for terms in (once, again))
    assert passing < SURE < meant


def vectors_of(niches: tuple[Niche, ...]) -> dict[str, Vector]:
    """A direction for each niche, its languages a little apart."""
    found = {}
    for place, niche in enumerate(niches):
        for turn, text in enumerate(niche.texts().values()):
            vector = np.zeros(DIMENSION, np.float32)
            vector[place], vector[-1] = 1.0, 0.1 * turn
            found[text] = unit(vector)
    return found


MANY = (*NICHES, *(Niche(f"n-{n}", {"fr": f"Domaine {n}"}) for n in range(FEWEST)))
VECTORS = vectors_of(MANY)


def towards(niche_id: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """What a demand asks that is about this niche."""
    asked = np.full(DIMENSION, 0.1)
    asked[[niche.niche_id for niche in MANY].index(niche_id)] = 1.0
    return asked / np.linalg.norm(asked)


def test_meaning_tells_the_niche_where_no_word_does() -> None:
    vocabulary = Vocabulary(MANY, VECTORS, CENTRES)
    assert vocabulary.missing == []
    nothing = said("Restaurer un plafond peint")
    assert vocabulary.guess(nothing, towards("irrigation")).niches == ("irrigation",)
    assert vocabulary.guess(nothing, None).niches == ()
    assert Vocabulary(MANY).guess(nothing, towards("irrigation")).niches == ()


def test_what_is_as_near_to_everything_is_near_to_nothing() -> None:
    everywhere = np.full(DIMENSION, DIMENSION**-0.5)
    assert Vocabulary(MANY, VECTORS, CENTRES).guess({}, everywhere).niches == ()


def test_few_niches_are_compared_by_words_alone() -> None:
    vocabulary = Vocabulary(NICHES, VECTORS, CENTRES)
    assert vocabulary.missing == []
    assert vocabulary.guess(said("plafond"), towards("irrigation")) == Guess()


def test_texts_without_a_vector_are_told_and_do_not_count() -> None:
    lost = NICHES[2].texts()["ar"]
    known = {text: vector for text, vector in VECTORS.items() if text != lost}
    vocabulary = Vocabulary(MANY, known, CENTRES)
    assert vocabulary.missing == [lost]
    assert vocabulary.guess({}, towards("irrigation")).niches == ("irrigation",)


@given(
    texts, st.randoms(use_true_random=False), st.sampled_from([None, *(n.niche_id for n in MANY)])
)
def test_the_order_of_the_vocabulary_counts_for_nothing(
    text: str, shuffle: random.Random, near: str | None
) -> None:
    shuffled = list(MANY)
    shuffle.shuffle(shuffled)
    asked = None if near is None else towards(near)
    one = Vocabulary(MANY, VECTORS, CENTRES).guess(said(text), asked)
    assert one == Vocabulary(shuffled, VECTORS, CENTRES).guess(said(text), asked)
    assert len(one.niches) <= MOST
    assert (one.sure >= SURE) if one.niches else one.sure == 0
    assert one.counts in (0, one.sure)


def with_niches(*niches: Niche) -> SupplyIndex:
    """An index of one member for irrigation, with a vocabulary."""
    index = index_of(member("m-1", "Pompes et tuyaux.", niches=("irrigation",)))
    index.name(niches, {})
    return index


UNNAMED = demand(title="Irrigation d’un verger", description="", niches=())


def judged(index: SupplyIndex, need: Need) -> Candidate:
    """The one member for ``need``."""
    found = score_one(need, "m-1", index, WORLD, MODEL, NOW)
    assert found is not None
    return found


def marks(found: Candidate) -> list[bool]:
    """Of each reason that names a niche whether that was inferred."""
    return [reason.inferred for reason in found.reasons if reason.kind == "niche"]


def test_inferred_niches_count_as_far_as_they_are_sure_and_are_marked() -> None:
    asked = replace(UNNAMED, vector=towards("irrigation").astype(np.float32))
    piece = Piece("profile", "Pompes et tuyaux.", vector=unit(np.ones(DIMENSION, np.float32)))
    index = SupplyIndex(CENTRES)
    index.put(member("m-1", niches=("irrigation",), pieces=(piece,)))
    none = judged(index, asked)
    index.name(MANY, VECTORS)
    inferred, named = (judged(index, n) for n in (asked, replace(asked, niches=("irrigation",))))
    assert [marks(one) for one in (none, inferred, named)] == [[], [True], [False]]
    assert none.evidence.niche is None
    assert inferred.evidence.niche == named.evidence.niche == 1.0
    assert SURE <= inferred.evidence.sure < named.evidence.sure == 1.0
    assert none.score < inferred.score < named.score


def test_what_words_alone_tell_is_a_reason_and_no_evidence() -> None:
    none, inferred = (judged(with_niches(*niches), UNNAMED) for niches in ((), NICHES))
    assert inferred.score == none.score
    assert (marks(none), marks(inferred)) == ([], [True])


@pytest.mark.parametrize(
    "need",
    [
        demand(title="Irrigation d’un verger", niches=("drones",)),
        demand(title="Irrigation d’un verger", niches=("unheard-of",)),
        interest(title="Irrigation d’un verger"),
    ],
    ids=["it names a niche", "it names an unknown one", "an interest"],
)
def test_a_need_that_names_niches_and_an_interest_are_left_as_they_are(need: Need) -> None:
    asked = Asked.of(need, with_niches(*NICHES), PARENTS, NOW.year)
    assert (asked.niches, asked.inferred, asked.sure) == (need.niches, False, 1.0)


def test_a_changed_vocabulary_changes_what_is_inferred() -> None:
    index = with_niches(*NICHES)
    assert Asked.of(UNNAMED, index, PARENTS, NOW.year).niches == ("irrigation",)
    index.name([niche for niche in NICHES if niche.niche_id != "irrigation"], {})
    assert Asked.of(UNNAMED, index, PARENTS, NOW.year).niches == ()


def test_a_typing_error_hides_no_niche() -> None:
    index = index_of(member("m-1", "Irrigation des vergers.", niches=("irrigation",)))
    index.name(NICHES, {})
    wrong = replace(UNNAMED, title="Irrigatoin du verger", description="irrigatoin, irrigatoin")
    assert Asked.of(wrong, index, PARENTS, NOW.year).niches == ("irrigation",)


def test_every_label_is_embedded_with_all_synonyms() -> None:
    assert NICHES[1].texts()["en"] == "Mobile payment. m-wallet, محفظة إلكترونية"
    every = [text for niche in NICHES for text in niche.texts().values()]
    assert inference.lacking(NICHES, {}) == list(dict.fromkeys(every))
    assert set(analysis.LANGUAGES) == set(NICHES[0].labels)
