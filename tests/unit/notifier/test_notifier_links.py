"""A link opens one inbox until it expires, and nothing that was tampered with opens any."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.exceptions import ForgedLink, LinkExpired
from services.notifier.domain.links import form_token, form_token_fits, link_for, sign, verify
from services.notifier.domain.messages import Party, Scope
from tests.unit.notifier.messages import NOW

SECRET = b"s" * 32
kinds = st.sampled_from(["member", "city", "committee"])
names = st.text(min_size=1, max_size=120)
scopes = st.none() | st.builds(Scope, st.sampled_from(["demand", "offer"]), names)
links = st.builds(
    lambda kind, name, epoch, days, scope: link_for(Party(kind, name), epoch, NOW, days, scope),
    kinds,
    names,
    st.integers(1, 10**6),
    st.integers(1, 365),
    scopes,
)


@given(links)
def test_a_link_comes_back_as_it_was_signed(link: object) -> None:
    token = sign(link, SECRET)  # type: ignore[arg-type]
    assert verify(token, SECRET, NOW) == link
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@given(links, st.data())
def test_a_tampered_token_never_verifies(link: object, data: st.DataObject) -> None:
    token = sign(link, SECRET)  # type: ignore[arg-type]
    at = data.draw(st.integers(0, len(token) - 1))
    how = data.draw(st.sampled_from(["replace", "insert", "delete", "cut"]))
    piece = data.draw(st.characters())
    changed = {
        "replace": token[:at] + piece + token[at + 1 :],
        "insert": token[:at] + piece + token[at:],
        "delete": token[:at] + token[at + 1 :],
        "cut": token[:at],
    }[how]
    if changed != token:
        with pytest.raises(ForgedLink):
            verify(changed, SECRET, NOW)


@given(st.text(max_size=700))
def test_whatever_is_not_a_token_is_forged_and_nothing_else_happens(text: str) -> None:
    with pytest.raises(ForgedLink):
        verify(text, SECRET, NOW)


@given(links)
def test_another_secret_opens_nothing(link: object) -> None:
    with pytest.raises(ForgedLink):
        verify(sign(link, SECRET), b"t" * 32, NOW)  # type: ignore[arg-type]


def test_a_link_expires_to_the_second() -> None:
    token = sign(link_for(Party("member", "a"), 1, NOW, 60), SECRET)
    verify(token, SECRET, NOW + timedelta(days=60, seconds=-1))
    with pytest.raises(LinkExpired):
        verify(token, SECRET, NOW + timedelta(days=60))


def test_a_form_token_fits_its_own_link_only() -> None:
    one, other = (sign(link_for(Party("member", name), 1, NOW, 60), SECRET) for name in "ab")
    assert form_token_fits(form_token(one, SECRET), one, SECRET)
    assert not form_token_fits(form_token(other, SECRET), one, SECRET)
    assert not form_token_fits("é", one, SECRET)
    # The signature that stands in the link itself is no form token.
    assert not form_token_fits(one.partition(".")[2], one, SECRET)
