"""Which stretch of time a scorecard is about: calendar quarters and days of the organisation's own time zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from careloop.domain.metric import Window
from careloop.errors import InvalidInput

__all__ = ["days", "quarter_named", "quarter_of", "quarters_before"]

_NAME: Final = re.compile(r"(\d{4})-?[Qq]([1-4])")


def quarter_of(instant: datetime, zone: tzinfo) -> Window:
    """The calendar quarter that an instant lies in, by the local calendar.

    >>> quarter_of(datetime(2026, 9, 30, 23, tzinfo=UTC), UTC).name
    '2026Q3'
    """
    local = instant.astimezone(zone)
    return _quarter(local.year, (local.month - 1) // 3, zone)


def quarter_named(name: str, zone: tzinfo) -> Window:
    """The quarter of a name like `2026Q4`; raises `InvalidInput` for any other text."""
    found = _NAME.fullmatch(name.strip())
    if found is None or not 1 <= int(found.group(1)) < 9999:
        raise InvalidInput(f"'{name}' is no quarter", hint="write it like 2026Q4")
    return _quarter(int(found.group(1)), int(found.group(2)) - 1, zone)


def days(first: date, last: date, zone: tzinfo) -> Window:
    """From the first moment of one local day to the end of another; raises `InvalidInput` when that is earlier."""
    if last < first:
        raise InvalidInput(f"{last} is before {first}", hint="--to names the last day of the window")
    return Window(f"{first}..{last}", _midnight(first, zone), _midnight(last + timedelta(days=1), zone))


def quarters_before(window: Window, zone: tzinfo, *, count: int = 4) -> tuple[Window, ...]:
    """The calendar quarters that ended by the time a window begins, oldest first."""
    found: list[Window] = []
    edge = quarter_of(window.since, zone)
    while len(found) < count:
        edge = quarter_of(edge.since - timedelta(microseconds=1), zone)
        found.append(edge)
    return tuple(reversed(found))


def _quarter(year: int, place: int, zone: tzinfo) -> Window:
    after = (year + 1, 1) if place == 3 else (year, 3 * place + 4)
    since, until = date(year, 3 * place + 1, 1), date(*after, 1)
    return Window(f"{year}Q{place + 1}", _midnight(since, zone), _midnight(until, zone))


def _midnight(day: date, zone: tzinfo) -> datetime:
    """The first moment of a local day, in UTC."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
