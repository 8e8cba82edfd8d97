"""A quota lets through what it says over time, whatever the sizes of batches, and one system never holds up another."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.errors import Busy
from careloop.testing.event_builders import NOON
from careloop.workflows.run.ingest_quotas import Quotas

LIMITS = {"credit": 600}


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def test_a_minutes_worth_is_taken_at_once_and_then_one_waits_as_long_as_is_said() -> None:
    quotas = Quotas()
    quotas.take({"credit": 600}, LIMITS, now=NOON)
    with pytest.raises(Busy, match="credit sends more than 600 events a minute") as told:
        quotas.take({"credit": 1}, LIMITS, now=NOON)
    assert told.value.retry_after_s == 1
    quotas.take({"credit": 70}, LIMITS, now=NOON + seconds(1))
    with pytest.raises(Busy) as later:
        quotas.take({"credit": 1}, LIMITS, now=NOON + seconds(1))
    assert later.value.retry_after_s == 7
    quotas.take({"credit": 1}, LIMITS, now=NOON + seconds(1 + later.value.retry_after_s))


def test_a_batch_larger_than_the_quota_is_taken_and_paid_for() -> None:
    quotas = Quotas()
    quotas.take({"credit": 6_000}, LIMITS, now=NOON)
    with pytest.raises(Busy) as told:
        quotas.take({"credit": 1}, LIMITS, now=NOON + seconds(60))
    assert told.value.retry_after_s == 481


def test_a_batch_that_is_sent_away_costs_nobody_anything_and_others_go_on() -> None:
    quotas = Quotas()
    limits = {"credit": 10, "shop": 10}
    quotas.take({"credit": 10}, limits, now=NOON)
    for _ in range(5):
        with pytest.raises(Busy):
            quotas.take({"credit": 1, "shop": 9}, limits, now=NOON)
    quotas.take({"shop": 10}, limits, now=NOON)
    quotas.take({"free": 10**9}, limits, now=NOON)


def test_a_clock_that_is_set_back_gives_nothing_away() -> None:
    quotas = Quotas()
    quotas.take({"credit": 600}, LIMITS, now=NOON)
    for at in (-3600, 0):
        with pytest.raises(Busy):
            quotas.take({"credit": 1}, LIMITS, now=NOON + seconds(at))


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(0, 20)), max_size=60))
def test_over_time_no_more_than_the_quota_and_one_batch_is_taken(sent: list[tuple[int, int]]) -> None:
    quotas, at, taken = Quotas(), 0, 0
    for size, pause in sent:
        at += pause
        with contextlib.suppress(Busy):
            quotas.take({"credit": size}, LIMITS, now=NOON + seconds(at))
            taken += size
        assert taken <= 600 + 10 * at + 300
