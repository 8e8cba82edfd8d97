"""What templates can say of a monitor's document in words: how long, how much, of what unit."""

from __future__ import annotations

from typing import Final

from django import template

from careloop.domain.monitor import Monitor
from careloop.domain.system import EventSchema

__all__ = ["compares_shares", "duration", "measure_words", "register", "tolerance"]

register = template.Library()

_DATES: Final = {"D": "day", "W": "week", "M": "month", "Y": "year"}
_TIMES: Final = {"H": "hour", "M": "minute", "S": "second"}
_INDICES: Final = ("psi", "representativeness")
_MEASURES: Final = {
    "dp_difference": "gap between the selection rates of groups",
    "demographic_parity_difference": "gap between the selection rates of groups",
    "impact_ratio": "lowest selection rate of a group divided by the highest",
    "psi": "drift of a column (PSI)",
    "calibration_error": "distance between score and what comes true (calibration error)",
}
_GAPS: Final = ("dp_difference", "demographic_parity_difference")
_SHARES: Final = (*_GAPS, "calibration_error")


@register.filter
def duration(text: str) -> str:
    """A length of time as people say it.

    >>> duration("P1D"), duration("PT6H"), duration("PT15M"), duration("P12M")
    ('1 day', '6 hours', '15 minutes', '12 months')
    """
    names, number = (_TIMES, text[2:-1]) if text.startswith("PT") else (_DATES, text[1:-1])
    word = names.get(text[-1:])
    if word is None or not number.isdigit():
        return text
    return f"{int(number):,} {word}" + ("" if int(number) == 1 else "s")


@register.filter
def measure_words(measure: str) -> str:
    """What a measure is, for who does not know its id.

    >>> measure_words("dp_difference"), measure_words("override_rate")
    ('gap between the selection rates of groups', 'override rate')
    """
    return _MEASURES.get(measure, measure.replace("_", " "))


def compares_shares(measure: str) -> bool:
    """Whether an alarm of the measure tells shares of rows: a rate, or rates of groups against each other."""
    return measure.endswith("_rate") or measure in _GAPS


@register.simple_tag
def tolerance(monitor: Monitor, schema: EventSchema) -> str:
    """How much worse is accepted, in the unit of the measure."""
    value, measure = monitor.tolerance, monitor.measure
    if measure.startswith("latency"):
        return f"{value:,g} {'ms' if measure.endswith('_ms') else 'µs'}"
    if measure in _INDICES:
        return f"{value:g} (population stability index)"
    if measure in _SHARES or measure.endswith("_rate"):
        return f"{100 * value:g} percentage points"
    field = schema.business.get(measure)
    unit = f" {field.unit}" if field is not None and field.unit else ""
    return f"{value:,g}{unit}"
