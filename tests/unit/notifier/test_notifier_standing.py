"""What somebody can say on its page, and how its forms are read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain import status
from services.notifier.domain.answers import (
    LONGEST_FORM,
    MOST_FIELDS,
    MOST_SUPPLIES,
    Act,
    Answer,
    Confirmation,
    Extension,
    Outcome,
    Question,
    Reply,
    read_given,
)
from services.notifier.domain.exceptions import (
    AlreadyAnswered,
    BadAnswer,
    InboxProblem,
    IncompleteForm,
    ProposalClosed,
)
from services.notifier.domain.messages import AskedQuestion, MatchState, Party, Said
from services.notifier.domain.messages import Reply as Replied
from services.notifier.domain.standing import (
    MOST_QUESTIONS,
    NeedState,
    Saying,
    Standing,
    is_pointless,
    must_be_open,
    open_acts,
)
from tests.unit.notifier.messages import (
    CITY,
    MEMBER,
    NOW,
    PROPOSAL,
    TO_CITY,
    notice,
    proposal,
)

ASKED = notice("answer-asked")
HEARD = Said("accept")
AMBASSADOR = Party("member", "chaouia-conseil")


def standing(state: str = "proposed", said: tuple[Act, ...] = (), **changes: Any) -> Standing:
    sayings = tuple(Saying(act, "m-1", NOW) for act in said)
    return Standing(proposal(state=state, **changes), said=sayings)


def acts(message: Any, how: Standing, reader: Any = MEMBER) -> set[str]:
    return set(open_acts(message, how, reader, NOW))


def test_who_is_asked_accepts_declines_or_asks() -> None:
    assert acts(PROPOSAL, standing()) == {"accept", "decline", "question"}
    assert acts(PROPOSAL, standing(), CITY) == set()


def test_the_other_side_is_asked_only_when_the_first_has_accepted() -> None:
    assert acts(ASKED, standing("accepted"), CITY) == {"accept", "decline"}
    assert acts(PROPOSAL, standing("accepted")) == {"withdraw"}


def test_after_an_answer_here_it_can_only_be_withdrawn() -> None:
    assert acts(PROPOSAL, standing(said=("accept",))) == {"withdraw"}
    assert acts(PROPOSAL, standing(said=("decline",))) == set()
    assert acts(ASKED, standing("accepted", ("accept",)), CITY) == {"withdraw"}
    assert acts(PROPOSAL, standing("accepted", ("accept", "withdraw"))) == set()


@pytest.mark.parametrize("state", ["declined", "lapsed", "superseded", "introduced"])
def test_what_is_over_takes_no_answer(state: MatchState) -> None:
    assert acts(PROPOSAL, standing(state)) == set()
    with pytest.raises(InboxProblem):
        must_be_open("accept", PROPOSAL, standing(state), MEMBER, NOW)


QUESTION = notice("question", question=AskedQuestion("q-1", MEMBER, "Combien ?"))
TO_THE_CITY = notice("question", TO_CITY, question=QUESTION.question)


@pytest.mark.parametrize("state", ["proposed", "accepted"])
def test_a_question_is_answered_by_the_ambassador_or_the_other_side(state: MatchState) -> None:
    assert acts(QUESTION, standing(state), AMBASSADOR) == {"reply"}
    assert "reply" in acts(TO_THE_CITY, standing(state), CITY)


def test_nobody_answers_its_own_question_or_one_that_is_answered_or_over() -> None:
    answered = replace(standing(), reply=Replied(CITY, "Douze."))
    here = replace(standing(), said=(Saying("reply", "q-1", NOW, "Douze."),))
    for how in (answered, here, standing("declined"), standing("lapsed")):
        assert "reply" not in acts(QUESTION, how, AMBASSADOR)
        assert "reply" not in acts(TO_THE_CITY, how, CITY)
    assert acts(QUESTION, standing(), MEMBER) == set()
    for how in (answered, here):
        with pytest.raises(AlreadyAnswered):
            must_be_open("reply", QUESTION, how, AMBASSADOR, NOW)
        assert is_pointless(QUESTION, how, AMBASSADOR, NOW)
    with pytest.raises(ProposalClosed):
        must_be_open("reply", QUESTION, standing("declined"), AMBASSADOR, NOW)
    assert not is_pointless(replace(QUESTION, reply=answered.reply), answered, MEMBER, NOW)


def test_questions_end_after_a_few() -> None:
    question: Act = "question"
    questions = (question,) * MOST_QUESTIONS
    many = standing(said=questions)
    assert acts(PROPOSAL, many) == {"accept", "decline"}
    assert "question" in acts(PROPOSAL, standing(said=questions[1:]))


def test_an_outcome_is_told_once_by_each_side_and_only_when_asked() -> None:
    asked = notice("outcome-asked")
    assert acts(asked, standing("introduced"), CITY) == {"outcome"}
    assert acts(PROPOSAL, standing("introduced")) == set()
    assert acts(asked, standing("introduced", told_outcome=frozenset({"need"})), CITY) == set()
    assert acts(asked, standing("introduced", told_outcome=frozenset({"supply"})), CITY) == {
        "outcome"
    }
    assert acts(asked, standing("introduced", ("outcome",)), CITY) == set()


def test_an_ambassador_says_once_what_came_of_a_lead() -> None:
    lead = notice("lead")
    assert acts(lead, standing(), MEMBER) == {"outcome"}
    assert acts(lead, standing(said=("outcome",)), MEMBER) == set()
    assert acts(lead, standing("accepted", told_outcome=frozenset({"need"})), MEMBER) == set()


def test_a_lead_is_not_mailed_once_its_initiative_has_ended() -> None:
    lead, ended = notice("lead"), standing("superseded", closed_because="supply-gone")
    assert not is_pointless(lead, standing(), MEMBER, NOW)
    assert is_pointless(lead, ended, MEMBER, NOW)
    assert acts(lead, ended, MEMBER) == {"outcome"}


def test_a_demand_is_extended_once_and_while_it_is_open() -> None:
    near = notice("expiry-near", match=None)
    assert acts(near, Standing(), CITY) == {"extend"}
    assert acts(near, Standing(need=NeedState("proposed", extended=True)), CITY) == set()
    assert acts(near, Standing(need=NeedState("fulfilled")), CITY) == set()
    assert acts(near, Standing(said=(Saying("extend", "d-1", NOW),)), CITY) == set()


def test_candidates_are_confirmed_once_in_their_wave_and_in_time() -> None:
    told = notice("confirmation-asked", match=None, wave=2, until=NOW + timedelta(days=1))
    assert acts(told, Standing(need=NeedState("open", wave=2))) == {"confirm"}
    assert acts(told, Standing(need=NeedState("open", wave=3))) == set()
    assert acts(replace(told, until=NOW), Standing()) == set()
    by_deputy = Standing(said=(Saying("confirm", told.notice_id, NOW),))
    assert acts(told, by_deputy) == set()
    with pytest.raises(AlreadyAnswered):
        must_be_open("confirm", told, by_deputy, MEMBER, NOW)


def test_a_late_answer_hears_why() -> None:
    with pytest.raises(AlreadyAnswered):
        must_be_open("accept", PROPOSAL, standing(said=("decline",)), MEMBER, NOW)
    with pytest.raises(AlreadyAnswered):
        must_be_open("decline", PROPOSAL, standing("accepted", supply_said=HEARD), MEMBER, NOW)
    with pytest.raises(ProposalClosed):
        must_be_open("withdraw", PROPOSAL, standing("superseded"), MEMBER, NOW)


def test_a_mail_that_would_ask_for_what_was_done_is_not_sent() -> None:
    assert not is_pointless(ASKED, standing("accepted"), CITY, NOW)
    assert is_pointless(ASKED, standing("accepted", ("accept",)), CITY, NOW)
    assert is_pointless(notice("reminder"), standing("accepted"), MEMBER, NOW)
    assert not is_pointless(notice("closed"), standing("superseded"), MEMBER, NOW)
    assert not is_pointless(notice("introduced"), standing("introduced"), CITY, NOW)
    assert is_pointless(notice("introduced"), standing("declined"), CITY, NOW)


@given(
    st.sampled_from(get_args(MatchState)),
    st.lists(st.sampled_from(["accept", "decline", "withdraw", "question", "outcome"])),
    st.sampled_from([CITY, MEMBER]),
)
def test_every_state_has_words_for_both_sides(state: str, said: list[Act], reader: Any) -> None:
    how = standing(state, tuple(said))
    assert how.match
    assert status.of_match(how, how.match, reader).message


def form(**fields: str | list[str]) -> dict[str, list[str]]:
    return {name: [v] if isinstance(v, str) else v for name, v in fields.items()}


def test_every_form_is_read() -> None:
    assert read_given(form(answer="accept")) == Answer("accept")
    assert read_given(form(answer="withdraw", text=" sorry ")) == Answer("withdraw", None, "sorry")
    assert read_given(form(answer="question", text="Combien ?")) == Question("Combien ?")
    assert read_given(form(answer="reply", text=" Douze. ")) == Reply("Douze.")
    assert read_given(form(answer="outcome", outcome="met", rating="4")) == Outcome("met", 4)
    assert read_given(form(answer="outcome", outcome="nothing")) == Outcome("nothing")
    assert read_given(form(answer="extend")) == Extension()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"answer": "dance"},
        {"answer": "question", "text": "  "},
        {"answer": "reply"},
        {"answer": "outcome"},
        {"answer": "outcome", "outcome": "met", "rating": "6"},
        {"answer": "confirm", "strike": "not an id"},
        {"answer": "confirm", "place:a": "first"},
        {"answer": "confirm", "place:../../x y": "1"},
    ],
)
def test_an_incomplete_form_is_no_answer(fields: dict[str, str]) -> None:
    with pytest.raises(IncompleteForm):
        read_given(form(**fields))


def test_a_decline_needs_a_reason() -> None:
    with pytest.raises(BadAnswer):
        read_given(form(answer="decline", text="no"))


def test_an_ambassador_strikes_adds_and_orders() -> None:
    fields = form(answer="confirm", strike=["b"], add="d, e،f")
    fields |= {"place:a": ["2"], "place:b": ["1"], "place:c": ["1"], "place:g": [""]}
    assert read_given(fields) == Confirmation(("b",), ("d", "e", "f"), ("c", "a"))


def test_the_longest_confirmation_fits_the_guards() -> None:
    names = ["x" * 117 + f"{n:03}" for n in range(MOST_SUPPLIES)]
    fields: dict[str, list[str]] = {"answer": ["confirm"], "strike": names, "form": ["t" * 43]}
    fields |= {f"place:{name}": ["1"] for name in names}
    assert sum(map(len, fields.values())) <= MOST_FIELDS
    written = sum(len(n) + len(v) + 4 for n, values in fields.items() for v in values)
    assert written <= LONGEST_FORM
    struck = read_given(fields)
    assert isinstance(struck, Confirmation)
    assert len(struck.struck) == MOST_SUPPLIES
