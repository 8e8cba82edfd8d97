"""The exact YAML reader: knows where every value stands, and refuses what could mean two things.

YAML 1.2 core schema on PyYAML's C loader: no timestamps, no `yes`/`no`, no octal by leading zero, no tags, no merge
keys, one document a file, no key twice, and aliases only as far as they stay small.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import yaml

from careloop.documents.problem import Problem
from careloop.domain.place import Pointer

__all__ = ["locate", "locate_inside", "read_exactly"]

_MAX_VALUES = 100_000
"""Values in a document once its aliases are written out."""

_MAX_DEPTH = 200
"""Lists and mappings within one another; the parser's own stack ends long after this."""

_WHOLE = 2**63
"""Whole numbers from here on are read as floating ones, as most readers of JSON do."""

_STRING = "tag:yaml.org,2002:str"

_HIDDEN = {0x85: 0x10FF85, 0x2028: 0x10FF86, 0x2029: 0x10FF87}
_SHOWN = {stand_in: separator for separator, stand_in in _HIDDEN.items()}
"""Separators that YAML 1.2 no longer takes for line ends, and PyYAML does: hidden from it, and put back in values."""
_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_INT = re.compile(r"^[-+]?[0-9]+$")
_BASED = re.compile(r"^0(?:o[0-7]+|x[0-9a-fA-F]+)$")
_FLOAT = re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$")
_NOT_FINITE = re.compile(r"^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$")


class _Composer(yaml.CSafeLoader):
    """Builds nodes with marks; every plain scalar stays text, so that the schema below decides."""


_Composer.yaml_implicit_resolvers = {}


@dataclass(slots=True)
class _Reading:
    problems: list[Problem] = field(default_factory=list)


def _mark(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


@lru_cache(maxsize=4)
def _compose(text: str) -> yaml.Node | Problem | None:
    """The document's nodes; kept for a while, since many places are asked of one text, one after the other."""
    deep = _too_deep(text)
    if deep is not None:
        return deep
    loader = _Composer(text.translate(_HIDDEN))
    try:
        if not loader.check_node():
            return None
        node = loader.get_node()
        if loader.check_node():
            second = loader.get_node()
            line, column = _mark(second) if second else (None, None)
            return Problem("yaml-syntax", "a second YAML document begins here; a file holds one", line, column)
        return node
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or error.context or "the text is not YAML"
        return Problem("yaml-syntax", what, *((mark.line + 1, mark.column + 1) if mark else (None, None)))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return Problem("yaml-syntax", str(error).splitlines()[0] if str(error) else "the text is nested too deeply")
    finally:
        loader.dispose()


def _too_deep(text: str) -> Problem | None:
    """Where the nesting goes too deep to be a document; told event by event, because building nodes takes the stack."""
    loader = _Composer(text)
    depth = 0
    try:
        while loader.check_event():
            event = loader.get_event()
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:
                mark = event.start_mark if event is not None else None
                place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
                return Problem("yaml-syntax", f"the text is nested more than {_MAX_DEPTH} deep", *place)
    except (yaml.YAMLError, ValueError):
        return None  # whoever builds the nodes says what is wrong, and up to there nothing is deep
    finally:
        loader.dispose()
    return None


def read_exactly(text: str) -> tuple[object, tuple[Problem, ...]]:
    """The document's value and its problems; an empty document is null."""
    node = _compose(text)
    if node is None:
        return None, ()
    if isinstance(node, Problem):
        return None, (node,)
    reading = _Reading()
    try:
        size = _size(node, {}, set())
    except RecursionError:
        return None, (Problem("yaml-syntax", "the text is nested too deeply", line=1, column=1),)
    if size > _MAX_VALUES:
        line, column = _mark(node)
        message = f"its aliases stand for more than {_MAX_VALUES:,} values"
        return None, (Problem("alias-bomb", message, line=line, column=column, remedy="write the values out"),)
    value = _value(node, reading)
    return value, tuple(reading.problems)


def _size(node: yaml.Node, known: dict[int, int], open_: set[int]) -> int:
    """Values under a node with aliases written out; a node within itself counts as too many."""
    if id(node) in known:
        return known[id(node)]
    if id(node) in open_:
        return _MAX_VALUES + 1
    open_.add(id(node))
    total = 1
    if isinstance(node, yaml.SequenceNode):
        total += sum(_size(child, known, open_) for child in node.value)
    elif isinstance(node, yaml.MappingNode):
        total += sum(_size(key, known, open_) + _size(child, known, open_) for key, child in node.value)
    open_.discard(id(node))
    known[id(node)] = total
    return total


def _value(node: yaml.Node, reading: _Reading) -> object:
    if isinstance(node, yaml.SequenceNode):
        _refuse_tag(node, "tag:yaml.org,2002:seq", reading)
        return [_value(child, reading) for child in node.value]
    if isinstance(node, yaml.MappingNode):
        _refuse_tag(node, "tag:yaml.org,2002:map", reading)
        return _mapping(node, reading)
    assert isinstance(node, yaml.ScalarNode)
    return _scalar(node, reading)


def _mapping(node: yaml.MappingNode, reading: _Reading) -> dict[str, object]:
    result: dict[str, object] = {}
    for key_node, child in node.value:
        line, column = _mark(key_node)
        key = _scalar(key_node, reading) if isinstance(key_node, yaml.ScalarNode) else None
        if not isinstance(key, str):
            reading.problems.append(Problem("wrong-type", "a key must be text", line=line, column=column))
            continue
        if key in result:
            reading.problems.append(
                Problem("duplicate-key", f"the key '{key}' stands here a second time", line=line, column=column)
            )
        result[key] = _value(child, reading)
    return result


def _refuse_tag(node: yaml.Node, expected: str, reading: _Reading) -> None:
    if node.tag != expected:
        line, column = _mark(node)
        reading.problems.append(Problem("yaml-syntax", f"the tag '{node.tag}' is not used here", line, column))


def _scalar(node: yaml.ScalarNode, reading: _Reading) -> bool | int | float | str | None:
    text: str = node.value.translate(_SHOWN)
    if node.style or node.tag != _STRING:
        _refuse_tag(node, _STRING, reading)
        return text
    if _NULL.match(text):
        return None
    if _BOOL.match(text):
        return text.lower() == "true"
    number = _number(text)
    if number is not None and math.isfinite(number):
        return number
    if number is not None or _NOT_FINITE.match(text):
        line, column = _mark(node)
        reading.problems.append(
            Problem("not-a-number", f"'{text[:40]}' is no number anybody can check", line=line, column=column)
        )
        return None
    return text


def _number(text: str) -> int | float | None:
    whole: int | None = None
    if _INT.match(text) and len(text) < 300:
        whole = int(text)
    elif _BASED.match(text):
        whole = int(text[2:], 8 if text[1] == "o" else 16)
        return whole if whole < _WHOLE else None
    if whole is not None and -_WHOLE <= whole < _WHOLE:
        return whole
    return float(text) if _FLOAT.match(text) else None


def locate(text: str, pointers: frozenset[Pointer]) -> dict[Pointer, tuple[int, int]]:
    """Line and column (from 1) of each pointer: of the key for a mapping's value, of the item for a list's.

    A pointer that leads nowhere gets the place of the deepest part of it that exists.
    """
    node = _compose(text)
    if node is None or isinstance(node, Problem):
        return dict.fromkeys(pointers, (1, 1))
    return {pointer: _walk(node, pointer) for pointer in pointers}


def _walk(node: yaml.Node, pointer: Pointer) -> tuple[int, int]:
    place = _mark(node)
    for step in pointer:
        found = next(_steps(node, step), None)
        if found is None:
            break
        spot, node = found
        place = _mark(spot)
    return place


def _steps(node: yaml.Node, step: str | int) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value.translate(_SHOWN) == str(step):
                yield key, child
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
        yield node.value[step], node.value[step]


def locate_inside(text: str, pointer: Pointer, line: int, column: int) -> tuple[int, int]:
    """Line and column in the document of a spot inside a text value, itself counted from 1.

    Exact for values on one line and for literal blocks; for folded values the line may be off by the folding.
    """
    node = _compose(text)
    for step in pointer:
        if node is None or isinstance(node, Problem):
            return 1, 1
        found = next(_steps(node, step), None)
        if found is None:
            return _mark(node)
        node = found[1]
    if not isinstance(node, yaml.ScalarNode):
        return (1, 1) if node is None or isinstance(node, Problem) else _mark(node)
    first, start = _mark(node)
    if node.style in ("|", ">"):
        below = text.split("\n")[first : first + line]
        indent = len(below[-1]) - len(below[-1].lstrip()) if below else 0
        return first + line, indent + column
    if line > 1:
        return first + line - 1, column
    return first, start + column - 1 + (1 if node.style else 0)
