"""Finds expressions that are correct and yet say something else than their author thinks.

Two traps: `has()` on a field that is always there is always true; and `all()` over an empty list is true, so that a
system without monitors passes "all monitors are strict". The first is allowed only on optional fields; the second
needs a guard, `size(x) > 0 && x.all(…)` or openly `size(x) == 0 || x.all(…)`, and so does `!x.exists(…)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from careloop.rules.problem import Problem, ProblemKind
from careloop.rules.reads import Scope, inside, read_by, scope_of
from careloop.rules.shapes import Kind
from careloop.rules.syntax import Form, Node, line_and_column, spelling
from careloop.rules.vocabulary import Vocabulary

__all__ = ["Filled", "filled_when", "lint"]

Filled = frozenset[str]
"""Lists that are known to have an element, by their uniform spelling."""

_NONE: Final[Filled] = frozenset()
_MIRRORED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_SAYS_FILLED: Final = {(">", "0"): True, (">=", "1"): True, ("!=", "0"): True, ("==", "0"): False, ("<", "1"): False}
_SAYS_FILLED_LIST: Final = {"!=": True, "==": False}


def lint(tree: Node, text: str, vocabulary: Vocabulary, *, given: Filled = _NONE) -> tuple[Problem, ...]:
    """Problems of kind HAS and EMPTY in an expression; `given` are lists already known to have an element."""
    return tuple(_Walk(text).node(tree, scope_of(vocabulary), given, negated=False))


def filled_when(node: Node, text: str, *, holds: bool) -> Filled:
    """Lists that certainly have an element when this expression is true (or, with `holds=False`, false)."""
    if node.form is (Form.AND if holds else Form.OR):
        return _NONE.union(*(filled_when(part, text, holds=holds) for part in node.parts))
    if node.form is Form.UNARY and node.name == "!":
        return filled_when(node.parts[0], text, holds=not holds)
    if node.is_macro and node.name in ("exists", "exists_one") and holds:
        return frozenset({_spelt(node.parts[0], text)})
    return _filled_by_size(node, text, holds) if node.form is Form.BINARY else _NONE


def _filled_by_size(node: Node, text: str, holds: bool) -> Filled:
    left, right, operator = *node.parts, node.name
    if left.form is Form.LITERAL or (left.form is Form.LIST and not left.parts):
        left, right, operator = right, left, _MIRRORED.get(operator, "")
    measured = _measured(left)
    if measured is not None and right.form is Form.LITERAL:
        says, subject = _SAYS_FILLED.get((operator, right.name)), measured
    elif right.form is Form.LIST and not right.parts:
        says, subject = _SAYS_FILLED_LIST.get(operator), left
    else:
        return _NONE
    return frozenset({_spelt(subject, text)}) if says is holds else _NONE


def _measured(node: Node) -> Node | None:
    """The list in `size(list)` or `list.size()`."""
    sized = node.form in (Form.CALL, Form.METHOD) and node.name == "size" and len(node.parts) == 1
    return node.parts[0] if sized else None


def _spelt(node: Node, text: str) -> str:
    return spelling(text[node.start : node.end])


@dataclass(frozen=True, slots=True)
class _Walk:
    """Walks an expression, knowing at each place which lists have an element and whether it is under a "not"."""

    text: str

    def node(self, node: Node, scope: Scope, filled: Filled, *, negated: bool) -> Iterator[Problem]:
        if node.form in (Form.AND, Form.OR):
            yield from self._joined(node, scope, filled, negated=negated)
        elif node.form is Form.CHOICE:
            yield from self._choice(node, scope, filled, negated=negated)
        elif node.form is Form.UNARY and node.name == "!":
            yield from self.node(node.parts[0], scope, filled, negated=not negated)
        elif node.is_macro:
            yield from self._macro(node, scope, filled, negated=negated)
        elif node.is_has:
            yield from self._has(node, scope)
        else:
            flips = _compares_with_false(node)
            for part in node.parts:
                yield from self.node(part, scope, filled, negated=negated is not flips)

    def _joined(self, node: Node, scope: Scope, filled: Filled, *, negated: bool) -> Iterator[Problem]:
        for part in node.parts:
            holds = node.form is Form.AND
            known = [filled_when(other, self.text, holds=holds) for other in node.parts if other is not part]
            yield from self.node(part, scope, filled.union(*known), negated=negated)

    def _choice(self, node: Node, scope: Scope, filled: Filled, *, negated: bool) -> Iterator[Problem]:
        condition, yes, no = node.parts
        yield from self.node(condition, scope, filled, negated=negated)
        for branch, holds in ((yes, True), (no, False)):
            known = filled | filled_when(condition, self.text, holds=holds)
            yield from self.node(branch, scope, known, negated=negated)

    def _macro(self, node: Node, scope: Scope, filled: Filled, *, negated: bool) -> Iterator[Problem]:
        listed, variable, *bodies = node.parts
        if node.name == "all" or (node.name == "exists" and negated):
            yield from self._unguarded(node, scope, filled)
        yield from self.node(listed, scope, filled, negated=negated)
        still = frozenset(spelt for spelt in filled if variable.name not in spelt.split())
        for body in bodies:
            yield from self.node(body, inside(node, scope), still, negated=negated)

    def _unguarded(self, node: Node, scope: Scope, filled: Filled) -> Iterator[Problem]:
        listed = node.parts[0]
        shape = read_by(listed, scope).shape
        if (shape is not None and shape.filled) or (listed.form is Form.LIST and listed.parts):
            return
        if _spelt(listed, self.text) in filled:
            return
        name = self.text[listed.start : listed.end]
        call = f"!{name}.exists(…)" if node.name == "exists" else f"{name}.all(…)"
        yield self._problem(
            ProblemKind.EMPTY,
            node,
            f"`{call}` is true when `{name}` is empty",
            f"write `size({name}) > 0 && {call}`, or `size({name}) == 0 || …` if empty is allowed",
        )

    def _has(self, node: Node, scope: Scope) -> Iterator[Problem]:
        field = node.parts[0]
        record = read_by(field.parts[0], scope).shape
        read = read_by(field, scope)
        if record is None or record.kind is not Kind.RECORD or read.shape is None or read.shape.nullable:
            return
        yield self._problem(
            ProblemKind.HAS,
            field,
            f"`has({self.text[field.start : field.end]})` is always true: `{field.name}` is not optional",
            "leave it out, or compare the value itself",
        )

    def _problem(self, kind: ProblemKind, node: Node, message: str, suggestion: str) -> Problem:
        return Problem(kind, message, *line_and_column(self.text, node.at), suggestion)


def _compares_with_false(node: Node) -> bool:
    """Whether this is `… == false` or `… != true`, which is another way to say "not"."""
    if node.form is not Form.BINARY:
        return False
    literals = {part.name for part in node.parts if part.form is Form.LITERAL}
    return (node.name == "==" and "false" in literals) or (node.name == "!=" and "true" in literals)
