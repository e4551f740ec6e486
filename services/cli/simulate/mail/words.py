"""What happens in a simulated hub, as the notifier's messages."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.cli.simulate.life.hub import Hub
from services.cli.simulate.life.opened import Opened
from services.matcher.domain.decisions import Ranked
from services.matcher.domain.life.case import Pair, Side
from services.matcher.domain.life.case import Said as Word
from services.matcher.domain.life.effects import Tell
from services.matcher.domain.model import Owner
from services.notifier.domain.messages import (
    Addressee,
    Message,
    Need,
    Notice,
    Party,
    Proposal,
    Reason,
    Recipient,
    Said,
    Supply,
)
from services.notifier.domain.standing import NeedState, Standing


@dataclass
class Words:
    """Says it as the events between matcher and notifier do. ``scores``: of each match, when it was
    proposed; ``opened`` the need of each.
    """

    hub: Hub
    scores: dict[str, float] = field(default_factory=dict)
    opened: dict[str, Opened] = field(default_factory=dict)

    def proposal(self, opened: Opened, pair: Pair, ranked: Ranked) -> tuple[Recipient, Message]:
        """A proposal, and whom it is for."""
        self.scores[pair.match_id] = ranked.candidate.score
        self.opened[pair.match_id] = opened
        match = self._match(opened, pair)
        return match.recipient, match

    def notice(self, opened: Opened, tell: Tell) -> tuple[Recipient, Message]:
        """A notice, and whom it is for; of an ambassador, its office is its inbox."""
        pair = opened.case.pair(tell.match_id)
        if tell.to == "ambassador":
            whom = Recipient("ambassador", f"ambassador/{opened.need.city}")
        else:
            whom = _recipient(self._owner(opened, pair, tell.to))
        case = opened.case
        said = (opened.need.need_id, tell.kind, tell.to, tell.match_id, tell.round)
        # An expiry that has moved is another notice (`adapters.notices` of the matcher).
        moved = str(tell.until) if tell.kind == "expiry-near" else ""
        return whom, Notice(
            "/".join((*said, moved)),
            tell.kind,
            Addressee(whom.kind, whom.id, "mnc" if tell.to == "ambassador" else None),
            _need(opened),
            self._match(opened, pair) if pair else None,
            tell.reason,
            tell.because,
            tell.text,
            wave=case.confirming or case.wave if tell.kind == "confirmation-asked" else None,
            until=tell.until,
        )

    def standing(self, opened: Opened, match_id: str) -> Standing:
        """How the matter stands now."""
        case, pair = opened.case, opened.case.pair(match_id)
        need = NeedState(case.state, case.wave, case.extended, False, case.expires_at)
        return Standing(self._match(opened, pair) if pair else None, need)

    def state(self, match_id: str) -> str:
        """The state of a match now."""
        pair = self.opened[match_id].case.pair(match_id)
        return pair.state if pair else "gone"

    def _match(self, opened: Opened, pair: Pair) -> Proposal:
        owner = self._owner(opened, pair, pair.asked)
        facts = self.hub.supplies.facts[pair.supply_id]
        niches = tuple(Reason("niche", id=one) for one in opened.need.niches)
        return Proposal(
            pair.match_id,
            _need(opened),
            Supply(pair.supply_kind, pair.supply_id, _party(facts.owner), facts.supply_id),
            _recipient(owner),
            pair.state,
            self.scores.get(pair.match_id, 0.0),
            pair.version,
            niches,
            answer_by=pair.answer_by,
            need_said=_said(pair.need_said),
            supply_said=_said(pair.supply_said),
            closed_because=pair.closed_because,
            waiting=pair.waiting,
            told_outcome=frozenset(
                side for side in ("need", "supply") if pair.outcome_of(side) is not None
            ),
        )

    def _owner(self, opened: Opened, pair: Pair | None, side: Side) -> Owner:
        if side == "need" or pair is None:
            return opened.need.owner
        return self.hub.supplies.facts[pair.supply_id].owner


def _need(opened: Opened) -> Need:
    need = opened.need
    return Need(
        need.kind,
        need.need_id,
        _party(need.owner),
        need.asks,
        need.title,
        need.language,
        need.version,
        city=need.city,
        deadline=opened.case.expires_at,
    )


def _said(word: Word | None) -> Said | None:
    return Said(word.answer, word.reason) if word else None


def _party(owner: Owner) -> Party:
    return Party(owner.type, owner.id)


def _recipient(owner: Owner) -> Recipient:
    return Recipient(owner.type, owner.id)
