"""What somebody is pushed who tries whether pushes come through."""

from __future__ import annotations

from services.notifier.domain.phrases import N_, Phrase

TITLE = Phrase(N_("A test"))
BODY = Phrase(N_("Pushes of Jisr come through to you here. There is nothing to do."))
