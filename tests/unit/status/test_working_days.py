"""Working days are counted alike by the formula and by walking from day to day."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from careloop.status.road_tasks import working_days_in
from careloop.status.working_days import working_day, working_days_until

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@given(DAYS, st.integers(0, 600))
def test_the_nth_working_day_is_the_one_that_walking_finds(start: date, number: int) -> None:
    day, left = start, number
    while day.weekday() > 4 or left:
        left -= day.weekday() < 5
        day += timedelta(days=1)
    assert working_day(start, number) == day
    assert working_days_until(start, day) == number + 1


@given(DAYS, st.integers(-30, 600))
def test_the_days_until_a_day_are_those_that_walking_counts(start: date, distance: int) -> None:
    walked = sum((start + timedelta(days=offset)).weekday() < 5 for offset in range(distance + 1))
    assert working_days_until(start, start + timedelta(days=distance)) == walked


def test_a_calendar_wait_becomes_five_days_of_seven() -> None:
    assert [working_days_in(text) for text in ("P1D", "P1W", "P4W", "P3M", "P12M")] == [1, 5, 20, 65, 258]
