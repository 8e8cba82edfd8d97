"""M24, R30: days of Create, the first counted as one; what is open is told, and late is not grey."""

from datetime import date, timedelta

import pytest

from careloop.domain.counts import Tally
from careloop.domain.metric import MetricState, NullReason
from careloop.scoring.create_days import CreateDays, create_days_figure
from careloop.scoring.definitions import DEFINITIONS
from careloop.scoring.judge import judge, trend_of
from careloop.workflows.evolve.read_create_days import first_day

START = date(2026, 3, 2)
M24 = next(one for one in DEFINITIONS if one.id == "M24")


def create(day: int, *, done: int = 6, shipped_on: int | None = None) -> CreateDays:
    """Create on its day n; shipped on another one of its days."""
    shipped = None if shipped_on is None else START + timedelta(days=shipped_on - 1)
    on = START + timedelta(days=day - 1)
    return CreateDays(start=START, on=on, items=Tally(done, 6), shipped=shipped, days=30)


def state(reading: CreateDays) -> MetricState:
    figure = create_days_figure(reading, unit="d")
    return judge(M24, figure, trend_of(M24, figure, ()), ()).state


@pytest.mark.parametrize(
    ("shipped_on", "colour"),
    [(1, MetricState.GREEN), (30, MetricState.GREEN), (31, MetricState.AMBER), (38, MetricState.RED)],
)
def test_shipped_create_took_so_many_days_and_is_coloured_by_thirty(shipped_on: int, colour: MetricState) -> None:
    reading = create(90, shipped_on=shipped_on)
    figure = create_days_figure(reading, unit="d")
    assert (figure.value, figure.n, figure.reason) == (shipped_on, 1, None)
    assert state(reading) is colour


def test_what_is_open_within_the_thirty_days_has_no_value_yet() -> None:
    figure = create_days_figure(create(27, done=3), unit="d")
    assert (figure.value, figure.reason) == (None, NullReason.ALL_OPEN)
    assert figure.because == "3 of 6 items are shipped on day 27"
    assert figure.open is not None
    assert (figure.open.count, figure.open.oldest) == (1, 27)
    assert [(part.value, part.n) for part in figure.parts] == [(50.0, 6)]
    assert state(create(30, done=5)) is MetricState.GREY


def test_what_is_open_after_the_thirty_days_is_red_and_not_grey() -> None:
    assert create_days_figure(create(60, done=5), unit="d").value == 60
    assert state(create(60, done=5)) is MetricState.RED


def test_before_the_first_day_and_without_one_there_is_no_figure() -> None:
    assert create_days_figure(create(0, done=0), unit="d").reason is NullReason.NOT_BEGUN
    assert create_days_figure(None, unit="d").reason is NullReason.NOT_READ


@pytest.mark.parametrize("turn", range(12))
def test_the_first_day_is_found_wherever_it_lies(turn: int) -> None:
    days = [START + timedelta(days=number) for number in range(11)]
    wanted = days[min(turn, 10)]
    asked: list[date] = []

    def holds(day: date) -> bool:
        asked.append(day)
        return day >= wanted

    assert first_day(days[0], days[-1], holds) == wanted
    assert len(asked) <= 4, "each question halves what is left"
