"""The address that ends mails: nobody else can make one, and it does that one thing alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.choices import laid_over, preferences_of, read
from services.notifier.domain.concerns import CONCERNS
from services.notifier.domain.exceptions import ForgedLink
from services.notifier.domain.links import link_for, sign, verify
from services.notifier.domain.messages import Party, Scope
from services.notifier.domain.preferences import PUSHED, Preferences
from services.notifier.domain.unsubscribing import (
    Mailings,
    concerns_of,
    gets_mails,
    mailings_of,
    mails,
    token_of,
)
from tests.unit.notifier.messages import MEMBER, NOW

SECRET = b"a-secret-of-at-least-32-characters"
parties = st.builds(Party, st.sampled_from(["member", "city", "committee"]), st.text(min_size=1))
scopes = st.none() | st.builds(Scope, st.sampled_from(["demand", "offer"]), st.text(min_size=1))
concerns = st.none() | st.sampled_from(CONCERNS)
mailingss = st.builds(Mailings, parties, concerns, scopes)
preferences = st.builds(
    Preferences,
    channels=st.fixed_dictionaries(
        {concern: st.frozensets(st.sampled_from(PUSHED)) for concern in CONCERNS}
    ),
)


@given(mailingss)
def test_a_token_says_what_was_put_into_it(mailings: Mailings) -> None:
    assert mailings_of(token_of(mailings, SECRET), SECRET) == mailings


@given(mailingss, st.data())
def test_no_other_spelling_of_a_token_is_taken(mailings: Mailings, data: st.DataObject) -> None:
    token = token_of(mailings, SECRET)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda c: c != token[place]))
    with pytest.raises(ForgedLink):
        mailings_of(token[:place] + other + token[place + 1 :], SECRET)
    with pytest.raises(ForgedLink):
        mailings_of(token, b"another-secret-of-32-characters!!")


def test_it_opens_no_inbox_and_no_inbox_link_ends_mails() -> None:
    ending = token_of(Mailings(MEMBER, "news"), SECRET)
    with pytest.raises(ForgedLink):
        verify(ending, SECRET, NOW)
    opening = sign(link_for(MEMBER, 1, NOW, 60), SECRET)
    with pytest.raises(ForgedLink):
        mailings_of(opening, SECRET)
    assert verify(opening, SECRET, NOW + timedelta(days=1)).party == MEMBER


@given(preferences, concerns, st.booleans())
def test_only_mails_about_the_concern_change(
    before: Preferences, concern: object, wanted: bool
) -> None:
    changes = mails(before, concern, wanted=wanted)  # type: ignore[arg-type]
    chosen = {"channels": {c: sorted(before.channels[c]) for c in CONCERNS}}
    after = preferences_of(laid_over(read(chosen), read(changes)))
    touched = concerns_of(concern)  # type: ignore[arg-type]
    for one in CONCERNS:
        mail = wanted if one in touched else "mail" in before.channels[one]
        assert ("mail" in after.channels[one]) == mail
        assert after.channels[one] - {"mail"} == before.channels[one] - {"mail"}
    assert gets_mails(after, concern) == wanted  # type: ignore[arg-type]
