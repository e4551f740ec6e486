"""`docs/states.md`, from what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from services.matcher.domain.life.case import LOOKING
from services.matcher.picture import wording
from services.matcher.picture.exploring import GOING_ON, Seen

_NOTHING = "[*]"
COMMAND = "python -m services.matcher.picture"
Ways = Mapping[tuple[str, str], set[str]]
"""From one state to another ("[*]": out of nothing), and why."""

_PAGE = """<!-- Written by `{command}`; edit services/matcher/domain/life/. -->
# The states of a need and of its matches

Not drawn by hand: the machine ([`life.step`](decisions/0020-life-of-a-demand.md)) was run, with
everything that may happen in every state that it reached, for a demand with two waves, one with an
ambassador's confirmation, and an interest: {steps:,} steps. `{command} --check` holds this
page to the code.

## A need

{need}

Nobody new is proposed for a need that is {closed}. A new version opens it again,
except where enough are introduced already. Introductions that were made go on, whatever becomes of
the need. An interest is never fulfilled: it stays open beside its introductions.

{need_table}

## A match

*Who was asked* is the side that is asked first: the supply's for a demand, the asker's own for an
interest. *The other side* answers second; it may say yes before it is asked.

{match}

{match_table}

## What follows

What may follow outside of the need, whatever its state: notices, places, a further look for others.

{effects}
"""


def page(seen: Iterable[Seen]) -> str:
    """The whole page."""
    needs: dict[tuple[str, str], set[str]] = {(_NOTHING, "open"): {"a new demand or interest"}}
    matches: dict[tuple[str, str], set[str]] = {}
    effects: dict[str, set[str]] = {}
    steps = 0
    for one in seen:
        steps += 1
        if one.before.state != one.after.state:
            why = needs.setdefault((one.before.state, one.after.state), set())
            why.add(wording.of_need(one))
        for before, after in one.pairs():
            if before is None or before.state != after.state:
                why = matches.setdefault((before.state if before else _NOTHING, after.state), set())
                why.add(wording.of_match(one, before, after))
        told = effects.setdefault(wording.happening(one), set())
        told.update(wording.effect(one, followed) for followed in one.effects)
    states = {state for way in needs for state in way} - {_NOTHING}
    return _PAGE.format(
        command=COMMAND,
        steps=steps,
        closed=" or ".join(f"`{state}`" for state in sorted(states - LOOKING)),
        need=_diagram(needs, ends=()),
        need_table=_table(needs),
        match=_diagram(matches, ends=sorted({to for _, to in matches} - GOING_ON)),
        match_table=_table(matches),
        effects=_effects(effects),
    )


def _diagram(ways: Ways, ends: Sequence[str]) -> str:
    """A Mermaid state diagram, one arrow between two states."""
    lines = ["```mermaid", "stateDiagram-v2"]
    for (begin, end), why in sorted(ways.items()):
        lines.append(f"    {begin} --> {end}: {'<br/>'.join(sorted(why))}")
    lines += [f"    {end} --> [*]" for end in ends]
    return "\n".join([*lines, "```"])


def _table(ways: Ways) -> str:
    rows = [
        f"| {'' if begin == '[*]' else f'`{begin}`'} | `{end}` | {'; '.join(sorted(why))} |"
        for (begin, end), why in sorted(ways.items())
    ]
    return "\n".join(["| from | to | when |", "|---|---|---|", *rows])


def _effects(effects: Mapping[str, set[str]]) -> str:
    rows = [
        f"| {what} | {'; '.join(sorted(told)) or '-'} |" for what, told in sorted(effects.items())
    ]
    return "\n".join(["| when | may follow |", "|---|---|", *rows])
