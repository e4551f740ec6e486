"""What becomes of a need's matches once they were proposed: answers, and a need taken back."""

from __future__ import annotations

from datetime import datetime

from schemas.match import Match, MatchState
from schemas.response import Response
from services.matcher import metrics
from services.matcher.domain import lifecycle
from services.matcher.domain.decisions import OVER
from services.matcher.domain.model import Need
from services.matcher.domain.policy import Policy
from services.matcher.use_cases import supplies
from services.matcher.use_cases.ports import Embedder, Ledger


async def close(ledger: Ledger, need: Need, policy: Policy, now: datetime) -> None:
    """End the open proposals of a need that was taken back, and say so."""
    superseded: list[Match] = []
    for match in await ledger.needs.matches_of(need.need_id):
        state = lifecycle.after(match.state.value, "close")
        if state is not None:
            superseded.append(_next_version(match, state, now))
    await ledger.needs.change(superseded)
    await ledger.needs.take_back(need, policy, now)


async def answer(ledger: Ledger, embedder: Embedder, response: Response, now: datetime) -> bool:
    """Apply one answer; True when it left a place in the shortlist to the next best.

    Only whoever was asked is heard: nobody accepts in the name of somebody else. The asker's own
    word has no effect yet (decision 0020).
    """
    row = await ledger.needs.lock(response.need_id)
    matches = await ledger.needs.matches_of(response.need_id) if row else []
    asked = (m for m in matches if (m.recipient.kind, m.recipient.id) == _by(response))
    match = next((m for m in asked if m.match_id == response.match_id), None)
    state = lifecycle.after(match.state.value, response.answer) if match else None
    if match is None or state is None:
        metrics.ANSWERED.labels("nothing").inc()
        return False
    state = await _take_place(ledger, embedder, match, state)
    await ledger.needs.change([_next_version(match, state, now, response.reason)])
    metrics.ANSWERED.labels(state).inc()
    return state in OVER


def _by(response: Response) -> tuple[str, str]:
    return response.by.type, response.by.id


async def _take_place(ledger: Ledger, embedder: Embedder, match: Match, state: str) -> str:
    """Take or free a place of the supply; an accept that finds it full is superseded (I5)."""
    places = lifecycle.places_taken(match.state.value, state)
    if not places:
        return state
    supply = await ledger.supplies.take_place(match.supply.id, places)
    if supply is None:
        return MatchState.SUPERSEDED.value
    await supplies.publish(ledger, embedder, supply)
    return state


def _next_version(old: Match, state: str, now: datetime, reason: str | None = None) -> Match:
    return old.model_copy(
        update={
            "state": MatchState(state),
            "version": old.version + 1,
            "changed_at": now,
            "decline_reason": reason or old.decline_reason,
        }
    )
