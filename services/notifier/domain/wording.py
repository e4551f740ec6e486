"""What to say, as phrases. The messages are the English texts; `N_` marks them for the catalogues.
Values are names, titles and terms as their authors wrote them, which the renderer sets apart from
the sentence around them.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.notifier.domain import fields
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import AmbassadorNote, Locale, Proposal, Reason, Tried
from services.notifier.domain.phrases import N_, Phrase
from services.notifier.domain.text import excerpt

_SUBJECT_TITLE = 90
_MOST_TERMS = 6

_KINDS = {
    "technology": N_("Technology request"),
    "research-partnership": N_("Research partnership request"),
    "service": N_("Service request"),
    "incubation": N_("Incubation request"),
    "expertise": N_("Expertise request"),
    "pilot-site": N_("Pilot site request"),
    "interest": N_("Interest of a member"),
}
_STRUCTURES = {
    "project": N_("project"),
    "company": N_("company"),
    "laboratory": N_("laboratory"),
    "spin-off": N_("spin-off"),
    "competence-centre": N_("competence centre"),
    "incubator": N_("incubator"),
}
_DECLINES = {
    "too-busy": N_("We have no time for it now"),
    "not-my-field": N_("It is not our field"),
    "conflict-of-interest": N_("There is a conflict of interest"),
    "terms": N_("The terms do not suit us"),
    "other": N_("Another reason"),
}
_TRIED = {
    "declined": N_("%(name)s declined"),
    "lapsed": N_("%(name)s did not answer in time"),
    "introduced": N_("%(name)s was introduced"),
    "superseded": N_("%(name)s can no longer be asked"),
}
_OUTCOMES = {
    "met": N_("We met, and are still talking"),
    "contract": N_("We work together"),
    "nothing": N_("Nothing came of it"),
}
_STRENGTHS = (
    (0.8, N_("very strong fit")),
    (0.6, N_("strong fit")),
    (0.4, N_("good fit")),
    (0.0, N_("possible fit")),
)


def topics(niches: tuple[str, ...]) -> Phrase | None:
    """What something is about, by the names of its niches; None where it names none."""
    return Phrase(N_("Topics: %(niches)s"), {"niches": niches}) if niches else None


def need_kind(kind: str) -> Phrase:
    """What is asked for, as a heading."""
    return Phrase(_KINDS.get(kind, N_("Request")))


def offer() -> Phrase:
    """The heading of an offer."""
    return Phrase(N_("Offer"))


def initiative() -> Phrase:
    """The heading of an initiative of a committee, told to an ambassador."""
    return Phrase(N_("Initiative of a committee"))


def structure_kind(kind: str) -> Phrase:
    """What the structure that speaks is."""
    return Phrase(_STRUCTURES.get(kind, kind))


def decline_reason(reason: str) -> Phrase:
    """A reason for a no, in the words of who says it."""
    return Phrase(_DECLINES.get(reason, _DECLINES["other"]))


def outcome(kind: str) -> Phrase:
    """What came of an introduction, in the words of who says it."""
    return Phrase(_OUTCOMES[kind])


def strength(score: float) -> Phrase:
    """A score (probability, 0-1) in words."""
    return Phrase(next(words for least, words in _STRENGTHS if score >= least))


def reasons(given: Sequence[Reason], directory: Directory, locale: Locale) -> list[Phrase]:
    """Why, in words, what weighs most first; a reason with nothing to name is left out."""
    ordered = sorted(given, key=lambda reason: -reason.weight)
    said = (_reason(reason, directory, locale) for reason in ordered)
    return list({phrase.message + str(phrase.values): phrase for phrase in said if phrase}.values())


def _reason(reason: Reason, directory: Directory, locale: Locale) -> Phrase | None:
    terms = reason.terms[:_MOST_TERMS] or ((reason.text,) if reason.text else ())
    match reason.kind:
        case "terms" if terms:
            return Phrase(N_("Words in common: %(terms)s"), {"terms": terms})
        case "meaning":
            return Phrase(N_("Close in meaning to what is asked, whatever the words"))
        case "niche" if reason.id:
            return fields.in_common(reason, directory, locale)
        case "portfolio" if reason.text:
            return _past_work(reason.text, reason.year)
        case "city":
            return _same_city(reason, directory, locale)
        case "certification" if terms or reason.id:
            held = terms or (str(reason.id),)
            return Phrase(N_("The required certification: %(terms)s"), {"terms": held})
    return None


def _past_work(title: str, year: int | None) -> Phrase:
    if year is None:
        return Phrase(N_("Similar past work: “%(title)s”"), {"title": title})
    values = {"title": title, "year": str(year)}
    return Phrase(N_("Similar past work: “%(title)s” (%(year)s)"), values)


def _same_city(reason: Reason, directory: Directory, locale: Locale) -> Phrase:
    if reason.id is None:
        return Phrase(N_("In the same city"))
    label = directory.label("city", reason.id, locale)
    return Phrase(N_("In the same city: %(city)s"), {"city": label})


def tried(one: Tried) -> Phrase:
    """What became of somebody who was asked, said to the ambassador."""
    name = {"name": excerpt(one.name, _SUBJECT_TITLE)}
    if one.state == "declined" and one.reason in _DECLINES:
        because = Phrase(_DECLINES[one.reason])
        return Phrase(N_("%(name)s declined: %(reason)s"), {**name, "reason": because})
    return Phrase(_TRIED.get(one.state, _TRIED["superseded"]), name)


def subject(message: Proposal | AmbassadorNote) -> Phrase:
    """The subject of the mail."""
    title = {"title": excerpt(message.need.title, _SUBJECT_TITLE)}
    if isinstance(message, AmbassadorNote):
        if message.outcome == "unmatched":
            return Phrase(N_("Nobody found yet: %(title)s"), title)
        return Phrase(N_("Proposed to members: %(title)s"), title)
    if message.is_offer:
        offered = {"title": excerpt(message.supply.title, _SUBJECT_TITLE)}
        return Phrase(N_("An offer for you: %(title)s"), offered)
    return Phrase(N_("A request for you: %(title)s"), title)


def lead(message: Proposal | AmbassadorNote) -> Phrase:
    """The first sentence: why this was written at all."""
    match message:
        case AmbassadorNote(outcome="unmatched") if message.tried:
            return Phrase(
                N_("Nobody else can be asked for a request of the city you represent us in.")
            )
        case AmbassadorNote(outcome="unmatched"):
            return Phrase(
                N_("The hub found nobody yet for a request of the city you represent us in.")
            )
        case AmbassadorNote():
            return Phrase(
                N_("A request of the city you represent us in has been proposed to members.")
            )
        case Proposal() if message.is_offer:
            values = {"interest": message.need.title}
            return Phrase(N_("This offer meets an interest you told us: %(interest)s"), values)
        case Proposal(need=need) if need.kind == "interest":
            return Phrase(N_("A member is interested in something you offer."))
    return Phrase(N_("An innovation city is looking for something you may be able to provide."))
