"""Follows the names in an expression back to the fields that they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from careloop.rules.shapes import Kind, Shape, fields_of
from careloop.rules.syntax import Form, Node
from careloop.rules.vocabulary import Vocabulary

__all__ = ["NOTHING_READ", "Read", "Scope", "dependencies", "inside", "read_by", "scope_of"]


@dataclass(frozen=True, slots=True)
class Read:
    """What one part of an expression reads: the path of the field, and its shape where that is known.

    Elements of a list have the path of the list, so `cards.exists(c, c.licence != "")` reads `cards.licence`.
    """

    path: str
    shape: Shape | None


Scope = Mapping[str, Read]
"""What each name means at some place of an expression; a name that is missing here is a constant."""

NOTHING_READ: Final = Read("", None)


def scope_of(vocabulary: Vocabulary) -> dict[str, Read]:
    """The scope at the top of an expression: the vocabulary's variables."""
    return {name: Read(name, shape) for name, shape in vocabulary.shapes.items()}


def read_by(node: Node, scope: Scope) -> Read:
    """What a name, a field, an element or a filtered list reads; nothing for anything that is computed."""
    if node.form is Form.NAME:
        return scope.get(node.name, NOTHING_READ)
    if node.form is Form.FIELD:
        return _field(read_by(node.parts[0], scope), node.name)
    if node.form is Form.INDEX:
        return _element(read_by(node.parts[0], scope), value_of_map=True)
    if node.is_macro and node.name == "filter":
        read = read_by(node.parts[0], scope)
        return replace(read, shape=replace(read.shape, filled=False)) if read.shape is not None else read
    return NOTHING_READ


def inside(macro: Node, scope: Scope) -> dict[str, Read]:
    """The scope within a macro: its variable stands for each element (of a mapping: each key)."""
    element = _element(read_by(macro.parts[0], scope), value_of_map=False)
    return {**scope, macro.parts[1].name: element}


def _field(record: Read, name: str) -> Read:
    if not record.path:
        return NOTHING_READ
    path, shape = f"{record.path}.{name}", record.shape
    if shape is None:
        return Read(path, None)
    if shape.record is not None:
        field = fields_of(shape.record).get(name)
        return Read(path, field.shape if field is not None else None)
    return Read(record.path, shape.of[1]) if shape.kind is Kind.MAP else Read(path, None)


def _element(whole: Read, *, value_of_map: bool) -> Read:
    shape = whole.shape
    if shape is None or not shape.of:
        return Read(whole.path, None)
    return Read(whole.path, shape.of[1] if value_of_map and shape.kind is Kind.MAP else shape.of[0])


def dependencies(tree: Node, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The variables and fields that an expression reads, sorted: `("card.licence", "system.tier")`."""
    return tuple(sorted(set(_paths(tree, scope_of(vocabulary)))))


def _paths(node: Node, scope: Scope) -> Iterator[str]:
    if node.is_macro:
        yield from _paths(node.parts[0], scope)
        within = inside(node, scope)
        for part in node.parts[2:]:
            yield from _paths(part, within)
        return
    read = read_by(node, scope)
    if read.path:
        yield read.path
        for part in _indexes(node):
            yield from _paths(part, scope)
        return
    for part in node.parts:
        yield from _paths(part, scope)


def _indexes(node: Node) -> Iterator[Node]:
    """What stands between square brackets along a chain of fields."""
    while node.form in (Form.FIELD, Form.INDEX, Form.METHOD):
        if node.form is Form.INDEX:
            yield node.parts[1]
        if node.form is Form.METHOD:
            yield node
            return
        node = node.parts[0]
