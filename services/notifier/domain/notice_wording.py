"""What a notice says: its subject, why it was written, and what else its reader should know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.notifier.domain.close_wording import BECAUSE, GO_ON, WITHOUT_REASON
from services.notifier.domain.messages import Notice, NoticeKind, Side
from services.notifier.domain.phrases import N_, Phrase, Value
from services.notifier.domain.text import excerpt
from services.notifier.domain.wording import decline_reason

_SUBJECT_TITLE = 90


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one kind of notice; ``until`` is said when there is a day to say."""

    subject: str
    lead: str
    further: tuple[str, ...] = ()
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """Who reads a notice (the asker's side or the other), and what the other side is called.

    ``other_title``: of the demand that says the same, where it is known. ``has_address``: an
    introduction says whom to talk to. ``is_looking``: the hub still looks for the need.
    ``on_page``: it is read on the page itself, which needs not be spoken of. ``is_reachable``: the
    other side gets a contact of the reader, too. ``axes``: what the
    city's axes that speak for an initiative are called.
    """

    side: Side
    name: str
    other_title: str = ""
    has_address: bool = True
    is_looking: bool = True
    on_page: bool = False
    is_reachable: bool = True
    axes: tuple[str, ...] = ()


_ANSWER_UNTIL = N_("We wait for your answer until %(day)s.")
_REMINDER = N_("Your answer is still awaited: %(title)s")
_SAME_MOMENT = N_(
    "If you accept, both of you get the other's contact details at the same moment. "
    "Until then neither sees them."
)
_ONE_WAY = N_(
    "If you accept, you get the other's contact details at once. Until then neither sees them."
)
_TOLD_AT_ONCE = N_("The other side is told at the same moment whom to talk to.")
_NOT_THIS_TIME = N_("Not this time: %(title)s")
_CLOSED = N_("Closed: %(title)s")

_EXTEND_ON_PAGE = N_("If you need more time, you can keep it open longer, once, on your page.")
_CONFIRM_ON_PAGE = N_("On your page you can confirm the candidates, strike, add or re-order them.")
_TWO_CLICKS = N_("Two clicks on your page are enough, and they help us to propose better.")
_LAST_TWO_CLICKS = N_("Two clicks on your page are enough. We do not ask again.")
_REPLY_ON_PAGE = N_("Your page has a form for the answer.")
_BOTH_WAYS = {_SAME_MOMENT: _ONE_WAY, _TOLD_AT_ONCE: ""}
"""What is said instead to whom the other side could not reach: the hub has no contact of it."""
_FOR_MAILS = frozenset(
    {_EXTEND_ON_PAGE, _CONFIRM_ON_PAGE, _TWO_CLICKS, _LAST_TWO_CLICKS, _REPLY_ON_PAGE}
)
_FIND_ANSWER = N_(
    "Please find the answer with the city, which was asked too. The first of you who answers has "
    "answered for both."
)
_REPLIED = Words(
    N_("Your question is answered: %(title)s"),
    N_("%(name)s answers your question."),
)
_REPLIED_BY_OFFICE = replace(_REPLIED, lead=N_("The ambassador of the city answers your question."))
_ASKED_BY_OTHER = Words(
    N_("A question about: %(title)s"),
    N_("%(name)s wants to know something before answering."),
    (
        N_("The ambassador of the city was asked too; the first answer counts."),
        _REPLY_ON_PAGE,
    ),
)
_MAY_ANSWER = N_("It may answer this: %(title)s")
_MATCHES_AXES = N_("It matches the city's priorities: %(axes)s")
_BRING_IT = N_("Please bring it to those in the city whom it concerns.")

_ANY: dict[NoticeKind, Words] = {
    "introduced": Words(
        N_("You are in touch: %(title)s"),
        N_("Both sides have accepted. Here is whom to talk to."),
        (
            _TOLD_AT_ONCE,
            N_("Please make the first step soon: a short message is enough."),
        ),
    ),
    "outcome-asked": Words(
        N_("What came of it? %(title)s"),
        N_("Some time ago we put you in touch with %(name)s. What came of it?"),
        (_TWO_CLICKS,),
    ),
    "outcome-reminder": Words(
        N_("One last question: %(title)s"),
        N_("We have not heard yet what came of your contact with %(name)s."),
        (_LAST_TWO_CLICKS,),
    ),
    "expiry-near": Words(
        N_("Closing soon: %(title)s"),
        N_("Your request closes soon; after that nobody more is asked."),
        (_EXTEND_ON_PAGE,),
        N_("It closes on %(day)s."),
    ),
    "expired": Words(
        N_("Time is over: %(title)s"),
        N_("The time of your request is over, and it is closed."),
        (N_("If you still need it, send the request anew: it starts afresh."),),
    ),
    "question": Words(
        N_("A question about: %(title)s"),
        N_("%(name)s asks something about a request of the city you represent us in."),
        (_FIND_ANSWER, _REPLY_ON_PAGE),
    ),
    "confirmation-asked": Words(
        N_("To confirm: %(title)s"),
        N_("A request of the city you represent us in waits for your word before anyone is asked."),
        (_CONFIRM_ON_PAGE,),
        N_("Without a word from you it goes out by itself after %(day)s."),
    ),
    "asker-silent": Words(
        N_("No answer from the city: %(title)s"),
        N_("%(name)s had accepted, and the city you represent us in did not answer in time."),
        (N_("They are free again. A word from you may help the city to answer the next time."),),
    ),
    "lead": Words(
        N_("An initiative for your city: %(offer)s"),
        N_("An initiative fits the city you represent us in."),
        (_MAY_ANSWER, _BRING_IT),
    ),
    "duplicate": Words(
        N_("Perhaps said twice: %(title)s"),
        N_("Two requests of the city you represent us in say nearly the same."),
        (
            N_("The other one: “%(other)s”"),
            N_("Nothing was merged. If both are one, ask the city to withdraw one of them."),
        ),
    ),
    "waiting": Words(
        N_("On the waiting list: %(offer)s"),
        N_("All places are taken for now, and you are on the waiting list."),
        (N_("We tell you as soon as a place is free."),),
    ),
    "place-free": Words(
        N_("A place is free: %(offer)s"),
        N_("A place has become free, and it is kept for you."),
    ),
}
_BY_SIDE: dict[tuple[NoticeKind, Side], Words] = {
    ("answer-asked", "need"): Words(
        N_("%(name)s accepts: %(title)s"),
        N_("%(name)s is ready to answer your request. Do you want to be put in touch?"),
        (_SAME_MOMENT,),
        _ANSWER_UNTIL,
    ),
    ("answer-asked", "supply"): Words(
        N_("Somebody wants what you offer: %(offer)s"),
        N_("%(name)s is interested in what you offer. Do you want to be put in touch?"),
        (_SAME_MOMENT,),
        _ANSWER_UNTIL,
    ),
    ("declined", "need"): Words(
        _NOT_THIS_TIME,
        N_("%(name)s cannot answer your request this time."),
        (GO_ON,),
    ),
    ("declined", "supply"): Words(
        _NOT_THIS_TIME,
        N_("The other side has chosen not to go further with you this time."),
        (N_("Thank you for having been ready to help. We write when something else fits you."),),
    ),
    ("kept-after-edit", "need"): Words(
        N_("Changed, and kept: %(title)s"),
        N_("Your request has changed. What you have begun with %(name)s stays."),
    ),
    ("kept-after-edit", "supply"): Words(
        N_("The request has changed: %(title)s"),
        N_("A request that you accepted has changed. Your acceptance stays."),
        (N_("Please read it again; while you are not in touch yet, you can still withdraw."),),
    ),
}
_OF_AXES = replace(_ANY["lead"], further=(_MATCHES_AXES, _BRING_IT))
"""An initiative for which the city's axes speak, and no demand of it."""
_OF_BOTH = replace(_ANY["lead"], further=(_MAY_ANSWER, _MATCHES_AXES, _BRING_IT))
"""One for which a demand speaks, and axes of the city besides."""
_WITHOUT_ADDRESS = replace(_ANY["introduced"], lead=N_("Both sides have accepted."), further=())
_FIRST_REMINDER = Words(
    _REMINDER,
    N_("Something that we proposed to you is still waiting for your answer."),
    (N_("A no is welcome too: it lets somebody else be asked."),),
    _ANSWER_UNTIL,
)
_SECOND_REMINDER = Words(
    _REMINDER,
    N_("%(name)s has accepted, and is still waiting for your answer."),
    (N_("A no is welcome too: it lets everybody plan."),),
    _ANSWER_UNTIL,
)


def words_of(notice: Notice, side: Side, *, has_address: bool = True) -> Words:
    """The texts of ``notice`` for a reader of ``side``; ``has_address`` as in `Around`."""
    if notice.kind == "introduced" and not has_address:
        return _WITHOUT_ADDRESS
    if notice.kind == "question":
        return _of_question(notice)
    if notice.kind == "lead" and notice.need.need_kind == "interest":
        return _OF_AXES
    if notice.kind == "lead" and notice.need.niches:
        return _OF_BOTH
    if notice.kind == "reminder":
        match = notice.match
        is_second = match is not None and match.state == "accepted"
        return _SECOND_REMINDER if is_second else _FIRST_REMINDER
    if notice.kind == "closed":
        lead, *further = BECAUSE[notice.because, side] if notice.because else WITHOUT_REASON
        return Words(_CLOSED, lead, tuple(further))
    return _ANY.get(notice.kind) or _BY_SIDE[notice.kind, side]


def _of_question(notice: Notice) -> Words:
    match, reply = notice.match, notice.reply
    if reply is not None:
        sides = (match.need.owner, match.supply.owner) if match else ()
        return _REPLIED if reply.by in sides else _REPLIED_BY_OFFICE
    return _ANY["question"] if notice.to.kind == "ambassador" else _ASKED_BY_OTHER


def subject(notice: Notice, around: Around) -> Phrase:
    """The subject of the mail."""
    return Phrase(words_of(notice, around.side).subject, _values(notice, around, _SUBJECT_TITLE))


def lead(notice: Notice, around: Around) -> Phrase:
    """The first sentence: why this was written."""
    return Phrase(_words(notice, around).lead, _values(notice, around))


def further(notice: Notice, around: Around) -> list[Phrase]:
    """What else there is to know, a sentence or two each."""
    return list(_further(notice, around))


def _further(notice: Notice, around: Around) -> Iterator[Phrase]:
    words, values = _words(notice, around), _values(notice, around)
    if notice.kind == "declined" and notice.reason:
        yield Phrase(N_("The reason given: “%(reason)s”."), values)
    if notice.kind == "waiting" and notice.match and notice.match.waiting:
        yield Phrase(N_("Your number on the list: %(place)s"), values)
    for sentence in words.further:
        if (sentence in _FOR_MAILS and around.on_page) or (
            sentence == GO_ON and not around.is_looking
        ):
            continue
        if not around.is_reachable and sentence in _BOTH_WAYS:
            sentence = _BOTH_WAYS[sentence]
        if sentence:
            yield Phrase(sentence, values)
    if words.until and notice.until:
        yield Phrase(words.until, values)


def _words(notice: Notice, around: Around) -> Words:
    return words_of(notice, around.side, has_address=around.has_address)


def _values(notice: Notice, around: Around, limit: int = 300) -> dict[str, Value]:
    match = notice.match
    values: dict[str, Value] = {
        "title": excerpt(notice.need.title, limit),
        "name": around.name,
        "offer": excerpt(match.supply.title if match else notice.need.title, limit),
        "other": excerpt(around.other_title or notice.text, limit),
        # A lead that was told before it named its axes has them in its title.
        "axes": around.axes or excerpt(notice.need.title, limit),
        "place": str(match.waiting or "") if match else "",
    }
    if notice.reason:
        values["reason"] = decline_reason(notice.reason)
    if notice.until:
        values["day"] = notice.until
    return values
