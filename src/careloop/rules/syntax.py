"""Reads an expression into a tree whose every part knows where it stands in the text.

The engine decides what is correct; this tree serves the lints, the list of facts that a rule reads, and explanations.
Grammar: the Common Expression Language, without building messages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

__all__ = ["MACROS", "ExpressionError", "Form", "Node", "line_and_column", "offset_of", "parse", "spelling"]

MACROS: Final = frozenset({"all", "exists", "exists_one", "filter", "map"})
"""Methods whose first argument names a variable for each element."""

_MOST_NESTED: Final = 40
_DEEPEST: Final = 120

_TOKEN: Final = re.compile(
    r"""(?P<skip>\s+|//[^\n]*)
    |(?P<text>[bB]?[rR][bB]?(?:\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}|"[^"\n]*"|'[^'\n]*')
        |[bB]?(?:\"{3}(?:\\[\s\S]|[^\\])*?\"{3}|'{3}(?:\\[\s\S]|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<number>0[xX][0-9a-fA-F]+[uU]?|\d*\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+[uU]?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*|`[^`\n]+`)
    |(?P<sign>&&|\|\||[=!<>]=|[<>!+\-*/%?:.,()\[\]{}])""",
    re.VERBOSE,
)
_LEVELS: Final = (("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))


class Form(Enum):
    """What a part of an expression is."""

    LITERAL = auto()
    NAME = auto()
    FIELD = auto()
    INDEX = auto()
    CALL = auto()
    METHOD = auto()
    UNARY = auto()
    BINARY = auto()
    AND = auto()
    OR = auto()
    CHOICE = auto()
    LIST = auto()
    MAP = auto()


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression: what it is, its name or operator, its parts, and where it stands (offsets from 0).

    A method's first part is what it is called on. `at` is where the name or operator itself stands. Brackets that
    only group leave no node.
    """

    form: Form
    name: str
    parts: tuple[Node, ...]
    start: int
    end: int
    at: int
    depth: int

    @property
    def is_macro(self) -> bool:
        """Whether this is `list.all(x, …)` or one of its kin."""
        return (
            self.form is Form.METHOD
            and self.name in MACROS
            and len(self.parts) in ((3, 4) if self.name == "map" else (3,))
            and self.parts[1].form is Form.NAME
        )

    @property
    def is_has(self) -> bool:
        """Whether this is `has(record.field)`."""
        return self.form is Form.CALL and self.name == "has" and [p.form for p in self.parts] == [Form.FIELD]


class ExpressionError(ValueError):
    """The text is not an expression of this grammar; `offset` says from where on."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def parse(text: str) -> Node:
    """The tree of an expression; raises ExpressionError."""
    reader = _Reader(_tokens(text))
    tree = reader.expression()
    if reader.token.kind != "end":
        raise ExpressionError(f"unexpected `{reader.token.text}`", reader.token.start)
    return tree


def spelling(text: str) -> str:
    """An expression with its spacing and comments made uniform, to compare two spellings of the same thing.

    >>> spelling("size( system.tags )")
    'size ( system . tags )'
    """
    return " ".join(token.text for token in _tokens(text)[:-1])


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both counted from 1, of an offset."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def offset_of(text: str, line: int, column: int) -> int:
    """Offset of a line and column, both counted from 1; never outside the text."""
    lines = text.split("\n")
    before = sum(len(part) + 1 for part in lines[: line - 1])
    return max(0, min(len(text), before + column - 1))


def _tokens(text: str) -> list[_Token]:
    found, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(f"unexpected `{text[position]}`", position)
        kind = match.lastgroup or ""
        if kind != "skip":
            found.append(_Token(kind, match.group(), position, match.end()))
        position = match.end()
    return [*found, _Token("end", "", len(text), len(text))]


class _Reader:
    """Walks the tokens once, from the loosest operator inwards."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._position = 0
        self._nesting = 0

    @property
    def token(self) -> _Token:
        return self._tokens[self._position]

    def expression(self) -> Node:
        self._nesting += 1
        if self._nesting > _MOST_NESTED:
            raise ExpressionError("this is nested too deeply", self.token.start)
        start = self.token.start
        tree = self._joined(Form.OR, "||")
        at = self.token.start
        if self._take("?"):
            yes = self._joined(Form.OR, "||")
            self._need(":")
            tree = self._node(Form.CHOICE, "?:", (tree, yes, self.expression()), start, at)
        self._nesting -= 1
        return tree

    def _joined(self, form: Form, sign: str) -> Node:
        start, at = self.token.start, -1
        parts = [self._part_of(form)]
        while self.token.text == sign and self.token.kind == "sign":
            at = self.token.start if at < 0 else at
            self._position += 1
            parts.append(self._part_of(form))
        return parts[0] if len(parts) == 1 else self._node(form, sign, tuple(parts), start, at)

    def _part_of(self, form: Form) -> Node:
        return self._joined(Form.AND, "&&") if form is Form.OR else self._level(0)

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        start = self.token.start
        left = self._level(level + 1)
        while self.token.text in _LEVELS[level] and self.token.kind in ("sign", "word"):
            operator = self.token
            self._position += 1
            left = self._node(Form.BINARY, operator.text, (left, self._level(level + 1)), start, operator.start)
        return left

    def _unary(self) -> Node:
        operators = []
        while self.token.kind == "sign" and self.token.text in "!-":
            operators.append(self.token)
            self._position += 1
        tree = self._member()
        for operator in reversed(operators):
            tree = self._node(Form.UNARY, operator.text, (tree,), operator.start, operator.start)
        return tree

    def _member(self) -> Node:
        start = self.token.start
        tree = self._primary()
        while True:
            if self._take("."):
                tree = self._field_or_method(tree, start)
            elif self._take("["):
                at = self.token.start
                index = self.expression()
                self._need("]")
                tree = self._node(Form.INDEX, "[]", (tree, index), start, at)
            else:
                return tree

    def _field_or_method(self, target: Node, start: int) -> Node:
        name = self._word()
        if self._take("("):
            arguments = self._arguments(")")
            return self._node(Form.METHOD, name.text, (target, *arguments), start, name.start)
        return self._node(Form.FIELD, name.text.strip("`"), (target,), start, name.start)

    def _primary(self) -> Node:
        token = self.token
        if token.kind in ("text", "number") or (token.kind == "word" and token.text in ("true", "false", "null")):
            self._position += 1
            return self._node(Form.LITERAL, token.text, (), token.start, token.start)
        if self._take("("):
            tree = self.expression()
            self._need(")")
            return tree
        if self._take("["):
            return self._node(Form.LIST, "[]", self._arguments("]"), token.start, token.start)
        if self._take("{"):
            return self._node(Form.MAP, "{}", self._entries(), token.start, token.start)
        self._take(".")
        name = self._word()
        if self._take("("):
            return self._node(Form.CALL, name.text, self._arguments(")"), token.start, name.start)
        return self._node(Form.NAME, name.text, (), token.start, name.start)

    def _arguments(self, closing: str) -> tuple[Node, ...]:
        found = []
        while not self._take(closing):
            found.append(self.expression())
            if not self._take(","):
                self._need(closing)
                break
        return tuple(found)

    def _entries(self) -> tuple[Node, ...]:
        found = []
        while not self._take("}"):
            found.append(self.expression())
            self._need(":")
            found.append(self.expression())
            if not self._take(","):
                self._need("}")
                break
        return tuple(found)

    def _word(self) -> _Token:
        token = self.token
        if token.kind != "word":
            raise ExpressionError("a name is missing here", token.start)
        self._position += 1
        return token

    def _take(self, sign: str) -> bool:
        if self.token.kind == "sign" and self.token.text == sign:
            self._position += 1
            return True
        return False

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise ExpressionError(f"`{sign}` is missing", self.token.start)

    def _node(self, form: Form, name: str, parts: tuple[Node, ...], start: int, at: int) -> Node:
        depth = 1 + max((part.depth for part in parts), default=0)
        if depth > _DEEPEST:
            raise ExpressionError("this is nested too deeply", start)
        return Node(form, name, parts, start, self._tokens[self._position - 1].end, at, depth)
