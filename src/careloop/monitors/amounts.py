"""The alarm of a mean amount, such as revenue for each answer: has it moved by more than we tolerate?

Amounts have no bound, and a bet on a mean needs one. So the repository declares a range: what lies below it counts as
its lower end, what lies above as its upper end, and how many did is counted beside. Of an amount within the range its
place in it, between 0 and 1, is taken; the mean place of a window's rows is then watched just as a rate is
(`rate_alarm`), by bets on the means of buckets of units, which ask for bounded values and not for yes or no, nor for
independent rows.

The reference lies within the interval that as many rows of yes or no would give as have the variance that windows and
buckets of the past really show. By what a rare amount that the past happens not to hold could add, its ends lie further
out (the last term of Bernstein's inequality, each bucket of a window being one observation).
Source: Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from careloop.domain.alarm import Amount, Signal
from careloop.domain.counts import CountTable, Tally
from careloop.errors import InvalidInput
from careloop.monitors.history import learn_rate
from careloop.monitors.promise import AlarmTerms
from careloop.monitors.rate_alarm import RateAlarm, compile_rate_alarm
from careloop.monitors.window import Cell, WindowCounts, one_slot, pooled

__all__ = ["AmountRange", "amount_windows", "compile_amount_alarm", "outside", "told_in_amounts"]

_DOUBT = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountRange:
    """The declared range of an amount, in the whole numbers that it is kept in."""

    low: int
    high: int
    digits: int
    """Decimal places that the whole numbers stand for: 12500000 with 6 digits is 12.5."""
    unit: str = ""

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise InvalidInput("the range of an amount ends above where it begins (`least`, `most`)")

    @property
    def span(self) -> int:
        """How many of the whole numbers it is wide."""
        return self.high - self.low

    def amount_at(self, place: float) -> float:
        """The amount at a place in the range, 0 being its lower end and 1 its upper one.

        >>> AmountRange(low=0, high=50_000_000, digits=6).amount_at(0.25)
        12.5
        """
        return float((self.low + place * self.span) / 10**self.digits)


def amount_windows(
    table: CountTable, within: AmountRange, *, slot_of: Callable[[int], int] = one_slot
) -> tuple[WindowCounts, ...]:
    """The windows of a table of `bounded_amount_plan`, earliest first: a row counts as the width of the range, and as
    hits how far its amount lies above the lower end. Hits by rows are then the mean place in the range."""
    at = [table.columns.index(name) for name in ("sum", "below", "above", "n")]
    found: dict[tuple[int, str], dict[tuple[str, int], Tally]] = {}
    for key, values in table.rows():
        total, below, above, n = (values[place] for place in at)
        hits = total - within.low * (n - below - above) + within.span * above
        tally = Tally(hits, within.span * n).checked()
        cells = found.setdefault((key.window, key.release), {})
        cells[key.group, key.bucket] = tally.pooled(cells.get((key.group, key.bucket), Tally(0, 0)))
    return tuple(
        WindowCounts(
            window=window,
            release=release,
            slot=slot_of(window),
            cells=tuple(Cell(group, bucket, tally) for (group, bucket), tally in cells.items()),
        )
        for (window, release), cells in sorted(found.items())
    )


def compile_amount_alarm(terms: AlarmTerms, *, history: Sequence[WindowCounts]) -> RateAlarm:
    """The alarm that keeps the promise of `terms` against this past of `amount_windows`; tolerance in places."""
    alarm = compile_rate_alarm(terms, history=learn_rate(history))
    observations: dict[int, int] = {}
    for window in history:
        observations[window.slot] = observations.get(window.slot, 0) + len(window.by_bucket())
    doubt = math.log(2 * max(1, len(alarm.accepted)) / _DOUBT)
    ends = {}
    for slot, (low, high) in alarm.accepted.items():
        rare = doubt / (3 * observations[slot])
        ends[slot] = (max(0.0, low - rare), min(1.0, high + rare))
    return replace(alarm, accepted=ends)


def told_in_amounts(signal: Signal, run: Iterable[WindowCounts], within: AmountRange) -> Signal:
    """The signal with its rows as rows, and with what they amount to; `run` are its windows from the first on."""
    whole = pooled(window.tally for window in run)
    rows = whole.n // within.span
    place = whole.hits / whole.n if whole.n else 0.0
    amount = Amount(observed=within.amount_at(place), limit=within.amount_at(signal.limit), unit=within.unit)
    return replace(signal, observed=Tally(round(place * rows), rows), amount=amount)


def outside(table: CountTable) -> tuple[int, int, int]:
    """Of all rows with an amount: how many lie below the range, how many above it, and how many there are."""
    below, above, n = (table.total()[table.columns.index(name)] for name in ("below", "above", "n"))
    return below, above, n
