"""An alarm earns the right to act on four weeks of the system's own history, judged by what it had not seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from monitor_traffic import FOUR_WEEKS, HOUR, ORDINARY, Traffic, a_rate_alarm, a_window, terms

from careloop.errors import InvalidInput
from careloop.monitors.history import learn_rate
from careloop.monitors.promise import AlarmTerms, Promise
from careloop.monitors.rate_alarm import RateAlarm, compile_rate_alarm
from careloop.monitors.replay import judge_readiness, rehearse, replay
from careloop.monitors.window import WindowCounts

FIVE_YEARS = AlarmTerms(monitor="rate", tolerance=0.01, promise=Promise(days=1826), window_seconds=HOUR)


def learn(windows: Sequence[WindowCounts]) -> RateAlarm:
    return compile_rate_alarm(FIVE_YEARS, history=learn_rate(windows))


def history(traffic: Traffic, *, rates: Sequence[float] = (0.1,) * FOUR_WEEKS) -> list[WindowCounts]:
    random = np.random.default_rng(21)
    return [traffic.window(random, i, {"": (rate, 300)}) for i, rate in enumerate(rates)]


@pytest.mark.parametrize("name", ORDINARY)
def test_four_ordinary_weeks_earn_the_right_to_act(name: str) -> None:
    ready = judge_readiness(rehearse(history(ORDINARY[name]), learn), terms=FIVE_YEARS)
    assert ready.may_act, ready.because
    assert (ready.days, ready.windows, ready.alarms) == (28.0, FOUR_WEEKS, 0)


def test_a_week_unlike_the_others_keeps_it_at_alerting_until_somebody_explains_it() -> None:
    week = FOUR_WEEKS // 4
    done = rehearse(history(Traffic(), rates=[0.1] * 2 * week + [0.2] * week + [0.1] * week), learn)
    ready = judge_readiness(done, terms=FIVE_YEARS)
    assert not ready.may_act
    assert "unexplained alarms in 28.0 days; the promise allows 0" in ready.because
    assert judge_readiness(done, terms=FIVE_YEARS, explained=frozenset(s.window for s in done.signals)).may_act


def test_three_weeks_are_not_four() -> None:
    ready = judge_readiness(rehearse(history(Traffic())[: 21 * 24], learn), terms=FIVE_YEARS)
    assert (ready.may_act, ready.because) == (False, "only 21.0 days of history were replayed; four weeks are needed")


def test_four_weeks_with_traffic_on_a_few_days_are_not_enough() -> None:
    some = [window for window in history(Traffic()) if window.window // 86_400 in (0, 9, 27)]
    ready = judge_readiness(rehearse(some, learn), terms=FIVE_YEARS)
    assert (ready.may_act, ready.because) == (False, "only 3 days had traffic; 20 are needed")


def test_no_traffic_at_all_earns_nothing() -> None:
    ready = judge_readiness(replay(a_rate_alarm(), [a_window(i) for i in range(FOUR_WEEKS)]), terms=FIVE_YEARS)
    assert (ready.may_act, ready.because) == (False, "no history with traffic to replay")


def test_a_promise_of_days_allows_some_alarms_in_four_weeks() -> None:
    weekly = AlarmTerms(monitor="rate", tolerance=0.0, promise=Promise(days=7), window_seconds=HOUR)
    windows = [a_window(i, all=(40 if i % 200 < 5 else 5, 100)) for i in range(FOUR_WEEKS)]
    done = replay(a_rate_alarm(threshold=168.0), windows)
    ready = judge_readiness(done, terms=weekly)
    assert ready.alarms == 4
    assert ready.may_act
    assert not judge_readiness(done, terms=FIVE_YEARS).may_act


def test_replay_keeps_a_state_for_each_release_that_runs_at_the_same_time() -> None:
    good = [a_window(i, release="v1", all=(9, 100)) for i in range(50)]
    bad = [a_window(i, release="v2", all=(30, 100)) for i in range(50)]
    mixed = [window for pair in zip(good, bad, strict=True) for window in pair]
    done = replay(a_rate_alarm(), mixed)
    assert {signal.release for signal in done.signals} == {"v2"}
    assert done.signals == replay(a_rate_alarm(), bad).signals
    assert [state.release for state in done.states] == ["v1", "v2"]


def test_replaying_again_gives_the_same_answer() -> None:
    windows = history(Traffic(window_sd=0.02), rates=[0.1] * 300 + [0.2] * 372)
    alarm = compile_rate_alarm(terms(), history=learn_rate(windows[:300]))
    assert replay(alarm, windows) == replay(alarm, windows)


@pytest.mark.parametrize("stretches", [1, 6])
def test_a_history_that_cannot_be_cut_is_refused(stretches: int) -> None:
    with pytest.raises(InvalidInput, match="cannot be cut"):
        rehearse([a_window(i, all=(1, 10)) for i in range(5)], learn, stretches=stretches)
