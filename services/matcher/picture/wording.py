"""What the picture calls what happens. What is not named here is a KeyError, so that nothing the
machine does is left out.
"""

from __future__ import annotations

from services.matcher.domain.life.case import Because, Bell, Case, Pair
from services.matcher.domain.life.effects import Effect, LineChanged, LookFurther, TakePlace, Tell
from services.matcher.domain.life.happenings import (
    Answered,
    Confirmed,
    Edited,
    Extended,
    Happening,
    Judged,
    Numbered,
    OutcomeSaid,
    PlaceGiven,
    Questioned,
    Rang,
    Replied,
    Withdrawn,
)
from services.matcher.picture.exploring import Seen

_BELL: dict[Bell, str] = {
    "reminder": "time to remind",
    "lapse": "no answer in time",
    "other-reminder": "time to remind the asker's side",
    "other-lapse": "the side asked second is silent",
    "outcome": "time to ask what came of it",
    "outcome-reminder": "time to ask once more",
    "place-back": "the place is free again",
    "confirm-end": "the ambassador did not confirm in time",
    "wave-end": "the wave is over",
    "expiry-near": "the end is near",
    "expiry": "its time is over",
    "archive": "time to put it away",
}
_BECAUSE: dict[Because, str] = {
    "enough": "enough others are introduced",
    "withdrawn": "the need is withdrawn",
    "edited": "it fits the new version no more",
    "expired": "the need is over",
    "supply-gone": "the supply is gone",
    "full": "no place is left",
    "asker-silent": "the side asked second is silent",
    "struck": "the ambassador struck it",
}
_HAPPENED: dict[type[Happening], str] = {
    PlaceGiven: "a place is given",
    Numbered: "the line is put in order",
    OutcomeSaid: "an outcome is told",
    Questioned: "a question",
    Replied: "a question is answered",
    Edited: "a new version",
    Withdrawn: "the asker withdraws the need",
    Extended: "the asker wants more time",
    Confirmed: "the ambassador confirms",
}


def of_match(seen: Seen, before: Pair | None, after: Pair) -> str:
    """Why a match changed its state."""
    if before is None:
        return "asked"
    if after.closed_because is not None:
        return _BECAUSE[after.closed_because]
    happened = seen.happened
    if isinstance(happened, Rang):
        return _BELL[happened.bell]
    if isinstance(happened, PlaceGiven):
        return "a place, and the other said yes before"
    if not isinstance(happened, Answered):
        raise KeyError(f"a match became {after.state} by {type(happened).__name__}")
    if after.state == "introduced":
        first = happened.side == before.asked
        return "yes, and the other said so before" if first else "the other side says yes, too"
    side = "who was asked" if happened.side == before.asked else "the other side"
    match happened.answer:
        case "accept":
            return f"{side} says yes"
        case "decline":
            return f"{side} says no"
        case "withdraw":
            return f"{side} withdraws"


def of_need(seen: Seen) -> str:
    """Why a need changed its state."""
    match seen.happened:
        case Judged():
            return _judged(seen)
        case Answered(answer="accept") | PlaceGiven():
            introduced = seen.after.introduced > seen.before.introduced
            return "both sides said yes" if introduced else "no place is left"
        case Answered():
            return "nobody is left who may say yes"
        case Rang("lapse" | "other-lapse"):
            return "nobody is left who may say yes"
        case Rang(bell):
            return _BELL[bell]
        case Edited():
            return "a new version"
        case Withdrawn():
            return "withdrawn by the asker"
        case other:
            raise KeyError(f"a need became {seen.after.state} by {type(other).__name__}")


def _judged(seen: Seen) -> str:
    if _asked(seen.before) < _asked(seen.after):
        return "somebody is asked"
    if seen.after.told_unmatched and not seen.before.told_unmatched:
        return "every wave is dry"
    if seen.after.confirm_until is not None and seen.before.confirm_until is None:
        return "the ambassador has candidates"
    return "whoever was asked fits no more"


def _asked(case: Case) -> int:
    return len(case.pairs)


def happening(seen: Seen) -> str:
    """What happened, for the table of what follows."""
    match seen.happened:
        case Rang(bell):
            return f"`{bell}` rings: {_BELL[bell]}"
        case Answered(batched=True):
            return "who was asked: accept, where places are given in batches"
        case Answered(answer=answer, side=side, match_id=match_id):
            pair = seen.before.pair(match_id)
            who = "who was asked" if pair is None or pair.asked == side else "the other side"
            return f"{who}: {answer}"
        case Judged(gone=gone):
            return "judged: somebody holds no more" if gone else "judged"
        case other:
            return _HAPPENED[type(other)]


def effect(seen: Seen, followed: Effect) -> str:
    """One thing that follows outside of the case."""
    match followed:
        case TakePlace(places=1):
            return "a place is taken"
        case TakePlace():
            return "a place is free"
        case LineChanged():
            return "the line for the places is looked at"
        case LookFurther():
            return "looked further"
        case Tell(kind, "ambassador"):
            return f"`{kind}` to the ambassador"
        case Tell(kind, to, match_id):
            pair = seen.after.pair(match_id)
            if pair is None:
                return f"`{kind}` to the asker"
            if followed.replying is not None:
                return "the answer to whoever asked the question"
            return f"`{kind}` to {'who was asked' if pair.asked == to else 'the other side'}"
