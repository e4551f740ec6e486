"""The policy of a hub as a YAML file: read, held to its rules, turned into a `Policy`.

The shipped file beside the matcher says what each key means. What a file leaves out is as in the
shipped one, and a kind's course says only what differs from the others'.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from schemas.values import DemandKind
from services.matcher.adapters import yaml_lines
from services.matcher.adapters.policy_said import PolicySaid
from services.matcher.adapters.yaml_lines import Lined, YamlFault
from services.matcher.domain.course import Course, Courses, Reach, Wave
from services.matcher.domain.freezing import Freeze
from services.matcher.domain.policy import REACH_ORDER, Policy, Spread
from services.matcher.exceptions import PolicyRefused

SHIPPED = Path(__file__).parents[1] / "policy.yaml"
MOST_BYTES = 65_536
_MOST_FAULTS = 20


@dataclass(frozen=True)
class Stated:
    """A policy, and word for word (as data) what its file says."""

    policy: Policy
    body: Mapping[str, Any]


@dataclass(frozen=True)
class PolicyFile:
    """A file that states a policy; both methods raise PolicyRefused."""

    path: Path

    def text(self) -> bytes:
        """What stands in it now."""
        try:
            with self.path.open("rb") as file:
                found = file.read(MOST_BYTES + 1)
        except OSError as error:
            raise PolicyRefused(
                f"{self.path} cannot be read ({error.strerror or error}); JISR_POLICY_FILE names it"
            ) from error
        if len(found) > MOST_BYTES:
            raise PolicyRefused(f"{self.path} is longer than {MOST_BYTES:,} bytes")
        return found

    def stated(self, text: bytes) -> Stated:
        """The policy that ``text`` states."""
        try:
            lined = yaml_lines.read(text.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise PolicyRefused(f"{self.path} is no UTF-8 text ({error.reason})") from error
        except YamlFault as fault:
            raise PolicyRefused(f"{self.path}:{fault.line}: {fault}") from fault
        if not isinstance(lined.data, dict):
            raise PolicyRefused(f"{self.path}: no keys are in it; copy the shipped {SHIPPED.name}")
        faults = sorted(_faults(lined), key=lambda fault: lined.line(fault[0]))
        if faults:
            raise PolicyRefused(
                "\n".join(
                    f"{self.path}:{lined.line(path)}: {_dotted(path)}: {what}"
                    for path, what in faults[:_MOST_FAULTS]
                )
            )
        return Stated(PolicySaid.model_validate(lined.data).policy(), lined.data)


def read(path: Path | None) -> Stated:
    """What the file at ``path`` states; None: the one shipped with the matcher."""
    file = PolicyFile(path or SHIPPED)
    return file.stated(file.text())


def _dotted(path: yaml_lines.Path) -> str:
    """A path as people count: from 1."""
    return ".".join(str(part + 1 if isinstance(part, int) else part) for part in path)


def _faults(lined: Lined) -> Iterator[tuple[yaml_lines.Path, str]]:
    try:
        said = PolicySaid.model_validate(lined.data)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            yield tuple(fault["loc"]), _what(dict(fault))
        return
    for kind in said.courses.kinds:
        if kind not in set(DemandKind):
            yield ("courses", "kinds", kind), _unknown(kind, [str(one) for one in DemandKind])
    courses = said.courses.courses()
    yield from _amiss(("courses", "interests"), courses.interests)
    others = list(_amiss(("courses", "others"), courses.others))
    yield from others
    if not others:  # or each kind would repeat them
        for kind, course in courses.kinds.items():
            yield from _amiss(("courses", "kinds", kind), course)


def _amiss(path: yaml_lines.Path, course: Course) -> Iterator[tuple[yaml_lines.Path, str]]:
    """What does not go together in a course."""
    reach: Reach = "own"
    for number, wave in enumerate(course.waves):
        at = (*path, "waves", number)
        if REACH_ORDER[wave.reach] < REACH_ORDER[reach]:
            yield (*at, "reach"), f"a wave after one that reaches {reach} may not go less far"
        reach = wave.reach
        if wave.remind_after >= wave.answer_within:
            yield at, "remind_after must be shorter than answer_within"
    if course.other_remind_after >= course.other_within:
        yield path, "other_remind_after must be shorter than other_within"
    if course.open_for is not None and course.expiry_notice >= course.open_for:
        yield path, "expiry_notice must be shorter than open_for"


def _what(fault: Mapping[str, Any]) -> str:
    """A fault that pydantic found, in words that help whoever wrote the file."""
    given, kind, loc = fault["input"], fault["type"], fault["loc"]
    match kind:
        case "extra_forbidden":
            return _unknown(str(loc[-1]), _keys_at(loc[:-1]))
        case "missing":
            return "is missing; every file and every wave must say it"
        case "string_type":
            return f'must be text; put it in quotes, as "{given}"'
        case "value_error":
            return str(fault["ctx"]["error"])
        case "literal_error":
            return f"must be {fault['ctx']['expected']}, not {given!r}"
        case "model_type" | "dict_type" | "list_type":
            return f"must hold keys or items of its own, as in {SHIPPED.name}, not {given!r}"
    return f"{str(fault['msg']).replace('Input should', 'should')}, not {given!r}"


def _keys_at(loc: tuple[str | int, ...]) -> list[str]:
    match loc:
        case ():
            return [one.name for one in fields(Policy)]
        case ("freeze", *_):
            return [one.name for one in fields(Freeze)]
        case ("spread", *_):
            return [one.name for one in fields(Spread)]
        case ("courses",):
            return [one.name for one in fields(Courses)]
        case (*_, "waves", int()):
            return [one.name for one in fields(Wave)]
    return [one.name for one in fields(Course)]


def _unknown(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, 1)
    meant = f"did you mean {near[0]}? " if near else ""
    return f"is no key here; {meant}there are {', '.join(known)}"
