"""Who asked something about a matter, and who answered, said to its reader."""

from __future__ import annotations

from services.notifier.domain.phrases import N_, Phrase

YOU_ASKED = Phrase(N_("You asked"))
YOU_REPLIED = Phrase(N_("You answered"))
OFFICE_REPLIED = Phrase(N_("The ambassador of the city answered"))
REPLIED = Phrase(N_("The answer"))


def asks(name: str) -> Phrase:
    """The other side, called ``name``, asks."""
    return Phrase(N_("%(name)s asks"), {"name": name})


def replied(name: str) -> Phrase:
    """The other side, called ``name``, answered."""
    return Phrase(N_("%(name)s answered"), {"name": name})
