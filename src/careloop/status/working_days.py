"""Counting working days, Monday to Friday. Public holidays are not known here: plan with fewer people instead."""

from datetime import date, timedelta

__all__ = ["working_day", "working_days_until"]


def working_day(start: date, number: int) -> date:
    """The working day so many after the first one on or after `start`, which is number 0.

    >>> working_day(date(2026, 11, 27), 1)  # a Friday, then the Monday
    datetime.date(2026, 11, 30)
    """
    first = start + timedelta(days=(7 - start.weekday()) if start.weekday() > 4 else 0)
    weeks, days = divmod(number + first.weekday(), 5)
    return first + timedelta(days=7 * weeks + days - first.weekday())


def working_days_until(start: date, day: date) -> int:
    """How many working days lie from `start` to `day`, both counted; 0 for a day before `start`.

    >>> working_days_until(date(2026, 11, 27), date(2026, 11, 30))
    2
    """
    if day < start:
        return 0
    weeks, rest = divmod((day - start).days + 1, 7)
    return weeks * 5 + sum((start + timedelta(days=offset)).weekday() < 5 for offset in range(rest))
