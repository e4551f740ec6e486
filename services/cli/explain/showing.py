"""An explanation as tables, and as data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.markup import escape

from services.cli.console import out, table
from services.cli.explain.rules import SIDES
from services.cli.explain.verdict import Explained, sentence
from services.matcher.domain.account import Near
from services.matcher.domain.portfolio import counted

_PIECES, _TERMS = 6, 12


def as_data(found: Explained) -> dict[str, Any]:
    """Everything there is, for JSON."""
    account, hub = found.account, found.hub
    need, candidate, wave = account.need, account.candidate, account.wave
    return {
        "verdict": sentence(found),
        "note": found.note or None,
        "need": {"id": need.need_id, "title": need.title, "version": need.version},
        "supply": {
            "id": candidate.supply.supply_id,
            "kind": candidate.supply.kind,
            "name": candidate.supply.name,
            "version": candidate.supply.version,
        },
        "rules": [
            {"rule": name, "holds": holds, "asks": asks, "has": has}
            for name, holds, asks, has in _rules(found)
        ],
        "barrier": account.barrier,
        "evidence": {
            "closeness": candidate.evidence.closeness,
            "crowd": candidate.evidence.crowd,
            "coverage": candidate.evidence.coverage,
            "niche": candidate.evidence.niche,
            "shared_language": candidate.evidence.shared_language,
            "pieces": [
                _piece(near, counts)
                for near, counts in zip(account.pieces, _counts(account.pieces), strict=True)
            ],
            "terms": [{"term": term, "weight": weight} for term, weight in account.shared],
            "niche_paths": account.niche_paths,
            "niches_inferred": account.inferred,
            "niches_sure": candidate.evidence.sure,
        },
        "log_odds": dict(account.parts),
        "log_odds_sum": math.fsum(account.parts.values()),
        "score": candidate.score,
        "threshold": account.threshold,
        "standing": {
            "place": account.standing.place,
            "eligible": account.standing.eligible,
            "above_threshold": account.standing.good,
            "considered": account.standing.considered,
        },
        "choice": {
            "places": wave.places,
            "taken": [[c.supply.supply_id, c.score] for c in wave.taken],
            "number": account.round.number,
            "of": account.round.of,
            "reach": account.round.reach,
            "rank": wave.rank,
            "because": wave.because,
            "price": wave.worth.price if wave.worth else None,
            "welcome": wave.worth.welcome if wave.worth else None,
            "load": {"recent": wave.load.recent, "waiting": wave.load.waiting},
        },
        "match": found.match.model_dump(mode="json", exclude={"need"}) if found.match else None,
        "policy_version": hub.policy.version,
        "score_model": hub.model.version,
        "reasons": [asdict(reason) for reason in candidate.reasons],
    }


def _piece(near: Near, counts: float) -> dict[str, Any]:
    return {
        "role": near.piece.role,
        "title": near.piece.title,
        "part": near.piece.part,
        "year": near.piece.year,
        "cosine": near.cosine,
        "fresh": near.fresh,
        "counts": counts,
    }


def _counts(pieces: Sequence[Near]) -> list[float]:
    """What each piece adds to closeness."""
    return counted([n.cosine * n.fresh if n.cosine > 0 else n.cosine for n in pieces])


def _rules(found: Explained) -> list[tuple[str, bool, str, str]]:
    account = found.account
    return [
        (name, holds, *SIDES[name](account.need, account.candidate.supply, found.hub.world))
        for name, holds in account.rules.items()
    ]


def show(found: Explained) -> None:
    """Print it, the sentence last."""
    need, supply = found.account.need, found.account.candidate.supply
    out.print(f"[bold]{escape(need.need_id)}[/]  {escape(need.title)}")
    out.print(f"[bold]{escape(supply.supply_id)}[/]  {escape(supply.name)} ({supply.kind})\n")
    _show_rules(found)
    _show_evidence(found)
    _show_sum(found)
    _show_reasons(found)
    _show_choice(found)
    if found.note:
        out.print(escape(found.note), soft_wrap=True)
    out.print(f"[bold]{escape(sentence(found))}[/]", soft_wrap=True)


def _show_rules(found: Explained) -> None:
    shown = table("rule", "", "asks", "has")
    for name, holds, asks, has in _rules(found):
        shown.add_row(
            name, "holds" if holds else "[red]does not hold[/]", escape(asks), escape(has)
        )
    out.print(shown, "")


def _show_evidence(found: Explained) -> None:
    account = found.account
    evidence = account.candidate.evidence
    shown = table("piece", "year", "cosine", "freshness", "counts")
    each = _counts(account.pieces)
    for near, counts in zip(account.pieces[:_PIECES], each, strict=False):
        name = near.piece.title or near.piece.role
        row = (f"{near.cosine:.3f}", f"{near.fresh:.3f}", f"{counts:.3f}")
        shown.add_row(escape(name), str(near.piece.year or ""), *row)
    if account.pieces:
        out.print(shown)
    if evidence.closeness is None:
        out.print("closeness  none: no vectors")
    else:
        out.print(f"closeness  {evidence.closeness:.4f}   crowd {evidence.crowd:.4f}")
    words = ", ".join(term for term, _ in account.shared[:_TERMS]) or "nothing"
    out.print(f"coverage   {evidence.coverage:.4f}   shared: {escape(words)}", soft_wrap=True)
    out.print(f"niche      {escape(_niche(found))}", soft_wrap=True)
    shared = "the same" if evidence.shared_language else "different"
    out.print(f"written in {shared} language{'' if evidence.shared_language else 's'}\n")


def _niche(found: Explained) -> str:
    """How well niches answer, the way between the nearest two, and whether they were inferred."""
    account, evidence = found.account, found.account.candidate.evidence
    if evidence.niche is None:
        return "the need names none"
    told = f"{evidence.niche:.4f}"
    if account.niche_paths is not None:
        told += "   " + " = ".join(" < ".join(path) for path in account.niche_paths)
    if account.inferred:
        names = ", ".join(account.inferred)
        told += f"   (inferred, for the need names none: {names}; counts by {evidence.sure:.2f})"
    return told


def _show_sum(found: Explained) -> None:
    account, policy = found.account, found.hub.policy
    shown = table("part of the log-odds", "")
    shown.columns[1].justify = "right"
    for name, value in account.parts.items():
        shown.add_row(name, f"{value:+.4f}")
    shown.add_row("sum", f"{math.fsum(account.parts.values()):+.4f}")
    out.print(shown)
    out.print(
        f"probability {account.candidate.score:.4f}, threshold {account.threshold} "
        f"(policy {policy.version}, score model {found.hub.model.version})\n"
    )


def _show_reasons(found: Explained) -> None:
    """What spoke for the pair, with the share of the evidence that each explains."""
    shown = table("reason", "", "share")
    shown.columns[2].justify = "right"
    for reason in found.account.candidate.reasons:
        said = reason.text or ", ".join(reason.terms) or " > ".join(reason.path) or reason.id or ""
        shown.add_row(reason.kind, escape(said), f"{reason.weight:.0%}")
    out.print(shown)


def _show_choice(found: Explained) -> None:
    standing, wave = found.account.standing, found.account.wave
    side = f"{found.account.candidate.supply.kind}s"
    place = f"number {standing.place}" if standing.place else "not"
    out.print(
        f"{place} among the {standing.eligible} eligible {side}, of whom {standing.good} reach the "
        f"threshold ({standing.considered} members and offers considered)"
    )
    taken = ", ".join(f"{c.supply.supply_id} {c.score:.4f}" for c in wave.taken) or "nobody"
    turn = found.account.round
    out.print(f"wave {turn.number} of {turn.of}, which reaches {turn.reach}")
    out.print(f"{wave.places} places for {side}: {escape(taken)}", soft_wrap=True)
    if wave.worth is not None:
        out.print(
            f"among near equals: {wave.worth.price:.4f} off for load "
            f"({wave.load.recent:.2f} recent proposals, {wave.load.waiting} unanswered), "
            f"{wave.worth.welcome:.4f} more for being new"
        )
    if found.match is not None:
        match = found.match
        by = f" and score model {match.score_model}" if match.score_model else ""
        out.print(
            f"match {match.match_id}: {match.state.value}, rank {match.rank}, score "
            f"{match.score:.4f} by policy {match.policy_version}{by} when it was proposed"
        )
    out.print()
