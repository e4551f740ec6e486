"""Hypothesis strategies, and how many examples are tried.

``HYPOTHESIS_PROFILE=nightly`` tries many; the default, ``dev``, is quick.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from services.matcher.domain.eligibility import World
from services.matcher.domain.model import Need, Owner, Piece, Supply, Taker, Wish

settings.register_profile(
    "dev", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "nightly", max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev-ci", settings.get_profile("dev"), derandomize=True)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "dev-ci" if os.environ.get("CI") else "dev")
)

EXAMPLES = settings().max_examples
"""How many examples are tried of whatever does not say otherwise."""
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

PARENTS = {
    "ict": None,
    "payment": "ict",
    "mobile-payment": "payment",
    "security": "ict",
    "farming": None,
    "irrigation": "farming",
    "livestock": "farming",
}
"""A small forest of niches: each with its parent."""

WORLD = World(
    {"mnc": "own", "agri": "national", "lyon": "international"},
    PARENTS,
    countries={"settat": "MA", "oujda": "MA"},
)

_WORDS = [
    *("paiement", "mobile", "sécurisé", "terminal", "carte", "irrigation", "capteurs", "ruches"),
    *("eau", "puits", "données", "payment", "secure", "sensors", "water", "beehives", "field"),
    *("الدفع", "الهاتف", "الماء", "النحل", "خلايا", "مستشعرات"),
]

words = st.sampled_from(_WORDS)
texts = st.lists(words, min_size=1, max_size=8).map(" ".join)
niches = st.lists(st.sampled_from(sorted(PARENTS)), max_size=3, unique=True).map(tuple)
languages = st.sampled_from(["fr", "en", "ar"])
clusters = st.sampled_from(["mnc", "agri", "lyon", "unheard-of", None])
moments = st.sampled_from([None, NOW - timedelta(days=1), NOW + timedelta(days=1)])


def _some(*values: str) -> st.SearchStrategy[frozenset[str]]:
    """Mostly nothing, so that rules that ask for something do not exclude nearly everybody."""
    return st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(values), max_size=2))


wishes = st.builds(
    Wish,
    kinds=_some("startup", "company"),
    countries=_some("MA", "FR"),
    languages=_some("fr", "ar-MA"),
    certifications=_some("ISO 27001"),
)


takers = st.builds(
    Taker,
    kind=st.sampled_from(["startup", "university", None]),
    country=st.sampled_from(["MA", "FR", None]),
    languages=st.none() | st.frozensets(languages),
    certifications=st.none() | _some("iso 27001"),
)


def demands(need_id: str = "d-1") -> st.SearchStrategy[Need]:
    """Demands of the city of Settat."""
    return st.builds(
        Need,
        need_id=st.just(need_id),
        kind=st.just("demand"),
        owner=st.just(Owner("city", "settat")),
        asks=st.sampled_from(["technology", "service", "expertise"]),
        version=st.just(1),
        title=texts,
        language=languages,
        description=texts,
        keywords=st.lists(words, max_size=2).map(tuple),
        niches=niches,
        city=st.just("settat"),
        wish=wishes,
        reach=st.sampled_from(["own", "national", "international"]),
        wanted=st.integers(1, 3),
        deadline=moments,
    )


def members(member_id: str) -> st.SearchStrategy[Supply]:
    """The capability of one member."""
    return st.builds(
        Supply,
        supply_id=st.just(member_id),
        kind=st.just("member"),
        owner=st.just(Owner("member", member_id)),
        name=st.just(member_id),
        version=st.just(1),
        member_kind=st.sampled_from(["startup", "company"]),
        cluster=clusters,
        city=st.sampled_from(["settat", "oujda"]),
        country=st.sampled_from(["MA", "FR"]),
        languages=st.frozensets(languages, min_size=1),
        certifications=_some("iso 27001"),
        niches=niches,
        keywords=st.lists(words, max_size=2).map(tuple),
        capacity=st.sampled_from([None, 0, 3]),
        active=st.sampled_from([True, True, True, False]),
        pieces=texts.map(lambda text: (Piece("profile", text),)),
    )


def offers(offer_id: str) -> st.SearchStrategy[Supply]:
    """One offer of a city or a committee."""
    return st.builds(
        Supply,
        supply_id=st.just(offer_id),
        kind=st.just("offer"),
        owner=st.sampled_from([Owner("city", "settat"), Owner("committee", "c-1")]),
        name=texts,
        version=st.just(1),
        offers=st.sampled_from(["technology", "service", "showcase"]),
        wish=wishes,
        reach=st.sampled_from(["own", "national", "international"]),
        niches=niches,
        deadline=moments,
        pieces=texts.map(lambda text: (Piece("profile", text),)),
    )


@st.composite
def supplies(draw: st.DrawFn, most: int = 12) -> list[Supply]:
    """Members and offers with ids of their own."""
    count = draw(st.integers(0, most))
    ids = [f"s-{number:02}" for number in range(count)]
    return [draw(members(i) if draw(st.booleans()) else offers(i)) for i in ids]


bags = st.dictionaries(
    st.sampled_from("abcdefgh"), st.integers(1, 4).map(float), min_size=0, max_size=6
)
"""Term frequencies of one document."""
