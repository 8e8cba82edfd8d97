"""How a monitor of a mean amount is counted: sums of whole numbers within the declared range, and what lies outside."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from careloop.domain.alarm import Worse
from careloop.domain.count_plan import ColumnKind
from careloop.domain.counts import CountTable
from careloop.domain.event import MILLIONTHS
from careloop.domain.event_columns import column_named
from careloop.domain.monitor import Monitor, Reference, Response
from careloop.domain.system import EventField, EventSchema, EventType
from careloop.errors import InvalidInput
from careloop.measures.business import bounded_amount_plan
from careloop.measures.split import Split
from careloop.monitors.amounts import AmountRange, outside
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["PER_ROW", "amount_field", "amount_monitor", "outside_note"]

PER_ROW: Final = re.compile(r"(amount|revenue|cost)_per_row")
"""Names of means of an amount; revenue that falls and cost that rises are worse, of an amount either."""
_WORSE: Final = {"amount": Worse.EITHER, "revenue": Worse.LOWER, "cost": Worse.HIGHER}
_DIGITS: Final = {EventType.NUMBER: len(str(MILLIONTHS)) - 1, EventType.INTEGER: 0}


def amount_monitor(monitor: Monitor, schema: EventSchema, *, groups: tuple[str, ...], split: Split) -> WatchedMonitor:
    """The monitor as its detector runs it; raises `InvalidInput` where the document does not say what it takes."""
    if monitor.response in (Response.ROLLBACK, Response.SAFE_STATE):
        raise InvalidInput(f"a mean amount may alert or page, not {monitor.response}")
    if monitor.reference is Reference.EVALUATION_SET:
        raise InvalidInput("a mean amount is compared with its own past: previous_period or same_hour_of_week")
    if monitor.least is None or monitor.most is None:
        raise InvalidInput("say with `least` and `most` in which range an amount counts: no promise holds without")
    name, field = amount_field(monitor, schema)
    digits = _DIGITS[field.type]
    within = AmountRange(
        low=_whole(monitor.least, digits), high=_whole(monitor.most, digits), digits=digits, unit=field.unit or ""
    )
    width = monitor.most - monitor.least
    if monitor.tolerance >= width:
        raise InvalidInput(f"the tolerance {monitor.tolerance:g} is as wide as the range, so nothing could ever alarm")
    plan = bounded_amount_plan(
        monitor.id, column=column_named(f"business.{name}", schema), low=within.low, high=within.high, split=split
    )
    return WatchedMonitor(
        monitor=monitor,
        plan=plan,
        table=CountTable(plan.columns, {}),
        groups=groups,
        worse=_WORSE[monitor.measure.partition("_")[0]],
        scale=1 / width,
        amounts=within,
        note=f"what lies below {monitor.least:g} or above {monitor.most:g} counts as that",
    )


def amount_field(monitor: Monitor, schema: EventSchema) -> tuple[str, EventField]:
    """The business field that is summed, by its own name: that of `of`, else the one that the measure names."""
    asked = monitor.of or f"business.{monitor.measure.partition('_')[0]}"
    column = column_named(asked, schema)
    part, _, name = column.name.partition(".")
    field = schema.business.get(name) if part == "business" else None
    if field is None or field.type not in _DIGITS or column.kind is not ColumnKind.INTEGER:
        raise InvalidInput(f"'{column.name}' is no amount; a business field of numbers is, since it is kept exactly")
    return name, field


def outside_note(watched: WatchedMonitor) -> str:
    """How many amounts lay outside the declared range; empty when none, or when no amount is watched."""
    if watched.amounts is None:
        return ""
    below, above, n = outside(watched.table)
    return f"of {n:,} amounts {below:,} lay below the range and {above:,} above it" if below or above else ""


def _whole(amount: float, digits: int) -> int:
    """The bound in the whole numbers that amounts are kept in."""
    scaled = Fraction(str(amount)) * 10**digits
    if scaled.denominator != 1:
        raise InvalidInput(f"a bound of {amount:g} has more decimal places than the {digits} that amounts have")
    return int(scaled)
