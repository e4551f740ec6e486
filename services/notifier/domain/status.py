"""Where a matter stands, in one phrase, said to its reader."""

from __future__ import annotations

from services.notifier.domain.messages import CloseReason, Party, Proposal, Side
from services.notifier.domain.phrases import N_, Phrase
from services.notifier.domain.sides import asked_first, last_word, other, side_of
from services.notifier.domain.standing import NeedState, Standing, has_answered

_NEEDS = {
    "open": N_("Open"),
    "proposed": N_("Proposed to members"),
    "introduced": N_("Partners are in touch"),
    "fulfilled": N_("Fulfilled"),
    "withdrawn": N_("Withdrawn"),
    "expired": N_("Closed: its time is over"),
    "unmatched": N_("Nobody found yet"),
}
_BECAUSE: dict[CloseReason, str] = {
    "enough": N_("Closed: the request has found its partners"),
    "withdrawn": N_("Closed: the request was withdrawn"),
    "edited": N_("Closed: the request has changed"),
    "expired": N_("Closed: the time of the request is over"),
    "supply-gone": N_("Closed: what was offered is no longer available"),
    "full": N_("Closed: all places are taken"),
    "asker-silent": N_("Closed: the other side did not answer in time"),
    "struck": N_("Closed: other candidates were chosen"),
}
_TOLD = N_("You told us what came of it")


def of_need(need: NeedState) -> Phrase | None:
    """Where a need as a whole stands, said to its asker or to the ambassador; None when unknown."""
    return Phrase(_NEEDS[need.state]) if need.state in _NEEDS else None


def of_match(standing: Standing, match: Proposal, reader: Party) -> Phrase:
    """Where ``match`` stands, said to ``reader``."""
    side = side_of(match, reader) or asked_first(match)
    match match.state:
        case "proposed" if side != asked_first(match):
            # It was not asked yet, and reads of it because the other side asks it something.
            return _until(N_("No answer yet"), N_("No answer yet; we wait until %(day)s"), match)
        case "proposed":
            return _proposed(standing, match)
        case "accepted":
            return _accepted(standing, match, reader, side)
        case "introduced":
            told = side in match.told_outcome or standing.sayings("outcome")
            return Phrase(_TOLD) if told else Phrase(N_("You have been put in touch"))
        case "declined":
            return _declined(match, side)
        case "lapsed" if match.closed_because == "asker-silent" and side != asked_first(match):
            return Phrase(N_("Closed: you did not answer in time"))
        case "lapsed" if match.closed_because is None:
            return Phrase(N_("Closed without an answer"))
    because = _BECAUSE.get(match.closed_because) if match.closed_because else None
    return Phrase(because or N_("No longer open"))


def _proposed(standing: Standing, match: Proposal) -> Phrase:
    said = standing.sayings("accept", "decline", "withdraw")
    if said:
        words = {
            "accept": N_("You accepted"),
            "decline": N_("You declined"),
            "withdraw": N_("You withdrew"),
        }
        return Phrase(words[said[-1].act])
    return _until(N_("Waiting for your answer"), N_("Waiting for your answer until %(day)s"), match)


def _accepted(standing: Standing, match: Proposal, reader: Party, side: Side) -> Phrase:
    said = standing.sayings("accept", "decline", "withdraw")
    if said and said[-1].act != "accept":
        return Phrase(N_("You declined") if said[-1].act == "decline" else N_("You withdrew"))
    if side == asked_first(match):
        return _until(
            N_("You accepted; we wait for the other side"),
            N_("You accepted; we wait for the other side until %(day)s"),
            match,
        )
    if has_answered(standing, reader):
        return Phrase(N_("You accepted"))
    return _until(
        N_("The other side accepted; your answer is awaited"),
        N_("The other side accepted; your answer is awaited until %(day)s"),
        match,
    )


def _declined(match: Proposal, side: Side) -> Phrase:
    mine, theirs = last_word(match, side), last_word(match, other(side))
    if mine and mine.answer == "withdraw":
        return Phrase(N_("You withdrew"))
    if theirs and theirs.answer == "withdraw":
        return Phrase(N_("The other side withdrew"))
    if theirs and theirs.answer == "decline":
        return Phrase(N_("The other side declined"))
    if mine is None and side != asked_first(match):
        return Phrase(N_("The other side declined"))
    return Phrase(N_("You declined"))


def _until(without: str, dated: str, match: Proposal) -> Phrase:
    if match.answer_by is None:
        return Phrase(without)
    return Phrase(dated, {"day": match.answer_by})
