"""Of a field with very many values, the first ones are watched each by itself and the rest together, under a name.

Which ones stand by themselves follows from the order in which the repository declares them, and never from the rows:
a choice that moved with the rows would let chance decide what is watched, and break the promise about false alarms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from careloop.domain.counts import UNKNOWN_GROUP, CountTable

__all__ = ["MOST_GROUPS", "REMAINDER", "folded", "remainder_note", "watched_groups"]

MOST_GROUPS: Final = 50
"""Groups that one monitor tells apart, the remainder among them: detectors take time with the square of it."""
REMAINDER: Final = "(remainder)"


def watched_groups(values: Sequence[str]) -> tuple[str, ...]:
    """The groups of a field: its values, or the first ones and the remainder."""
    if len(values) <= MOST_GROUPS:
        return tuple(values)
    return (*values[: MOST_GROUPS - 1], REMAINDER)


def remainder_note(values: Sequence[str]) -> str:
    """What a reader has to know; empty when every value is a group."""
    pooled = len(values) - MOST_GROUPS + 1
    if len(values) <= MOST_GROUPS:
        return ""
    return f"{pooled:,} of {len(values):,} groups are watched together as {REMAINDER}; declare first those that matter"


def folded(table: CountTable, groups: Sequence[str]) -> CountTable:
    """The table with the rows of every group that does not stand by itself as those of the remainder."""
    if REMAINDER not in groups:
        return table
    apart = {*groups, UNKNOWN_GROUP}
    rows = (
        (key if key.group in apart else key._replace(group=REMAINDER), values) for key, values in table.cells.items()
    )
    return CountTable.of_rows(table.columns, rows)
