"""What every document noun has in common: frozen, closed, strict."""

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo

__all__ = [
    "Duration",
    "Governed",
    "Noun",
    "Slug",
    "Text",
    "WindowLength",
    "days_in",
    "not_after",
    "not_before",
    "seconds_in",
]

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$")]
"""A lower-case id that is safe in a path, a URL and a rule: letters, digits, dot, dash, underscore."""

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
"""A sentence or more for people; never empty."""


def days_in(duration: str) -> int:
    """Calendar days in an ISO 8601 duration of whole days, weeks, months (30 days) or years (365 days).

    Months and years are counted generously low so that "every 12 months" is never read as longer than a year.

    >>> days_in("P12M"), days_in("P2W"), days_in("P1Y"), days_in("PT36H")
    (360, 14, 365, 2)
    """
    if duration.startswith("PT"):
        return max(1, -(-int(duration[2:-1]) // {"H": 24, "M": 1440, "S": 86_400}[duration[-1]]))
    return int(duration[1:-1]) * {"D": 1, "W": 7, "M": 30, "Y": 365}[duration[-1]]


def seconds_in(duration: str) -> int:
    """Seconds in an ISO 8601 duration of one unit; months and years as in `days_in`.

    >>> seconds_in("PT15M"), seconds_in("P1D"), seconds_in("PT20S")
    (900, 86400, 20)
    """
    if duration.startswith("PT"):
        return int(duration[2:-1]) * {"H": 3600, "M": 60, "S": 1}[duration[-1]]
    return days_in(duration) * 86_400


def _at_least_something(duration: str) -> str:
    if int("".join(c for c in duration if c.isdigit())) == 0:
        raise ValueError("a duration of nothing is not an interval")
    return duration


Duration = Annotated[
    str, StringConstraints(pattern=r"^(P\d{1,4}[DWMY]|PT\d{1,5}[HM])$"), AfterValidator(_at_least_something)
]
"""An ISO 8601 duration of one unit: `P30D`, `P2W`, `P12M`, `P1Y`, `PT72H`, `PT15M`."""

WindowLength = Annotated[
    str, StringConstraints(pattern=r"^(P\d{1,4}[DWMY]|PT\d{1,5}[HMS])$"), AfterValidator(_at_least_something)
]
"""The same, down to seconds: `PT1S` for what must be noticed at once."""


def not_before(earlier: str) -> AfterValidator:
    """For a day, or what happened on a day, that cannot come before another field of the same noun.

    The other field stands above it. Either of them may be left out.
    """

    def check(value: Any, info: ValidationInfo) -> Any:
        first, then = _day(info.data.get(earlier)), _day(value)
        if first is not None and then is not None and then < first:
            raise ValueError(f"{then} is before {earlier} {first}")
        return value

    return AfterValidator(check)


def not_after(later: str) -> AfterValidator:
    """For a day, or what happened on a day, that cannot come after another field of the same noun, above it."""

    def check(value: Any, info: ValidationInfo) -> Any:
        last, then = _day(info.data.get(later)), _day(value)
        if last is not None and then is not None and then > last:
            raise ValueError(f"{then} is after {later} {last}")
        return value

    return AfterValidator(check)


def _day(value: Any) -> date | None:
    """The day itself, or the day on which somebody approved."""
    found = value if isinstance(value, date) else getattr(value, "on", None)
    return found if isinstance(found, date) else None


class Noun(BaseModel):
    """A frozen record that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants", defer_build=True)


class Governed(Noun):
    """A document that somebody owns and reviews (ISO/IEC 42001 7.5.2, R9)."""

    owner: Slug
    """Post that is accountable for this document."""
    version: str = Field(default="1", min_length=1)
    reviewed: date | None = None
    """Day of the last review."""
    review_every: Duration = "P12M"
    """Longest time between reviews."""
