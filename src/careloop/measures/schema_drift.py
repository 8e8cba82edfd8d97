"""Have the columns changed? Apart from drift of what they hold, which cannot be told where a column is gone."""

from __future__ import annotations

from collections.abc import Mapping

from careloop.domain.count_plan import ColumnKind
from careloop.domain.measured import Measured, Unit

__all__ = ["schema_drift"]


def schema_drift(reference: Mapping[str, ColumnKind], current: Mapping[str, ColumnKind]) -> Measured:
    """How many columns came, went or hold another kind than in the reference; the note names each.

    >>> schema_drift({"a": ColumnKind.REAL, "b": ColumnKind.TEXT}, {"a": ColumnKind.TEXT}).note
    'a: text instead of real; b: gone'
    """
    told = []
    for name in sorted(reference.keys() | current.keys()):
        old, new = reference.get(name), current.get(name)
        if new is None:
            told.append(f"{name}: gone")
        elif old is None:
            told.append(f"{name}: new, {new.value}")
        elif old is not new:
            told.append(f"{name}: {new.value} instead of {old.value}")
    n = len(reference.keys() | current.keys())
    if not n:
        return Measured(value=None, unit=Unit.COUNT, n=0, reason="neither side has a column")
    return Measured(value=float(len(told)), unit=Unit.COUNT, n=n, note="; ".join(told) or "the same columns")
