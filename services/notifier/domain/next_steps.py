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
_OUTCOME_WILL_BE_ASKED = N_("In a while we ask both of you what came of it.")


def next_step(standing: Standing, reader: Party) -> Phrase | None:
    """What happens next in the match of ``standing``; None where nothing is left to say."""
    match = standing.match
    side = side_of(match, reader) if match else None
    if match is None or side is None or _has_left(standing):
        return None
    match match.state:
        case "introduced":
            told = side in match.told_outcome or standing.sayings("outcome")
            return None if told else Phrase(_OUTCOME_WILL_BE_ASKED)
        case "proposed" | "accepted" if has_answered(standing, reader):
            first = side == asked_first(match)
            return Phrase(_OTHER_IS_ASKED if first else _BOTH_ACCEPTED) if _stands(match) else None
        case "proposed" if side == asked_first(match):
            return Phrase(_IF_ACCEPTED)
    return None


def _has_left(standing: Standing) -> bool:
    said = standing.sayings("accept", "decline", "withdraw")
    return bool(said) and said[-1].act != "accept"


def _stands(match: Proposal) -> bool:
    """True as long as nobody has taken its word back, and no place is waited for."""
    words = (last_word(match, "need"), last_word(match, "supply"))
    return match.waiting is None and all(word is None or word.answer == "accept" for word in words)
