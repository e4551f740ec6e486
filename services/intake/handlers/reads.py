"""The addresses that tell a source what became of its facts."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request

from schemas.values import Identifier, NeedStatus
from services.intake.handlers import answers
from services.intake.handlers.bodies import JSON, require_accepted
from services.intake.handlers.writes import Who
from services.intake.use_cases import Begin, read

_DEFAULT_PAGE = 50
_LONGEST_PAGE = 200


def read_routes(begin: Begin) -> APIRouter:
    """The router; ``begin`` opens a store on a transaction of its own."""
    routes = APIRouter(prefix="/v1")
    _add_demands(routes, begin)
    _add_others(routes, begin)
    return routes


def _add_demands(routes: APIRouter, begin: Begin) -> None:
    @routes.get("/demands", tags=["demands"])
    async def list_demands(
        request: Request,
        speaker: Who,
        state: NeedStatus | None = None,
        limit: Annotated[int, Query(ge=1, le=_LONGEST_PAGE)] = _DEFAULT_PAGE,
        after: Annotated[
            Identifier | None, Query(description="The id of the last demand already seen.")
        ] = None,
    ) -> answers.DemandPage:
        """Your demands (the hub: everybody's), newest first."""
        require_accepted(request, JSON)
        source = None if speaker.is_hub else speaker.source
        async with begin() as store:
            facts = await store.page("demand", source, state, after, limit + 1)
        following = None
        if len(facts) > limit:
            query: dict[str, str | int] = {"limit": limit, "after": facts[limit - 1].id}
            if state is not None:
                query["state"] = state.value
            following = f"/v1/demands?{urlencode(query)}"
        items = [answers.demand_summary(fact) for fact in facts[:limit]]
        return answers.DemandPage(items=items, next=following)

    @routes.get("/demands/{id}", tags=["demands"])
    async def get_demand(
        id: Identifier,  # noqa: A002
        request: Request,
        speaker: Who,
    ) -> answers.DemandView:
        """A demand, its waves and its matches; for its source and the hub. No contact data."""
        require_accepted(request, JSON)
        async with begin() as store:
            fact = await read(store, speaker, "demand", id)
            waves, matches = await store.history(id)
        return answers.demand_view(fact, waves, matches)


def _add_others(routes: APIRouter, begin: Begin) -> None:
    @routes.get("/offers/{id}", tags=["offers"])
    async def get_offer(
        id: Identifier,  # noqa: A002
        request: Request,
        speaker: Who,
    ) -> answers.FactView:
        """An offer as it is stored; for its source and the hub."""
        require_accepted(request, JSON)
        async with begin() as store:
            return answers.fact_view(await read(store, speaker, "offer", id))

    @routes.get("/members/{id:path}", tags=["members"])
    async def get_member(
        id: Identifier,  # noqa: A002
        request: Request,
        speaker: Who,
    ) -> answers.FactView:
        """A member as it is stored; for its source and the hub. No contact data."""
        require_accepted(request, JSON)
        async with begin() as store:
            return answers.fact_view(await read(store, speaker, "member", id))
