"""Columns of a commit as PostgreSQL's binary arrays, encoded a column at a time: a driver looks at each element.

Source: PostgreSQL documentation, "Extending SQL", binary form of arrays (`array_send` in its source).
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Any, Final

import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

__all__ = ["Bytes", "Integers", "SmallIntegers", "Texts", "teach_arrays"]

_HEAD: Final = struct.Struct("!iiIii")
_EMPTY: Final = struct.Struct("!iiI")
_LENGTH: Final = struct.Struct("!i")


class Integers(bytes):
    """bigint[]."""

    array, element = 1016, 20

    @classmethod
    def of(cls, values: Sequence[int]) -> "Integers":
        """The array of these whole numbers within 64 bits."""
        pairs = [part for value in values for part in (8, value)]
        return cls(_array(cls.element, len(values), struct.pack(f"!{'iq' * len(values)}", *pairs)))


class SmallIntegers(bytes):
    """integer[]."""

    array, element = 1007, 23

    @classmethod
    def of(cls, values: Sequence[int]) -> "SmallIntegers":
        """The array of these whole numbers within 32 bits."""
        pairs = [part for value in values for part in (4, value)]
        return cls(_array(cls.element, len(values), struct.pack(f"!{'ii' * len(values)}", *pairs)))


class Bytes(bytes):
    """bytea[]."""

    array, element = 1001, 17

    @classmethod
    def of(cls, values: Sequence[bytes]) -> "Bytes":
        """The array of these byte strings."""
        return cls(_array(cls.element, len(values), _sized(values)))


class Texts(bytes):
    """text[]."""

    array, element = 1009, 25

    @classmethod
    def of(cls, values: Sequence[str]) -> "Texts":
        """The array of these texts."""
        return cls(_array(cls.element, len(values), _sized([value.encode() for value in values])))


def teach_arrays(connection: psycopg.Connection[Any]) -> None:
    """Let a connection take these as the arrays that they are."""
    for kind in (Integers, SmallIntegers, Bytes, Texts):
        connection.adapters.register_dumper(kind, _DUMPERS[kind])


def _array(element: int, count: int, content: bytes) -> bytes:
    """One dimension, no nulls, counted from 1."""
    return _HEAD.pack(1, 0, element, count, 1) + content if count else _EMPTY.pack(0, 0, element)


def _sized(values: Iterable[bytes]) -> bytes:
    return b"".join([part for value in values for part in (_LENGTH.pack(len(value)), value)])


class _AsItIs(Dumper):
    format = Format.BINARY

    def dump(self, obj: bytes) -> Buffer:
        """The bytes are what is sent."""
        return bytes(obj)


_DUMPERS: Final = {
    kind: type(f"_{kind.__name__}Dumper", (_AsItIs,), {"oid": kind.array})
    for kind in (Integers, SmallIntegers, Bytes, Texts)
}
