"""What happens next in a matter, said to its reader: nobody is left to guess."""

from __future__ import annotations

from services.notifier.domain.messages import Party, Proposal
from services.notifier.domain.phrases import N_, Phrase
from services.notifier.domain.sides import asked_first, last_word, side_of
from services.notifier.domain.standing import Standing, has_answered

_IF_ACCEPTED = N_(
    "If you accept, we tell the other side. Contact details are exchanged only once both sides "
    "have accepted; until then neither sees the other's."
)
_OTHER_IS_ASKED = N_(
    "We have asked the other side. If it accepts too, both of you get the contact details at the "
    "same moment; if not, we tell you."
)
_BOTH_ACCEPTED = N_(
    "Both sides have accepted. In a moment both of you get the other's contact details."
)
_OTHER_IS_ASKED_ONE_WAY = N_(
    "We have asked the other side. If it accepts too, you get its contact details; if not, we "
    "tell you."
)
_BOTH_ACCEPTED_ONE_WAY = N_(
    "Both sides have accepted. In a moment you get the other's contact details."
)
_GIVE_CONTACT = N_(
    "We have no contact of yours that we could pass on to the other side. Please give one to the "
    "cluster, or let your system send it with the request (“contact”)."
)
_GIVE_CONTACT_NOW = N_(
    "We had no contact of yours to pass on to the other side, so the first step is yours. Please "
    "give one to the cluster, or let your system send it with the request (“contact”)."
)
_OUTCOME_WILL_BE_ASKED = N_("In a while we ask both of you what came of it.")


def next_step(standing: Standing, reader: Party, *, is_reachable: bool = True) -> Phrase | None:
    """What happens next in the match of ``standing``; None where nothing is left to say.

    ``is_reachable``: the other side would get a contact of ``reader``.
    """
    match = standing.match
    side = side_of(match, reader) if match else None
    if match is None or side is None or _has_left(standing):
        return None
    match match.state:
        case "introduced":
            told = side in match.told_outcome or standing.sayings("outcome")
            return None if told else Phrase(_OUTCOME_WILL_BE_ASKED)
        case "proposed" | "accepted" if has_answered(standing, reader):
            if not _stands(match):
                return None
            if side == asked_first(match):
                return Phrase(_OTHER_IS_ASKED if is_reachable else _OTHER_IS_ASKED_ONE_WAY)
            return Phrase(_BOTH_ACCEPTED if is_reachable else _BOTH_ACCEPTED_ONE_WAY)
        case "proposed" if side == asked_first(match):
            return Phrase(_IF_ACCEPTED)
    return None


def contact_to_give(standing: Standing, reader: Party, *, is_reachable: bool) -> Phrase | None:
    """What ``reader`` is asked to give before the other side can reach it, and how; None where
    nothing is missing, or nobody is waiting for it.
    """
    match = standing.match
    if is_reachable or match is None or side_of(match, reader) is None or _has_left(standing):
        return None
    if match.state == "introduced":
        return Phrase(_GIVE_CONTACT_NOW)
    return Phrase(_GIVE_CONTACT) if match.state in ("proposed", "accepted") else None


def _has_left(standing: Standing) -> bool:
    said = standing.sayings("accept", "decline", "withdraw")
    return bool(said) and said[-1].act != "accept"


def _stands(match: Proposal) -> bool:
    """True as long as nobody has taken its word back, and no place is waited for."""
    words = (last_word(match, "need"), last_word(match, "supply"))
    return match.waiting is None and all(word is None or word.answer == "accept" for word in words)
