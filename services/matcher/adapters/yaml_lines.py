"""YAML as plain data that knows its lines; stricter than YAML where that hides mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Path = tuple[str | int, ...]
"""The way to a value: keys, and places in lists from 0."""


class YamlFault(Exception):
    """What is wrong, and in which line, from 1."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


@dataclass(frozen=True)
class Lined:
    """The data of a document, and the line of every value and key in it."""

    data: Any
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """The line of what ``path`` leads to, or of the nearest that there is on the way."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Loader(yaml.SafeLoader):
    """Without aliases: a small file could grow to any size by them."""

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark
            raise YamlFault(mark.line + 1, "anchors and aliases are not read; write it out")
        node: Node | None = super().compose_node(parent, index)
        return node


@dataclass
class _Reading:
    loader: _Loader
    lines: dict[Path, int] = field(default_factory=dict)

    def value(self, node: Node, path: Path) -> Any:
        self.lines[path] = self.lines.get(path, node.start_mark.line + 1)
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.value(one, (*path, place)) for place, one in enumerate(node.value)]
        return self.loader.construct_object(node)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                raise YamlFault(line, "a key must be one word")
            key = str(key_node.value)
            if key in found:
                raise YamlFault(line, f"{key} stands here twice; keep one of them")
            self.lines[*path, key] = line
            found[key] = self.value(value_node, (*path, key))
        return found


def read(text: str) -> Lined:
    """The one document in ``text``. Raises YamlFault; of two equal keys none wins silently."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return Lined(None, {})
        reading = _Reading(loader)
        return Lined(reading.value(node, ()), reading.lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        raise YamlFault(mark.line + 1 if mark else 1, f"is no YAML: {said}") from error
    except yaml.YAMLError as error:
        raise YamlFault(1, f"is no YAML: {error}") from error
    except RecursionError as error:
        raise YamlFault(1, "is nested too deep") from error
    except (ValueError, LookupError, AttributeError) as error:
        # PyYAML's own, of a value that is not what it looks like or is tagged as: 2026-13-45
        raise YamlFault(1, f"holds a value that cannot be read ({error}); quote it") from error
