"""Between the life of a need as it is stored and published, and the domain's `Case`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from schemas.match import Match, MatchState
from schemas.match import Outcome as OutcomeEvent
from schemas.match import Said as SaidEvent
from services.matcher.domain.life.case import Case, Outcome, Pair, Said
from services.matcher.exceptions import LifeUnreadable

_CASE = TypeAdapter(Case)
_PAIRS = {"pairs"}
_BEFORE_LIVES = timedelta(days=7)  # what was proposed when matches had no end


def life_of(case: Case) -> dict[str, Any]:
    """What is stored of ``case`` beside its matches."""
    life: dict[str, Any] = _CASE.dump_python(case, mode="json", exclude=_PAIRS)
    return life


def case_of(life: dict[str, Any], pairs: tuple[Pair, ...]) -> Case:
    """The case that `life_of` stored, with its matches. Raises LifeUnreadable."""
    try:
        return _CASE.validate_python({**life, "pairs": pairs})
    except (TypeError, ValueError) as error:
        raise LifeUnreadable(str(error)) from error


def pair_of(match: Match) -> Pair:
    """A match as the domain sees it."""
    proposed_at = match.proposed_at or match.changed_at
    changed_at = match.changed_at or match.proposed_at
    if proposed_at is None or changed_at is None:
        raise ValueError(f"match {match.match_id} says not when it was proposed")
    return Pair(
        match_id=match.match_id,
        supply_id=match.supply.id,
        supply_kind=match.supply.kind,
        asked="supply" if match.need.kind == "demand" else "need",
        state=match.state.value,
        wave=match.wave,
        proposed_at=proposed_at,
        answer_by=match.answer_by or proposed_at + _BEFORE_LIVES,
        changed_at=changed_at,
        version=match.version,
        accepted_at=match.accepted_at,
        introduced_at=match.introduced_at,
        need_said=_said(match.need_said),
        supply_said=_said(match.supply_said),
        closed_because=match.closed_because,
        place=match.place,
        waiting=match.waiting,
        need_outcome=_outcome(match.need_outcome),
        supply_outcome=_outcome(match.supply_outcome),
    )


def as_of(match: Match, pair: Pair) -> Match:
    """``match`` in the state of ``pair``."""
    last = max(
        (s for s in (pair.need_said, pair.supply_said) if s and s.answer != "accept"),
        key=lambda s: s.at,
        default=None,
    )
    return match.model_copy(
        update={
            "state": MatchState(pair.state),
            "wave": pair.wave,
            "version": pair.version,
            "proposed_at": pair.proposed_at,
            "changed_at": pair.changed_at,
            "answer_by": pair.answer_by,
            "accepted_at": pair.accepted_at,
            "introduced_at": pair.introduced_at,
            "need_said": _said_event(pair.need_said),
            "supply_said": _said_event(pair.supply_said),
            "decline_reason": last.reason if last else None,
            "closed_because": pair.closed_because,
            "place": pair.place,
            "waiting": pair.waiting,
            "need_outcome": _outcome_event(pair.need_outcome),
            "supply_outcome": _outcome_event(pair.supply_outcome),
        }
    )


def _said(said: SaidEvent | None) -> Said | None:
    return Said(said.answer, said.at, said.reason) if said else None


def _said_event(said: Said | None) -> SaidEvent | None:
    return SaidEvent.model_validate(said, from_attributes=True) if said else None


def _outcome(said: OutcomeEvent | None) -> Outcome | None:
    return Outcome(said.outcome, said.at, said.rating) if said else None


def _outcome_event(said: Outcome | None) -> OutcomeEvent | None:
    return OutcomeEvent.model_validate(said, from_attributes=True) if said else None
