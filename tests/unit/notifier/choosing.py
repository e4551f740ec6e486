"""Preferences at random, and moments around the days on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from services.notifier.domain.choices import preferences_of, read
from services.notifier.domain.concerns import CONCERNS
from services.notifier.domain.preferences import PACES, PUSHED, WEEK, Preferences

ZONES = ["Africa/Casablanca", "Europe/Paris", "America/New_York", "Africa/Cairo", "Asia/Beirut"]
ZONES += ["Australia/Lord_Howe", "UTC", "America/Sao_Paulo", "Asia/Kathmandu"]
# Ramadan puts Morocco's clock back and forth; Cairo and Beirut leap over midnight; Lord Howe
# moves by half an hour.
START = datetime(2026, 1, 1, tzinfo=UTC)
CHANGES = [
    datetime(2026, 2, 15, 2, tzinfo=UTC),
    datetime(2026, 3, 22, 2, tzinfo=UTC),
    datetime(2027, 2, 7, 2, tzinfo=UTC),
    datetime(2027, 3, 14, 2, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 4, 23, 22, tzinfo=UTC),
    datetime(2026, 3, 28, 22, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
]
times = st.builds(lambda h, m: f"{h:02}:{m:02}", st.integers(0, 23), st.integers(0, 59))
quiet_hours = st.one_of(
    st.just("none"),
    st.lists(times, min_size=2, max_size=2, unique=True).map("-".join),
)
moments = st.one_of(
    st.integers(0, 2 * 365 * 86_400).map(lambda s: START + timedelta(seconds=s)),
    st.builds(
        lambda change, s: change + timedelta(seconds=s),
        st.sampled_from(CHANGES),
        st.integers(-2 * 86_400, 2 * 86_400),
    ),
)
scores = st.integers(0, 20).map(lambda n: n / 20)
choices: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "locale": st.sampled_from(["fr", "ar", "en"]),
        "channels": st.dictionaries(
            st.sampled_from(CONCERNS), st.lists(st.sampled_from(PUSHED), unique=True)
        ),
        "pace": st.dictionaries(st.sampled_from(CONCERNS), st.sampled_from(PACES)),
        "instant_score": st.one_of(st.just("never"), scores),
        "digest_at": times,
        "digest_day": st.sampled_from(WEEK),
        "quiet_hours": quiet_hours,
        "quiet_days": st.lists(st.sampled_from(WEEK), unique=True, max_size=6),
        "time_zone": st.sampled_from(ZONES),
        "least_score": scores,
        "most_a_day": st.integers(1, 5),
        "paused_until": moments.map(datetime.isoformat),
        "muted_cities": st.lists(st.sampled_from(["settat", "oujda", "fes"])),
        "muted_niches": st.lists(st.sampled_from(["mobile-payment", "payment", "drones"])),
        "kept_niches": st.lists(st.sampled_from(["mobile-payment", "drones"])),
    },
)


def preferences(**chosen: object) -> Preferences:
    """The preferences of somebody who chose this."""
    return preferences_of(read(chosen))


any_preferences = choices.map(lambda chosen: preferences(**chosen))
