"""What a declared type looks like to a rule: a number, a text, an instant, a record, a list of those.

One reading of the Python types serves the type-checker (`schema`), the facts (`facts`, `case_facts`) and the lints, so
that they cannot disagree about what a field is.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, is_dataclass, replace
from dataclasses import fields as dataclass_fields
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from typing import Annotated, Any, Literal, NewType, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from annotated_types import MinLen
from pydantic import AwareDatetime, BaseModel, FutureDate, FutureDatetime, NaiveDatetime, PastDate, PastDatetime
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from careloop.domain.tier import OrderedEnum

__all__ = ["Field", "Kind", "Shape", "fields_of", "is_instant", "orders_in", "shape_of"]


class Kind(Enum):
    """The kinds of value that a rule can see."""

    TRUTH = "true or false"
    WHOLE = "whole number"
    DECIMAL = "decimal number"
    TEXT = "text"
    DAY = "date"
    INSTANT = "instant"
    RANK = "one of an ordered set of words"
    RECORD = "record"
    LIST = "list"
    MAP = "mapping"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class Shape:
    """The kind of one value, and what it is made of."""

    kind: Kind
    nullable: bool = False
    """The author may write null."""
    of: tuple[Shape, ...] = ()
    """For a list its element; for a mapping its key and its value."""
    record: type | None = None
    """A pydantic model or a dataclass."""
    order: type[OrderedEnum] | None = None
    words: tuple[str, ...] = ()
    """For a text from a closed set, that set."""
    filled: bool = False
    """The list has at least one element, by its schema."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record: its name in YAML and in rules, the Python attribute, and its shape."""

    name: str
    attribute: str
    shape: Shape


_ANYTHING = Shape(Kind.ANYTHING, nullable=True)
_SCALARS: tuple[tuple[type, Kind], ...] = (
    (bool, Kind.TRUTH),
    (int, Kind.WHOLE),
    (float, Kind.DECIMAL),
    (Decimal, Kind.DECIMAL),
    (str, Kind.TEXT),
    (datetime, Kind.INSTANT),
    (date, Kind.DAY),
    (UUID, Kind.TEXT),
    (PurePath, Kind.TEXT),
    (AwareDatetime, Kind.INSTANT),
    (NaiveDatetime, Kind.INSTANT),
    (PastDatetime, Kind.INSTANT),
    (FutureDatetime, Kind.INSTANT),
    (PastDate, Kind.DAY),
    (FutureDate, Kind.DAY),
)


@lru_cache(maxsize=1024)
def fields_of(record: type) -> Mapping[str, Field]:
    """The fields of a model or dataclass by the name that rules and YAML use; properties are not fields."""
    found: list[Field] = []
    if issubclass(record, BaseModel):
        found = [_model_field(attribute, info) for attribute, info in record.model_fields.items()]
    elif is_dataclass(record):
        hints = get_type_hints(record, include_extras=True)
        found = [Field(item.name, item.name, shape_of(hints[item.name])) for item in dataclass_fields(record)]
    return types.MappingProxyType({field.name: field for field in found})


def _model_field(attribute: str, info: FieldInfo) -> Field:
    name = info.alias if info.alias and info.alias.isidentifier() else attribute
    return Field(name, attribute, _with_metadata(shape_of(info.annotation), info.metadata))


def shape_of(annotation: Any) -> Shape:
    """The shape of a declared type; `anything` where the type says no more."""
    if isinstance(annotation, NewType):
        return shape_of(annotation.__supertype__)
    if isinstance(annotation, TypeAliasType):
        return shape_of(annotation.__value__)
    if isinstance(annotation, TypeVar):
        return shape_of(annotation.__bound__) if annotation.__bound__ is not None else _ANYTHING
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *metadata = get_args(annotation)
        return _with_metadata(shape_of(inner), metadata)
    if origin is Union or origin is types.UnionType:
        return _union([None if member is type(None) else shape_of(member) for member in get_args(annotation)])
    if origin is Literal:
        return _union([None if value is None else _literal(value) for value in get_args(annotation)])
    return _class(origin or annotation, get_args(annotation))


def _with_metadata(shape: Shape, metadata: Iterable[Any]) -> Shape:
    for item in metadata:
        if isinstance(item, FieldInfo):
            shape = _with_metadata(shape, item.metadata)
        elif isinstance(item, MinLen) and item.min_length > 0 and shape.kind is Kind.LIST:
            shape = replace(shape, filled=True)
    return shape


def _literal(value: object) -> Shape:
    if isinstance(value, str) and not isinstance(value, Enum):
        return Shape(Kind.TEXT, words=(value,))
    if isinstance(value, Enum) and not isinstance(value, OrderedEnum):
        return _literal(value.value)
    return shape_of(type(value))


def _class(kind: Any, arguments: tuple[Any, ...]) -> Shape:
    if not isinstance(kind, type):
        return _ANYTHING
    if issubclass(kind, BaseModel) or is_dataclass(kind):
        return Shape(Kind.RECORD, record=kind)
    if issubclass(kind, Enum):
        return _enum(kind)
    for scalar, name in _SCALARS:
        if issubclass(kind, scalar):
            return Shape(name)
    if issubclass(kind, Mapping):
        key, value = arguments if len(arguments) == 2 else (str, Any)
        return Shape(Kind.MAP, of=(shape_of(key), shape_of(value)))
    if issubclass(kind, tuple):
        return _tuple(kind, arguments)
    if issubclass(kind, (list, AbstractSet)) or kind.__module__ == "collections.abc":
        return Shape(Kind.LIST, of=(shape_of(arguments[0]) if arguments else _ANYTHING,))
    return _ANYTHING


def _enum(kind: type[Enum]) -> Shape:
    if issubclass(kind, OrderedEnum):
        return Shape(Kind.RANK, order=kind)
    return _union([_literal(member.value) for member in kind])


def _tuple(kind: type, arguments: tuple[Any, ...]) -> Shape:
    if hasattr(kind, "_fields"):
        return _ANYTHING
    if not arguments:
        return Shape(Kind.LIST, of=(_ANYTHING,))
    if arguments[-1] is Ellipsis:
        return Shape(Kind.LIST, of=(shape_of(arguments[0]),))
    return Shape(Kind.LIST, of=(_union([shape_of(item) for item in arguments]),), filled=True)


def _union(members: Sequence[Shape | None]) -> Shape:
    """One shape for a choice of shapes (None stands for null): the widest that loses nothing, else `anything`."""
    shapes = [member for member in members if member is not None]
    nullable = len(shapes) < len(members) or any(shape.nullable for shape in shapes)
    kinds = {replace(shape, nullable=False, words=()) for shape in shapes}
    if len(kinds) == 1:
        closed = all(shape.words for shape in shapes)
        words = tuple(dict.fromkeys(word for shape in shapes for word in shape.words)) if closed else ()
        return replace(kinds.pop(), nullable=nullable, words=words)
    for wide, narrow in ((Kind.DECIMAL, Kind.WHOLE), (Kind.INSTANT, Kind.DAY)):
        if kinds == {Shape(wide), Shape(narrow)}:
            return Shape(wide, nullable=nullable)
    return Shape(Kind.ANYTHING, nullable=nullable)


def is_instant(variable: Shape) -> bool:
    """Whether a variable of this shape is an instant itself, like `now`; within documents instants are texts."""
    return variable.kind is Kind.INSTANT and not variable.nullable


def orders_in(shapes: Iterable[Shape]) -> Iterator[type[OrderedEnum]]:
    """Every ordered enum that can be reached from these shapes, each once, in the order of declaration."""
    waiting, seen_records, seen = list(shapes)[::-1], set[type](), set[type[OrderedEnum]]()
    while waiting:
        shape = waiting.pop()
        waiting.extend(reversed(shape.of))
        if shape.order is not None and shape.order not in seen:
            seen.add(shape.order)
            yield shape.order
        if shape.record is not None and shape.record not in seen_records:
            seen_records.add(shape.record)
            waiting.extend(field.shape for field in reversed(list(fields_of(shape.record).values())))
