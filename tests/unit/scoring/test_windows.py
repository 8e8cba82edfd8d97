"""Quarters and days by the local calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.errors import InvalidInput
from careloop.scoring.windows import days, quarter_named, quarter_of, quarters_before

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_quarter_begins_at_local_midnight() -> None:
    window = quarter_named("2026Q4", BERLIN)
    assert window.since == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert window.until == datetime(2026, 12, 31, 23, tzinfo=UTC)


@given(
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001  # made aware below
    st.sampled_from(["Europe/Berlin", "UTC", "America/New_York", "Asia/Kathmandu"]),
)
def test_every_instant_lies_in_its_quarter_and_quarters_follow_one_another(moment: datetime, name: str) -> None:
    zone, instant = ZoneInfo(name), moment.replace(tzinfo=UTC)
    window = quarter_of(instant, zone)
    assert window.holds(instant)
    assert quarter_named(window.name, zone) == window
    before = quarters_before(window, zone)
    chain = [*before, window]
    assert [one.until for one in chain[:-1]] == [one.since for one in chain[1:]]


def test_the_quarters_before_some_days_are_those_that_had_ended() -> None:
    window = days(date(2026, 11, 3), date(2026, 11, 9), UTC)
    assert window.until - window.since == timedelta(days=7)
    assert [one.name for one in quarters_before(window, UTC)] == ["2025Q4", "2026Q1", "2026Q2", "2026Q3"]


@pytest.mark.parametrize("name", ["2026Q5", "Q4", "2026", "0000Q1", "last quarter"])
def test_what_names_no_quarter_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="no quarter"):
        quarter_named(name, UTC)


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidInput, match="before"):
        days(date(2026, 2, 2), date(2026, 2, 1), UTC)
