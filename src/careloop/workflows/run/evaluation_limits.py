"""Figures of an evaluation held against the limits of system.yaml and those stated at the call; small groups pooled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from careloop.domain.counts import UNKNOWN_GROUP, Tally
from careloop.domain.evaluated import Aspect, Examined
from careloop.domain.evaluation import ExpectedResult
from careloop.domain.measured import Measured, Outcome
from careloop.domain.release import GroupCount, MeasuredResult
from careloop.gates.declared_limit import judge_by_limit
from careloop.measures.intervals import wilson

__all__ = ["examine", "line_of", "pooled", "rows_that_would_tell"]

_WORST_LAST: Final = (Outcome.SHOWN_SAFE, Outcome.CANNOT_TELL, Outcome.SHOWN_HARMFUL)
_MOST_TIMES: Final = 4096


def pooled(tallies: Mapping[str, Tally], *, min_n: int) -> dict[str, Tally]:
    """Groups below `min_n` rows as one group, named after its members, where at least two are so small.

    >>> pooled({"a": Tally(20, 40), "b": Tally(2, 9), "c": Tally(1, 8)}, min_n=15)
    {'a': Tally(hits=20, n=40), 'pooled: b, c': Tally(hits=3, n=17)}
    """
    small = sorted(name for name, tally in tallies.items() if 0 < tally.n < min_n and name != UNKNOWN_GROUP)
    if len(small) < 2:
        return dict(tallies)
    together = Tally(sum(tallies[name].hits for name in small), sum(tallies[name].n for name in small))
    kept = {name: tally for name, tally in tallies.items() if name not in small}
    return {**kept, f"pooled: {', '.join(small)}": together}


def line_of(
    measure: str, measured: Measured, *, of: str | None = None, min_n: int | None = None, counted: bool = False
) -> MeasuredResult:
    """A measured value as a line of a results file; with counts (`counted`) the gate can make its test again."""
    interval = measured.interval
    share = counted and not measured.groups and measured.value is not None
    return MeasuredResult(
        measure=measure,
        of=of,
        value=measured.value,
        reason=measured.reason,
        interval=None if interval is None else (interval.low, interval.high if math.isfinite(interval.high) else None),
        n=measured.n,
        hits=round((measured.value or 0.0) * measured.n) if share else None,
        groups={
            one.group: GroupCount(
                n=one.n,
                hits=round(one.value * one.n) if counted and one.value is not None else None,
                value=one.value,
                used=one.used,
                reason=one.reason,
            )
            for one in measured.groups
        },
        level=None if interval is None else round((1 + interval.level) / 2, 6),
        min_n=min_n,
        unit=measured.unit.value,
    )


def examine(
    aspect: Aspect,
    line: MeasuredResult,
    limits: Sequence[tuple[ExpectedResult, str]],
    *,
    digest: str | None = None,
    note: str | None = None,
) -> Examined:
    """A figure with the worst that it shows about any of its limits; each limit comes with where it stands."""
    plain = Examined(aspect=aspect, result=line, digest=digest, note=note, bounds=_bounds(line))
    ours = [(one, where) for one, where in limits if one.measure == line.measure]
    if not ours:
        return plain
    judged = [(*judge_by_limit(line, one), one, where) for one, where in ours]
    outcome, because, limit, where = max(judged, key=lambda found: _WORST_LAST.index(found[0]))
    kept = line.model_copy(update={"outcome": outcome, "because": because})
    return replace(
        plain,
        result=kept,
        outcome=outcome,
        because=because,
        limit=f"{_limit_words(limit)} ({where})",
        rows_needed=rows_that_would_tell(line, limit) if outcome is Outcome.CANNOT_TELL else None,
    )


def _bounds(line: MeasuredResult) -> dict[str, tuple[float, float]]:
    """Where the rate of each group lies, from its counts."""
    found = {}
    for name, group in line.groups.items():
        if group.hits is not None and group.n:
            interval = wilson(Tally(group.hits, group.n), level=0.9)
            found[name] = (interval.low, interval.high)
    return found


def _limit_words(limit: ExpectedResult) -> str:
    if limit.all_pass:
        return "all must pass"
    return f"at least {limit.least:g}" if limit.least is not None else f"at most {limit.most:g}"


def rows_that_would_tell(line: MeasuredResult, limit: ExpectedResult) -> int | None:
    """About how many rows in all the test needs to tell either way, if every rate stays what it is here.

    Null when the value is not known, sits at the limit, or some thousand times the rows would not tell.
    """
    if line.value is None or not line.n:
        return None

    def tells(times: float) -> bool:
        return judge_by_limit(_as_if(line, times), limit)[0] is not Outcome.CANNOT_TELL

    high = 2.0
    while not tells(high):
        high *= 2
        if high > _MOST_TIMES:
            return None
    low = high / 2
    while high - low > 0.02 * low:
        middle = (low + high) / 2
        low, high = (low, middle) if tells(middle) else (middle, high)
    return _two_digits(high * line.n)


def _as_if(line: MeasuredResult, times: float) -> MeasuredResult:
    """The same rates on so many times the rows; an interval shrinks with the root of n."""
    groups = {
        name: one.model_copy(
            update={
                "n": None if one.n is None else round(one.n * times),
                "hits": None if one.hits is None else round(one.hits * times),
            }
        )
        for name, one in line.groups.items()
    }
    change: dict[str, object] = {"n": round((line.n or 0) * times), "groups": groups}
    if line.hits is not None:
        change["hits"] = round(line.hits * times)
    low, high = line.interval or (None, None)
    if line.value is not None and low is not None and high is not None:
        shrunk = math.sqrt(times)
        change["interval"] = (line.value - (line.value - low) / shrunk, line.value + (high - line.value) / shrunk)
    return line.model_copy(update=change)


def _two_digits(number: float) -> int:
    """Rounded up to two leading digits: it is an estimate and should look like one."""
    size = int(10 ** max(0, math.floor(math.log10(number)) - 1))
    return math.ceil(number / size) * size
