"""The words that an expression may use: variables with their declared types, and the names of ordered values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from careloop.domain.tier import OrderedEnum
from careloop.rules.shapes import Shape, orders_in, shape_of

__all__ = ["Vocabulary"]

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset(
    {"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop"}
    | {"namespace", "null", "package", "return", "true", "var", "void", "while"}
)


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Variables by name with their declared types, and constants by name with their ordered enum.

    A type is a pydantic model, a tuple or mapping of them, an optional one, a scalar, or `datetime` (as for `now`).
    Every ordered enum that a variable can reach gets a constant by itself, named by the plural of its class: `Tier`
    gives `tiers`, so that rules write `system.tier >= tiers.high`. Raises ValueError when two names collide or a name
    cannot be written in a rule.
    """

    variables: Mapping[str, Any]
    constants: Mapping[str, type[OrderedEnum]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "variables", MappingProxyType(dict(self.variables)))
        object.__setattr__(self, "constants", MappingProxyType(dict(self.constants)))
        for name in (*self.variables, *self.orders):
            if not _WORD.fullmatch(name) or name in _RESERVED:
                raise ValueError(f"'{name}' cannot be the name of a variable in a rule")
        for name in self.orders.keys() & self.variables.keys():
            raise ValueError(f"'{name}' is both a variable and the constants of {self.orders[name].__name__}")

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """The shape of each variable."""
        return MappingProxyType({name: shape_of(declared) for name, declared in self.variables.items()})

    @cached_property
    def orders(self) -> Mapping[str, type[OrderedEnum]]:
        """All constants, the named ones and those found in the variables' types."""
        found = dict(self.constants)
        for order in orders_in(self.shapes.values()):
            if order in found.values():
                continue
            name = _plural(order.__name__)
            if name in found:
                raise ValueError(f"{order.__name__} and {found[name].__name__} would both be called '{name}'")
            found[name] = order
        return MappingProxyType(found)

    @cached_property
    def ranks(self) -> Mapping[str, Mapping[str, int]]:
        """The constants as values: `{"tiers": {"low": 0, "medium": 1, …}}`."""
        return MappingProxyType(
            {
                name: {re.sub(r"\W", "_", member.value): rank for rank, member in enumerate(order)}
                for name, order in self.orders.items()
            }
        )

    @cached_property
    def _identity(self) -> tuple[frozenset[tuple[str, Any]], frozenset[tuple[str, Any]]]:
        return frozenset(self.variables.items()), frozenset(self.constants.items())

    @cached_property
    def _hash(self) -> int:
        return hash(self._identity)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Vocabulary) and self._identity == other._identity)

    def __hash__(self) -> int:
        return self._hash


def _plural(class_name: str) -> str:
    word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", class_name).lower()
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if re.search(r"(s|x|z|ch|sh)$", word) else f"{word}s"
