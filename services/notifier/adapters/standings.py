"""How a matter stands, from the columns of the view ``standing``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from schemas.life import NeedChanged
from schemas.match import Match
from services.notifier.adapters.events import proposal_of
from services.notifier.domain.messages import Party, Reply
from services.notifier.domain.standing import NeedState, Saying, Standing


def standing_of(row: Mapping[str, Any]) -> Standing:
    """The standing that ``row`` tells: columns ``match``, ``need``, ``said``,
    ``members``, ``other_title`` and ``reply``.
    """
    members = row["members"]
    return Standing(
        proposal_of(Match.model_validate(row["match"])) if row["match"] else None,
        _need(row["need"]),
        tuple(
            Saying(one["act"], one["about"], datetime.fromisoformat(one["at"]), one["words"])
            for one in row["said"]
        ),
        {Party("member", name): one["name"] for name, one in members.items() if one["name"]},
        frozenset(name for name, one in members.items() if one["consents"]),
        row["other_title"] or "",
        _reply(row["reply"]),
    )


def _reply(content: Mapping[str, Any] | None) -> Reply | None:
    if not content:
        return None
    by = content["by"]
    return Reply(Party(by["type"], by["id"]), content["text"])


def _need(content: Mapping[str, Any] | None) -> NeedState:
    return need_state(NeedChanged.model_validate(content)) if content else NeedState()


def need_state(need: NeedChanged) -> NeedState:
    """``need`` in the notifier's words."""
    return NeedState(
        need.state.value,
        need.wave,
        need.extended,
        need.archived,
        need.expires_at,
        need.waves,
        need.reach.value,
        need.wanted,
        need.introduced,
    )
