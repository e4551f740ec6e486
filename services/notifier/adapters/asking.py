"""What was asked and answered about a matter, as its card shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.notifier.adapters.views import name_of
from services.notifier.domain import question_wording
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import Locale, Notice, Party, Proposal, question_of
from services.notifier.domain.phrases import Phrase
from services.notifier.domain.sides import side_of
from services.notifier.domain.standing import Standing
from services.notifier.use_cases.ports import Entry


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and its answer, as written. ``entry``: where its reader may answer it."""

    asker: Phrase
    text: str
    replier: Phrase | None = None
    reply: str = ""
    entry: UUID | None = None


@dataclass(frozen=True)
class Asking:
    """Shows questions to ``party``, a reader of ``locale``."""

    party: Party
    directory: Directory
    locale: Locale

    def questions(self, group: Sequence[Entry], open_ones: frozenset[UUID]) -> list[Asked]:
        """Those of one matter, oldest first: asked of the reader, which may answer them on the
        entries ``open_ones``, and by it.
        """
        found = [one for entry in reversed(group) for one in self._of(entry, open_ones)]
        answered = {one.text for one in found if one.asker == question_wording.YOU_ASKED}
        mine = group[0].standing.sayings("question")
        waiting = [
            Asked(question_wording.YOU_ASKED, one.words)
            for one in mine
            if one.words not in answered
        ]
        return [*found, *waiting]

    def _of(self, entry: Entry, open_ones: frozenset[UUID]) -> Iterator[Asked]:
        message, standing = entry.message, entry.standing
        if not isinstance(message, Notice) or message.question is None:
            return
        match, question = standing.match or message.match, message.question
        if question_of(message) is None:
            yield Asked(question_wording.YOU_ASKED, question.text, *self._reply(match, standing))
            return
        name = self._name(match, standing, question.by)
        yield Asked(
            question_wording.asks(name),
            question.text,
            *self._reply(match, standing),
            entry=entry.entry_id if entry.entry_id in open_ones else None,
        )

    def _reply(self, match: Proposal | None, standing: Standing) -> tuple[Phrase | None, str]:
        """Who answered, and what; what was said here goes before the matcher has told it."""
        reply = standing.reply
        if reply is None:
            said = standing.sayings("reply")
            return (question_wording.REPLIED, said[-1].words) if said else (None, "")
        if reply.by == self.party:
            return question_wording.YOU_REPLIED, reply.text
        if match is not None and side_of(match, reply.by) is not None:
            name = self._name(match, standing, reply.by)
            return question_wording.replied(name), reply.text
        return question_wording.OFFICE_REPLIED, reply.text

    def _name(self, match: Proposal | None, standing: Standing, party: Party) -> str:
        side = side_of(match, party) if match else None
        if match is None or side is None:
            return self.directory.party(party, self.locale) or party.id
        return name_of(match, side, standing, self.directory, self.locale)
