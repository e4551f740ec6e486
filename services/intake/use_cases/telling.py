"""The lines of a demand's story, from what the matcher told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeAlias

from schemas.blanking import without_contacts
from schemas.life import NeedChanged, Notice
from schemas.match import AskedQuestion, Decision, Match, MatchState, Outcome, Said
from services.intake.domain.story import STATE, Line

Told: TypeAlias = Match | Decision | NeedChanged | Notice

_SAID = {"accept": "accepted", "decline": "declined", "withdraw": "taken-back"}
_SHOWN = {
    "reminder",
    "answer-asked",
    "question",
    "expiry-near",
    "confirmation-asked",
    "asker-silent",
    "duplicate",
    "kept-after-edit",
    "waiting",
    "place-free",
    "outcome-asked",
    "outcome-reminder",
}
"""Notices that say what no match and no state says."""


def lines(told: Told) -> Iterator[Line]:
    """What ``told`` says of a demand. A match says all that it went through, each time."""
    match told:
        case Match():
            yield from _of_match(told)
        case Decision():
            yield from _of_decision(told)
        case NeedChanged():
            yield _of_state(told)
        case Notice() if told.kind in _SHOWN:
            yield _of_notice(told)


def _of_match(match: Match) -> Iterator[Line]:
    def line(what: str, at: datetime, side: str, tag: str = "", **details: Any) -> Line:
        key = f"match:{match.match_id}:{what}{tag}"
        said = {"who": _party(match, side), "match_id": match.match_id, **details}
        return Line(match.need.id, key, at, what, match.wave, said)

    def said_by(side: str, said: Said | None, outcome: Outcome | None) -> Iterator[Line]:
        if said is not None:
            what = _SAID[said.answer]
            reason = {"reason": said.reason} if said.reason else {}
            yield line(what, said.at, side, f":{side}:{said.at.isoformat()}", **reason)
        if outcome is not None:
            tag = f":{side}:{outcome.at.isoformat()}"
            yield line("outcome", outcome.at, side, tag, outcome=outcome.outcome)

    changed = match.changed_at or match.proposed_at
    if match.proposed_at is not None:
        yield line("proposed", match.proposed_at, "supply")
    yield from said_by("need", match.need_said, match.need_outcome)
    yield from said_by("supply", match.supply_said, match.supply_outcome)
    if match.introduced_at is not None:
        yield line("introduced", match.introduced_at, "supply")
    because = {"because": match.closed_because} if match.closed_because else {}
    if match.state is MatchState.LAPSED and changed is not None:
        yield line("lapsed", changed, "supply", **because)
    if match.state is MatchState.SUPERSEDED and changed is not None:
        yield line("closed", changed, "supply", **because)


def _of_decision(decision: Decision) -> Iterator[Line]:
    if decision.outcome == "withdrawn" or (
        decision.outcome == "proposed" and not decision.proposed
    ):
        return
    what = "unmatched" if decision.outcome == "unmatched" else "shortlisted"
    yield Line(
        decision.need.id,
        f"decision:{decision.decided_at.isoformat()}",
        decision.decided_at,
        what,
        decision.wave,
        {
            "version": decision.need.version,
            "considered": decision.considered,
            "proposed": len(decision.proposed),
        },
    )


def _of_state(change: NeedChanged) -> Line:
    return Line(
        change.need.id,
        f"state:{change.version:09}",
        change.changed_at,
        STATE,
        change.wave,
        change.model_dump(
            mode="json", include={"state", "wave", "reach", "extended", "expires_at", "archived"}
        ),
    )


def _of_question(notice: Notice, match: Match, asked: AskedQuestion) -> Line:
    """A question, which several are told and which is one line; or its answer."""
    reply = notice.reply
    by, text = (reply.by, reply.text) if reply else (asked.by, asked.text)
    what = "question-answered" if reply else "question"
    details = {
        "who": _named(match, {"type": by.type, "id": by.id}),
        "match_id": match.match_id,
        "question_id": asked.question_id,
        "text": without_contacts(text),
    }
    key = f"{what}:{asked.question_id}"
    return Line(notice.need.id, key, notice.raised_at, what, match.wave, details)


def _of_notice(notice: Notice) -> Line:
    if notice.question is not None and notice.match is not None:
        return _of_question(notice, notice.match, notice.question)
    to = notice.to
    who: dict[str, Any] = {"type": to.kind, "id": to.id}
    if to.cluster is not None:
        who["cluster"] = to.cluster
    details: dict[str, Any] = {}
    if notice.match is not None:
        details["match_id"] = notice.match.match_id
        who = _named(notice.match, who)
    if notice.until is not None:
        details["until"] = notice.until.isoformat()
    if notice.text:
        details["text"] = without_contacts(notice.text)
    if notice.kind == "question" and notice.match is not None:
        who = _party(notice.match, _asked_first(notice.match))  # who asks, not who is told
    details["who"] = who
    wave = notice.wave or (notice.match.wave if notice.match else None)
    key = f"notice:{notice.notice_id}"
    return Line(notice.need.id, key, notice.raised_at, notice.kind, wave, details)


def _asked_first(match: Match) -> str:
    return "need" if match.need.kind == "interest" else "supply"


def _party(match: Match, side: str) -> dict[str, Any]:
    """One side as an organisation."""
    owner = match.need.owner if side == "need" else match.supply.owner
    return _named(match, {"type": owner.type, "id": owner.id})


def _named(match: Match, who: dict[str, Any]) -> dict[str, Any]:
    recipient = match.recipient
    if recipient.name and (who["type"], who["id"]) == (recipient.kind, recipient.id):
        return {**who, "name": recipient.name}
    return who
