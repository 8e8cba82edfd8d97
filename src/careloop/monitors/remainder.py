"""Of a field with very many values, the first ones are watched each by itself and the rest together, under a name.

Which ones stand by themselves follows from the order in which the repository declares them, and never from the rows:
a choice that moved with the rows would let chance decide what is watched, and break the promise about false alarms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from careloop.domain.counts import REMAINDER

__all__ = ["MOST_GROUPS", "remainder_note", "told_apart", "watched_groups"]

MOST_GROUPS: Final = 50
"""Groups that one monitor tells apart, the remainder among them: detectors take time with the square of it."""


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


def told_apart(groups: Sequence[str]) -> tuple[str, ...]:
    """The groups that an engine is to keep apart (`CountPlan.apart`): all of these but the remainder.

    Rows of any other value, declared or not, are counted together where they are read, so that neither memory nor table
    grows with the values that rows hold.
    """
    return tuple(group for group in groups if group != REMAINDER)
