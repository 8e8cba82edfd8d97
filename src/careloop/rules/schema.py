"""Turns declared types into a protobuf description, which is what the type-checker of expressions understands.

Only types are described here. Rules are never evaluated on protobuf messages: their missing fields read as defaults,
and a missing fact would become a pass.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from google.protobuf import descriptor_pb2, struct_pb2, timestamp_pb2, wrappers_pb2

from careloop.rules.shapes import Kind, Shape, fields_of

__all__ = ["PACKAGE", "WELL_KNOWN", "Schema", "wrapper"]

PACKAGE: Final = "care"
"""Protobuf package of the generated messages; shows in the engine's own error texts."""

WELL_KNOWN: Final = (wrappers_pb2, timestamp_pb2, struct_pb2)
"""Standard descriptions that the generated file imports; a pool needs them first."""

_Described = descriptor_pb2.FieldDescriptorProto
_Message = descriptor_pb2.DescriptorProto

_SCALARS: Final[Mapping[Kind, tuple[_Described.Type.ValueType, str]]] = {
    Kind.TRUTH: (_Described.TYPE_BOOL, "BoolValue"),
    Kind.WHOLE: (_Described.TYPE_INT64, "Int64Value"),
    Kind.RANK: (_Described.TYPE_INT64, "Int64Value"),
    Kind.DECIMAL: (_Described.TYPE_DOUBLE, "DoubleValue"),
    Kind.TEXT: (_Described.TYPE_STRING, "StringValue"),
    Kind.DAY: (_Described.TYPE_STRING, "StringValue"),
    Kind.INSTANT: (_Described.TYPE_STRING, "StringValue"),
}
_KEYS: Final = (Kind.TRUTH, Kind.WHOLE, Kind.RANK, Kind.TEXT, Kind.DAY, Kind.INSTANT)
_LOOSE: Final[Mapping[Kind, str]] = {Kind.LIST: "ListValue", Kind.MAP: "Struct"}


class Schema:
    """A generated protobuf file that grows by the records named to it; it remembers the name given to each."""

    def __init__(self) -> None:
        self.file = descriptor_pb2.FileDescriptorProto(name=f"{PACKAGE}.proto", package=PACKAGE, syntax="proto3")
        self.file.dependency.extend(module.DESCRIPTOR.name for module in WELL_KNOWN)
        self._names: dict[type, str] = {}
        self._taken: set[str] = set()
        self._waiting: list[type] = []

    def message(self, record: type) -> str:
        """Full message name of a record, like `care.System`; the record is described if it was not yet."""
        if record not in self._names:
            self._names[record] = self._free_name(re.sub(r"\W+", "_", record.__name__).strip("_"))
            self._waiting.append(record)
        return f"{PACKAGE}.{self._names[record]}"

    def constants(self, name: str, ranks: Mapping[str, int]) -> str:
        """Full message name for a set of constants, so that a misspelt one is an unknown field."""
        free = self._free_name(name)
        message = self._new_message(free)
        for word in ranks:
            _add(message, word, Shape(Kind.WHOLE), self)
        return f"{PACKAGE}.{free}"

    def describe(self) -> None:
        """Describe the records that were named so far, and those that they mention."""
        while self._waiting:
            record = self._waiting.pop()
            message = self._new_message(self._names[record])
            for field in fields_of(record).values():
                _add(message, field.name, field.shape, self)

    def _new_message(self, name: str) -> _Message:
        message = self.file.message_type.add(name=name)
        message.options.deprecated_legacy_json_field_conflicts = True
        return message

    def _free_name(self, wanted: str) -> str:
        name, number = wanted, 2
        while name in self._taken:
            name, number = f"{wanted}_{number}", number + 1
        self._taken.add(name)
        return name


def wrapper(kind: Kind) -> str:
    """Full name of the standard message for a null-able value of this kind."""
    return f"google.protobuf.{_SCALARS[kind][1]}"


def _add(message: _Message, name: str, shape: Shape, schema: Schema) -> None:
    """Add one field; a null-able scalar becomes a wrapper, so that comparing it with null type-checks."""
    field = message.field.add(name=name, json_name=name, number=len(message.field) + 1)
    field.label = _Described.LABEL_OPTIONAL
    if shape.kind is Kind.LIST:
        field.label = _Described.LABEL_REPEATED
        _set_type(field, shape.of[0], schema)
    elif shape.kind is Kind.MAP and shape.of[0].kind in _KEYS:
        field.label = _Described.LABEL_REPEATED
        field.type = _Described.TYPE_MESSAGE
        field.type_name = _map_entry(message, name, shape, schema)
    else:
        _set_type(field, shape, schema)


def _map_entry(message: _Message, name: str, shape: Shape, schema: Schema) -> str:
    """Add the nested message that protobuf wants for a mapping; returns its full name."""
    entry = message.nested_type.add(name="".join(part[:1].upper() + part[1:] for part in name.split("_")) + "Entry")
    entry.options.map_entry = True
    for number, (part, of) in enumerate(zip(("key", "value"), shape.of, strict=True), start=1):
        field = entry.field.add(name=part, json_name=part, number=number, label=_Described.LABEL_OPTIONAL)
        _set_type(field, of, schema)
    return f".{PACKAGE}.{message.name}.{entry.name}"


def _set_type(field: _Described, shape: Shape, schema: Schema) -> None:
    """Type of one value. A list or mapping here is nested in another one and is checked loosely."""
    if shape.kind in _SCALARS and not shape.nullable:
        field.type = _SCALARS[shape.kind][0]
        return
    field.type = _Described.TYPE_MESSAGE
    if shape.record is not None:
        field.type_name = f".{schema.message(shape.record)}"
    elif shape.kind in _SCALARS:
        field.type_name = f".{wrapper(shape.kind)}"
    else:
        field.type_name = f".google.protobuf.{_LOOSE.get(shape.kind, 'Value')}"
