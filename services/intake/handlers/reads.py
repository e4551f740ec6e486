"""The addresses that tell a source what became of its facts."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request

from schemas.values import Identifier, NeedStatus
from services.intake.handlers import views
from services.intake.handlers.bodies import JSON, require_accepted
from services.intake.handlers.gate import BEHIND_THE_GATE
from services.intake.handlers.writes import Who
from services.intake.use_cases.following import read
from services.intake.use_cases.ports import Begin

_DEFAULT_PAGE = 50
_LONGEST_PAGE = 200


def read_routes(begin: Begin) -> APIRouter:
    """The router; ``begin`` opens a store on a transaction of its own."""
    routes = APIRouter(prefix="/v1", dependencies=BEHIND_THE_GATE)
    _add_demands(routes, begin)
    _add_others(routes, begin)
    return routes


def _add_demands(routes: APIRouter, begin: Begin) -> None:
    @routes.get("/demands", tags=["demands"])
    async def list_demands(
        request: Request,
        speaker: Who,
        state: Annotated[
            NeedStatus | Literal["archived"] | None,
            Query(description="`archived`: ended so long ago that it was put away."),
        ] = None,
        limit: Annotated[int, Query(ge=1, le=_LONGEST_PAGE)] = _DEFAULT_PAGE,
        after: Annotated[
            Identifier | None, Query(description="The id of the last demand already seen.")
        ] = None,
    ) -> views.DemandPage:
        """Your demands (the hub: everybody's), newest first."""
        require_accepted(request, JSON)
        source = None if speaker.is_hub else speaker.source
        async with begin() as store:
            facts = await store.page("demand", source, state, after, limit + 1)
        following = None
        if len(facts) > limit:
            query: dict[str, str | int] = {"limit": limit, "after": facts[limit - 1].id}
            if state is not None:
                query["state"] = str(state)
            following = f"/v1/demands?{urlencode(query)}"
        items = [views.demand_summary(fact) for fact in facts[:limit]]
        return views.DemandPage(items=items, next=following)

    @routes.get("/demands/{id}", tags=["demands"])
    async def get_demand(
        id: Identifier,  # noqa: A002
        request: Request,
        speaker: Who,
    ) -> views.DemandView:
        """A demand with all that happened to it; for its source and the hub. No contact data."""
        require_accepted(request, JSON)
        async with begin() as store:
            fact = await read(store, speaker, "demand", id)
            history = await store.history(id)
        return views.demand_view(fact, history)


def _add_others(routes: APIRouter, begin: Begin) -> None:
    @routes.get("/offers/{id}", tags=["offers"])
    async def get_offer(
        id: Identifier,  # noqa: A002
        request: Request,
        speaker: Who,
    ) -> views.FactView:
        """An offer as it is stored; for its source and the hub."""
        require_accepted(request, JSON)
        async with begin() as store:
            return views.fact_view(await read(store, speaker, "offer", id))

    @routes.get("/members/{id:path}", tags=["members"])
    async def get_member(
        id: Identifier,  # noqa: A002
        request: Request,
        speaker: Who,
    ) -> views.FactView:
        """A member as it is stored; for its source and the hub. No contact data."""
        require_accepted(request, JSON)
        async with begin() as store:
            return views.fact_view(await read(store, speaker, "member", id))
