"""`jisr submit`: send a file of demands, offers or members to a running hub."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from services.cli.console import out
from services.cli.demo.samples import body
from services.cli.errors import CommandFailed, ExitCode

_AT_ONCE = 100
_PATIENCE_S = 120


def submit(
    file: Annotated[
        Path,
        typer.Argument(dir_okay=False, allow_dash=True, help="One JSON object a line; - : stdin."),
    ],
    key: Annotated[
        str,
        typer.Option(envvar="JISR_KEY", help="The API key, from `jisr keys create`."),
    ],
    url: Annotated[
        str | None,
        typer.Option(help="Base URL of intake; without it, the hub that runs here."),
    ] = None,
) -> None:
    """Send demands and offers to a running hub through its HTTP API, and show each answer.

    A line with an "owner" is an offer, any other a demand. Lines that are refused do not keep
    the others back; the command then ends with 5. Of sample lines, "source" and "via" are left
    out: whoever's key it is has sent them.
    """
    from services.cli.reach import address_of, load

    if str(file) != "-" and not file.is_file():
        raise CommandFailed(
            f"{file} is no file. Name one, or - for standard input.", ExitCode.USAGE
        )
    base = (url or address_of(load(), "intake")).rstrip("/")
    refused = 0
    with sys.stdin.buffer if str(file) == "-" else file.open("rb") as lines:
        for kind, numbered in _portions(lines):
            if kind == "neither":
                for number, why in numbered:
                    _show_unsent(file, number, why)
                refused += len(numbered)
                continue
            answers = _post(f"{base}/v1/{kind}", key, [_sent(line) for _, line in numbered])
            for (number, _), answer in zip(numbered, answers, strict=True):
                out.print(f"{number:>5}  {_in_words(answer)}", soft_wrap=True)
                refused += answer.get("status") == "refused"
    if refused:
        raise CommandFailed(f"{refused} refused.", ExitCode.REFUSED)


Kind = Literal["demands", "offers", "neither"]


def _portions(lines: Iterable[bytes]) -> Iterator[tuple[Kind, list[tuple[int, str]]]]:
    """The lines with their numbers, in portions that go to one address each. Of those that are
    no JSON ("neither"), the reason in place of the line.
    """
    numbered = ((n, *_read(line.strip())) for n, line in enumerate(lines, 1) if line.strip())
    for kind, group in groupby(numbered, key=lambda item: item[1]):
        while portion := [(number, text) for number, _, text in islice(group, _AT_ONCE)]:
            yield kind, portion


def _read(line: bytes) -> tuple[Kind, str]:
    try:
        text = line.decode()
        said = json.loads(text)
    except UnicodeDecodeError as error:
        return "neither", f"byte {error.start + 1} is not UTF-8"
    except json.JSONDecodeError as error:  # its line would be 1 in every line of the file
        return "neither", f"column {error.colno} is not JSON: {error.msg}"
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond all measure
        return "neither", str(error)
    return ("offers" if isinstance(said, dict) and "owner" in said else "demands"), text


def _show_unsent(file: Path, number: int, why: str) -> None:
    from rich.markup import escape

    where = f"line {number}" if str(file) == "-" else f"{file}:{number}"
    out.print(f"{number:>5}  [red]refused[/]    {escape(f'{where}, {why}')}", soft_wrap=True)


def _sent(line: str) -> str:
    """``line`` without what the samples say beside the body: who sends it, and by which door."""
    said = json.loads(line)
    if not (isinstance(said, dict) and {"source", "via"} & said.keys()):
        return line
    return json.dumps(body(said), ensure_ascii=False)


def _post(url: str, key: str, lines: Sequence[str]) -> list[dict[str, Any]]:
    from services.cli.reach import silent

    request = urllib.request.Request(  # noqa: S310 - the user names the hub
        url,
        data="\n".join(lines).encode() + b"\n",
        headers={"Content-Type": "application/x-ndjson", "Authorization": f"Bearer {key}"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:  # noqa: S310
            text = answer.read().decode()
    except urllib.error.HTTPError as refusal:
        raise _refused(url, refusal) from refusal
    except OSError as error:
        raise silent(url, getattr(error, "reason", error)) from error
    return [json.loads(line) for line in text.splitlines() if line]


def _refused(url: str, refusal: urllib.error.HTTPError) -> CommandFailed:
    from services.cli.reach import NO_SUCH_KEY

    said = refusal.read().decode("utf-8", "replace")
    try:
        problem = json.loads(said)
        said = problem.get("detail") or problem.get("title") or said
    except (ValueError, AttributeError):
        said = said[:200]
    if refusal.code == 401:
        said = NO_SUCH_KEY
    return CommandFailed(f"{url} refuses everything: {refusal.code}, {said}.", ExitCode.REFUSED)


def _in_words(answer: dict[str, Any]) -> str:
    from rich.markup import escape

    if answer.get("status") != "refused":
        known = (
            f"{answer.get('external_id')} is {answer.get('id')}, version {answer.get('version')}"
        )
        return f"[green]{answer.get('status'):<9}[/]  {escape(known)}"
    problem = answer.get("problem") or {}
    faults = "; ".join(
        f"{fault.get('pointer') or 'the line'}: {fault.get('detail')}"
        for fault in problem.get("errors", [])
    )
    return f"[red]refused[/]    {escape(str(problem.get('detail')))} {escape(faults)}".rstrip()
