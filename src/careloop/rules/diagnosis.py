"""Turns the engine's error text into problems that an author of rules can act on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Final

from careloop.rules.problem import Problem, ProblemKind
from careloop.rules.reads import Read, Scope, inside, read_by, scope_of
from careloop.rules.shapes import fields_of
from careloop.rules.syntax import ExpressionError, Form, Node, line_and_column, offset_of, parse
from careloop.rules.vocabulary import Vocabulary

__all__ = ["closest", "diagnose", "in_words"]

_BLOCK: Final = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_FIELD: Final = re.compile(r"undefined field '(.+?)' not found in struct '(?:\w+\.)*(\w+)'")
_REFERENCE: Final = re.compile(r"undeclared reference to '(.+?)' \(in container")
_OVERLOAD: Final = re.compile(r"found no matching overload for '(.+?)' applied to '(.+)'$")
_LACKING: Final = re.compile(r"Syntax error: missing '(.+?)' at ")
_UNEXPECTED: Final = re.compile(r"Syntax error: .*?(?:at input|input|at:) '(.*?)'(?: expecting.*)?(?: \[\w+\])?$")
_FUNCTIONS: Final = (
    *("all", "bool", "bytes", "contains", "double", "duration", "dyn", "endsWith", "exists", "exists_one", "filter"),
    *("getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours", "getMilliseconds"),
    *("getMinutes", "getMonth", "getSeconds", "has", "int", "map", "matches", "size", "startsWith", "string"),
    *("timestamp", "type", "uint"),
)
_TYPE_WORDS: Final = (
    (re.compile(r"wrapper\((\w+)\)"), r"\1 or null"),
    (re.compile(r"list\("), "list of ("),
    (re.compile(r"map\("), "mapping of ("),
    (re.compile(r"\bgoogle\.protobuf\.Timestamp\b"), "instant"),
    (re.compile(r"\bgoogle\.protobuf\.Duration\b"), "duration"),
    (re.compile(r"\bnull_type\b"), "null"),
    (re.compile(r"\bcare\."), ""),
    (re.compile(r"\bint\b"), "whole number"),
    (re.compile(r"\bdouble\b"), "decimal number"),
    (re.compile(r"\bstring\b"), "text"),
    (re.compile(r"\bbool\b"), "true/false"),
    (re.compile(r"\bdyn\b"), "anything"),
)


def closest(word: str, known: Iterable[str]) -> str | None:
    """The suggestion "did you mean `x`?" for a misspelt word, or nothing when no known word is near."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else None


def diagnose(engine_text: str, text: str, vocabulary: Vocabulary) -> tuple[Problem, ...]:
    """Every problem in the engine's error text, in the order of the expression."""
    try:
        tree: Node | None = parse(text)
    except ExpressionError:
        tree = None
    found = []
    for line, column, message in _BLOCK.findall(engine_text):
        offset = offset_of(text, int(line), int(column))
        if "'*error*'" not in message and "(*error*" not in message:
            found.append(_problem(message, text, offset, tree, vocabulary))
    if not found:
        found.append(Problem(ProblemKind.SYNTAX, engine_text.split("\n", 1)[0]))
    return tuple(sorted(dict.fromkeys(found), key=lambda problem: (problem.line, problem.column)))


def _problem(message: str, text: str, offset: int, tree: Node | None, vocabulary: Vocabulary) -> Problem:
    field = _FIELD.search(message)
    if field is not None:
        return _unknown_field(field[1], field[2], text, _find_field(tree, field[1], offset, vocabulary))
    reference = _REFERENCE.search(message)
    if reference is not None:
        return _unknown_name(reference[1], text, offset, tree, vocabulary)
    place = line_and_column(text, offset)
    overload = _OVERLOAD.search(message)
    if overload is not None:
        return Problem(ProblemKind.TYPE, _mismatch(*overload.groups()), *place, _way_out(*overload.groups()))
    lacking = _LACKING.search(message)
    if lacking is not None:
        return Problem(ProblemKind.SYNTAX, f"`{lacking[1]}` is missing here", *place)
    unexpected = _UNEXPECTED.search(message)
    if unexpected is not None:
        rest = unexpected[1].strip()
        said = "the expression ends too early" if rest == "<EOF>" else f"cannot be read from `{rest}` on"
        return Problem(ProblemKind.SYNTAX, said, *place)
    kind = ProblemKind.TYPE if "expression of type" in message else ProblemKind.SYNTAX
    return Problem(kind, in_words(message.removesuffix(" [INVALID_ARGUMENT]")), *place)


def _unknown_field(name: str, record: str, text: str, found: tuple[int, tuple[str, ...]]) -> Problem:
    at, known = found
    message = f"`{name}` is not one of {record}" if record.islower() else f"`{name}` is not a field of {record}"
    return Problem(ProblemKind.NAME, message, *line_and_column(text, at), closest(name, known))


def _find_field(tree: Node | None, name: str, offset: int, vocabulary: Vocabulary) -> tuple[int, tuple[str, ...]]:
    """Where the unknown field itself is written, and the names that its record has."""
    if tree is None:
        return offset, ()
    for node, scope in _within(tree, scope_of(vocabulary)):
        if node.form is Form.FIELD and node.name == name and node.at >= offset:
            return node.at, _names_in(node.parts[0], scope, vocabulary)
    return offset, ()


def _names_in(node: Node, scope: Scope, vocabulary: Vocabulary) -> tuple[str, ...]:
    if node.form is Form.NAME and node.name in vocabulary.ranks and node.name not in scope:
        return tuple(vocabulary.ranks[node.name])
    return _fields_of_read(read_by(node, scope))


def _fields_of_read(read: Read) -> tuple[str, ...]:
    record = read.shape.record if read.shape is not None else None
    return tuple(fields_of(record)) if record is not None else ()


def _unknown_name(reference: str, text: str, offset: int, tree: Node | None, vocabulary: Vocabulary) -> Problem:
    """The engine points at the last dot of an unknown `a.b.c`; the fault is `a`."""
    name, at, scope = reference.partition(".")[0], offset, scope_of(vocabulary)
    is_function = False
    for node, there in _within(tree, scope) if tree is not None else ():
        called = node.form in (Form.CALL, Form.METHOD) and node.name == reference
        if (called or (node.form is Form.NAME and node.name == name)) and node.at <= offset:
            at, scope, is_function = node.at, dict(there), called
    place = line_and_column(text, at)
    if is_function:
        return Problem(ProblemKind.NAME, f"there is no function `{name}`", *place, closest(name, _FUNCTIONS))
    owners = [f"{variable}.{name}" for variable in scope if name in _fields_of_read(scope[variable])]
    meant = f"did you mean `{owners[0]}`?" if owners else closest(name, (*scope, *vocabulary.ranks))
    return Problem(ProblemKind.NAME, f"there is no variable `{name}` here", *place, meant)


def _within(node: Node, scope: Scope) -> Iterator[tuple[Node, Scope]]:
    """Every part of an expression with the names that are known there, in the order of the text."""
    for part in node.parts[:1]:
        yield from _within(part, scope)
    if node.form is not Form.LITERAL:
        yield node, scope
    names = inside(node, scope) if node.is_macro else scope
    for part in node.parts[1:]:
        yield from _within(part, names)


def _mismatch(operator: str, types: str) -> str:
    sign = operator.strip("_").replace("@", "")
    if not sign or sign == "?_:":
        return f"both branches of `? :` must be of one type, and these are {in_words(types)}"
    return f"`{sign}` does not go with {in_words(types)}"


def in_words(types: str) -> str:
    """The engine's names of types in an author's words."""
    for pattern, words in _TYPE_WORDS:
        types = pattern.sub(words, types)
    return types


def _way_out(operator: str, types: str) -> str | None:
    if re.search(r"(double|wrapper\(double\)).*\bint\b|\bint\b.*double", types):
        return "write the number with a point, like `1.0`"
    if "null_type" in types and re.search(r"list\(|map\(", types) and operator in ("_==_", "_!=_"):
        return "write `dyn(x) != null` to ask whether a list was filled in"
    if "Timestamp" in types and "string" in types:
        return "write `timestamp(x)` around the text"
    return None
