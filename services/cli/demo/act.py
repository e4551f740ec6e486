"""The demo's second act: the whole life of one demand, through the doors that users have.

Who is asked first declines, so the next wave begins; whoever is asked then accepts, so does the
city, and both are introduced.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from services.cli.console import Progress
from services.cli.demo.doors import HUB, HttpDoor

Wait = Callable[[Callable[[], Awaitable[int]], int, str], Awaitable[None]]
"""Waits until a count is reached; see `Story`."""
_REASONS = ("too-busy", "not-my-field")


@dataclass(frozen=True)
class Act:
    """Plays the life of the demand ``external_id``, whose city's system is ``source``."""

    door: HttpDoor
    external_id: str
    source: str
    wait: Wait
    say: Progress

    async def play(self) -> None:
        """All of it; CommandFailed when the hub does not do its part in time."""
        declined = 0
        while not (further := [m for m in await self._asked() if m["wave"] > 1]):
            for match in await self._asked():
                self.say(f"{self.external_id}: {_name(match)} declines")
                reason = _REASONS[declined % len(_REASONS)]
                word = {"answer": "decline", "reason": reason, "by": _member(match)}
                await self._say(match, word)
                declined += 1
            await self.wait(self._count("declined"), declined, "declined")
            await self.wait(self._goes_on, 1, "the next member asked")
            if not await self._asked():
                self.say(
                    f"{self.external_id}: nobody else is good enough, so the ambassador has it"
                )
                return
        chosen = further[0]
        self.say(f"{self.external_id}: {_name(chosen)}, asked in wave {chosen['wave']}, accepts")
        await self._say(chosen, {"answer": "accept", "by": _member(chosen)})
        await self.wait(self._count("accepted"), 1, "accepted")
        self.say(f"{self.external_id}: so does the city")
        await self._say(chosen, {"answer": "accept"}, self.source)
        await self.wait(self._count("introduced"), 1, "introduced")

    async def _goes_on(self) -> int:
        """1 when somebody is asked, or it is known that nobody is left."""
        return int(bool(await self._asked()) or (await self._demand())["state"] == "unmatched")

    async def _matches(self) -> list[dict[str, Any]]:
        matches: list[dict[str, Any]] = (await self._demand())["matches"]
        return matches

    async def _demand(self) -> dict[str, Any]:
        listed = await self.door.every("/v1/demands?limit=200")
        found = next(d for d in listed if d["external_id"] == self.external_id)
        demand: dict[str, Any] = await self.door.get(f"/v1/demands/{found['id']}")
        return demand

    async def _asked(self) -> list[dict[str, Any]]:
        return [match for match in await self._matches() if match["state"] == "proposed"]

    def _count(self, state: str) -> Callable[[], Awaitable[int]]:
        async def count() -> int:
            return sum(match["state"] == state for match in await self._matches())

        return count

    async def _say(self, match: dict[str, Any], word: dict[str, Any], source: str = HUB) -> None:
        address = f"/v1/matches/{match['match_id']}"
        present = await self.door.get(address)
        tag = {"If-Match": f'"{present["version"]}"'}
        await self.door.send("POST", f"{address}/responses", word, source, tag)


def _member(match: dict[str, Any]) -> dict[str, str]:
    return {"type": "member", "id": match["who"]["owner"]["id"]}


def _name(match: dict[str, Any]) -> str:
    return str(match["who"]["title"])
