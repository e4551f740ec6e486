"""One plain sentence: proposed or not, and why."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.match import Match
from services.cli.explain.rules import SIDES
from services.matcher.domain.account import Account, Hub


@dataclass(frozen=True, slots=True)
class Explained:
    """An account, the hub it was made on, and the match where there is one.

    ``stored`` tells that the pair is of a running hub and not of a folder; ``note`` is what a
    reader should know of how it was read.
    """

    account: Account
    hub: Hub
    match: Match | None = None
    stored: bool = False
    note: str = ""


def sentence(found: Explained) -> str:
    """What became of the pair."""
    account, threshold = found.account, found.account.threshold
    if found.match is not None:
        return _as_recorded(found.match)
    if account.barrier is not None:
        asked, there = SIDES[account.barrier](
            account.need, account.candidate.supply, found.hub.world
        )
        return f"Not proposed: rule {account.barrier} (asks {asked}; has {there})."
    if account.round.beyond and account.candidate.score >= threshold:
        turn, cluster = account.round, account.candidate.supply.cluster
        return (
            f"Not proposed yet: wave {turn.number} of {turn.of} reaches {turn.reach}, "
            f"and it stands in {cluster}. "
            "The next wave begins when this one is dry, or its time is over."
        )
    if account.candidate.score < threshold:
        score = account.candidate.score
        return f"Not proposed: score {_told(score, threshold)} is below the threshold {threshold}."
    if account.wave.rank is None:
        return _beaten(account)
    if found.stored:
        return f"Not proposed yet: at rank {account.wave.rank} when the hub looks at it again."
    return f"Proposed at rank {account.wave.rank}{_why(account)}."


def _as_recorded(match: Match) -> str:
    said = f"Proposed at rank {match.rank} with score {match.score:.2f}"
    if match.state.value == "proposed":
        return f"{said}; no answer yet."
    reason = f" ({match.decline_reason})" if match.decline_reason else ""
    return f"{said}; it is {match.state.value}{reason}."


def _told(score: float, threshold: float) -> str:
    """With as many digits as it takes to see that it is below."""
    return next(
        (text for n in (2, 3, 4) if float(text := f"{score:.{n}f}") < threshold), f"{score:.6f}"
    )


def _why(account: Account) -> str:
    match account.wave.because:
        case "spread":
            return ", for it was asked less than near equals"
        case "newcomer":
            return ", for it is new among near equals"
    return ""


def _beaten(account: Account) -> str:
    taken, places = account.wave.taken, account.wave.places
    names = ", ".join(f"{c.supply.supply_id} {c.score:.2f}" for c in taken)
    better = sum(c.score >= account.candidate.score for c in taken)
    if better == len(taken):
        many = f"{better} better ones" if better != 1 else "a better one"
        return f"Not proposed: {many} took the places ({names})."
    return (
        f"Not proposed: of the {places} places {better} went to better ones, the others to near "
        f"equals that were asked less, are new, or had been asked before ({names})."
    )
