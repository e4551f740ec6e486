"""What `jisr train` tells."""

from __future__ import annotations

from dataclasses import asdict

from rich.console import Group
from rich.table import Table

from services.cli.train.sending import Sent, least_threshold
from services.cli.train.training import Trained
from services.matcher.training import calibration


def as_tables(result: Trained) -> Group:
    """The weights, the calibration and the thresholds."""
    said = (
        f"{result.pairs:,} pairs of {result.needs} demands, {result.right} of them right. "
        f"Expected calibration error {result.expected_error:.4f} (held-out demands)."
    )
    seen = (
        f"Over the {result.seen:,.0f} pairs of score {calibration.SEEN:g} or more, which somebody "
        f"may see, it is {result.seen_error:.3f}."
    )
    advice = _advice("", result.sent)
    by_words = _advice("By words alone, ", result.sent_by_words)
    written = "Written: " + ", ".join(str(path) for path in result.written)
    return Group(
        _weights(result), _bins(result), _sent(result), said, seen, advice, by_words, written
    )


def _advice(how: str, sent: list[Sent]) -> str:
    best = least_threshold(sent)
    if best is None:
        told = "at no threshold are nine of ten proposals right."
    else:
        told = (
            f"from {best.threshold:g} on at least nine of ten proposals are right "
            f"({best.right} of {best.proposals}; {best.unmatched} demands get nobody)."
        )
    return f"{how}{told}" if how else told[0].upper() + told[1:]


def _weights(result: Trained) -> Table:
    table = Table(
        "weight", "log-odds", title=f"Score model {result.model.version}, for {result.embedder}"
    )
    for name, value in asdict(result.model).items():
        if name != "version":
            table.add_row(name, f"{value:.4f}")
    return table


def _bins(result: Trained) -> Table:
    table = Table("pairs", "mean score", "share right", title="Calibration, held-out demands")
    for one in result.bins:
        table.add_row(f"{one.pairs:,.0f}", f"{one.score:.3f}", f"{one.right:.3f}")
    return table


def _sent(result: Trained) -> Table:
    table = Table("threshold", "proposals", "right", "nobody", title="What would be sent")
    for one in result.sent:
        share = f"{one.right} ({one.right / one.proposals:.0%})" if one.proposals else "0"
        table.add_row(f"{one.threshold:g}", str(one.proposals), share, str(one.unmatched))
    return table


def reliability(result: Trained) -> str:
    """The reliability plot, as SVG."""
    title = f"Score model {result.model.version}: ECE {result.expected_error:.3f}, held-out demands"
    return calibration.plot(result.bins, title)
