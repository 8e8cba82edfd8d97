"""Comparing the rates of groups: which are compared, and how sure a difference or a quotient is."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, permutations

from careloop.domain.counts import UNKNOWN_GROUP, GroupedTallies, Tally
from careloop.domain.measured import GroupValue, Interval
from careloop.errors import InvalidInput
from careloop.measures.intervals import newcombe, quotient, wilson

__all__ = ["compared_groups", "gap_interval", "level_per_pair", "ratio_interval"]


def compared_groups(
    groups: GroupedTallies, *, min_n: int, level: float = 0.95
) -> tuple[dict[str, Tally], tuple[GroupValue, ...]]:
    """The groups that can be compared, and all groups with their rates, those left out with the reason.

    Left out, never dropped: a group with fewer than `min_n` rows (at least 1), and the rows of unknown group.
    """
    if min_n < 1:
        raise InvalidInput(f"the least n of a group is at least 1, not {min_n}")
    used: dict[str, Tally] = {}
    values = []
    for group, tally in sorted(groups.items()):
        reason = _why_not(group, tally.checked(), min_n)
        if reason is None:
            used[group] = tally
        values.append(
            GroupValue(
                group=group,
                value=tally.hits / tally.n if tally.n else None,
                n=tally.n,
                used=reason is None,
                reason=reason,
                interval=wilson(tally, level=level) if tally.n else None,
            )
        )
    return used, tuple(values)


def _why_not(group: str, tally: Tally, min_n: int) -> str | None:
    if group == UNKNOWN_GROUP:
        return "these rows do not say their group"
    if tally.n == 0:
        return "no rows"
    return f"{tally.n} rows, fewer than the least n of {min_n}" if tally.n < min_n else None


def level_per_pair(level: float, groups: int) -> float:
    """The level of each pair of `groups` at which all pairs hold together at `level` (Bonferroni)."""
    return 1 - (1 - level) / max(1, groups * (groups - 1) // 2)


def gap_interval(used: Mapping[str, Tally], *, level: float, each_pair: float | None = None) -> Interval:
    """Interval for the largest difference between the rates of two groups (at least two groups).

    Each pair is given Newcombe's interval at `each_pair` (by default at the level at which all pairs hold together), so
    picking the widest pair afterwards is allowed for.
    """
    pairs = [newcombe(a, b, level=each_pair or level_per_pair(level, len(used))) for a, b in _pairs(used)]
    low = max(max(0.0, pair.low, -pair.high) for pair in pairs)
    high = max(max(abs(pair.low), abs(pair.high)) for pair in pairs)
    return Interval(low=low, high=min(1.0, high), level=level, method=_named("Newcombe hybrid score", used))


def ratio_interval(used: Mapping[str, Tally], *, level: float, each_pair: float | None = None) -> Interval:
    """Interval for the smallest quotient of the rates of two groups, in [0, 1]; as `gap_interval`, by MOVER-R."""
    per_pair = each_pair or level_per_pair(level, len(used))
    pairs = [quotient(used[a], used[b], level=per_pair) for a, b in permutations(used, 2)]
    low, high = min(pair.low for pair in pairs), min(pair.high for pair in pairs)
    return Interval(low=min(1.0, low), high=min(1.0, high), level=level, method=_named("MOVER-R on Wilson score", used))


def _pairs(used: Mapping[str, Tally]) -> list[tuple[Tally, Tally]]:
    return list(combinations(used.values(), 2))


def _named(method: str, used: Mapping[str, Tally]) -> str:
    pairs = len(_pairs(used))
    return method if pairs == 1 else f"{method}, Bonferroni over {pairs} pairs"
