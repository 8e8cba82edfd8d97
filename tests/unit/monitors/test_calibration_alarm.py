"""The alarm of calibration keeps its promise on ordinary traffic, and notices a score that stops being true (R42)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from monitor_traffic import FOUR_WEEKS, HOUR, terms

from careloop.domain.counts import BUCKETS, Tally
from careloop.errors import InvalidInput
from careloop.measures.intervals import clopper_pearson
from careloop.monitors.calibration_alarm import CalibrationAlarm, compile_calibration_alarm
from careloop.monitors.replay import judge_readiness, rehearse, replay
from careloop.monitors.window import Cell, WindowCounts

MIDDLES = tuple((2 * i + 1) / 20 for i in range(10))
RUNS, LOOKS, PROMISED = 20, 100, 0.05


@dataclass(frozen=True)
class Labelled:
    """Hours of labelled scores: ten bins, a tilt of the truth, windows of their own, units with several rows."""

    rows: int = 80
    tilt: float = 0.0
    """Added to the chance of a positive label above a half, taken off below it."""
    window_sd: float = 0.0
    per_user: int = 1

    def window(self, random: np.random.Generator, hour: int, *, more: float = 0.0) -> WindowCounts:
        users = self.rows // self.per_user
        bin_ = random.integers(0, 10, users)
        bucket = random.integers(0, BUCKETS, users)
        shift = float(random.normal(0, self.window_sd)) if self.window_sd else 0.0
        middle = np.array(MIDDLES)[bin_]
        away = np.where(middle > 0.5, 1, -1) * (self.tilt + more)
        hits = random.binomial(self.per_user, np.clip(middle + away + shift, 0.01, 0.99))
        cells: dict[tuple[int, int], tuple[int, int]] = {}
        for place, k in zip(zip(bin_.tolist(), bucket.tolist(), strict=True), hits.tolist(), strict=True):
            old = cells.get(place, (0, 0))
            cells[place] = (old[0] + k, old[1] + self.per_user)
        return WindowCounts(
            window=hour * HOUR,
            release="v1",
            cells=tuple(Cell("", b, Tally(k, n), at) for (at, b), (k, n) in sorted(cells.items())),
        )


ORDINARY = {
    "independent rows": Labelled(),
    "a score that was never quite true": Labelled(tilt=-0.04),
    "windows that differ by .02": Labelled(window_sd=0.02),
    "ten rows a user": Labelled(per_user=10),
}


def an_alarm(traffic: Labelled, random: np.random.Generator, *, tolerance: float = 0.02) -> CalibrationAlarm:
    """Set so that 5 % of runs of 200 windows may have a false alarm."""
    asked = terms(tolerance=tolerance, windows=round(LOOKS / PROMISED))
    past = [traffic.window(random, i) for i in range(FOUR_WEEKS // 4)]
    return compile_calibration_alarm(asked, middles=MIDDLES, history=past)


@pytest.mark.parametrize("name", ORDINARY)
def test_it_keeps_its_promise_on_ordinary_traffic(name: str) -> None:
    traffic, random = ORDINARY[name], np.random.default_rng(700)
    fired = 0
    for _ in range(RUNS // 10):
        alarm = an_alarm(traffic, random)
        for _ in range(10):
            fired += bool(replay(alarm, [traffic.window(random, 1000 + i) for i in range(LOOKS)]).signals)
    assert clopper_pearson(Tally(fired, RUNS)).low <= PROMISED
    assert fired <= 1, "of 20 runs one may"


def test_at_the_edge_of_what_is_accepted_it_keeps_its_promise() -> None:
    """The truth lies as far off as reference and tolerance allow, from the first window on."""
    traffic, random = Labelled(), np.random.default_rng(701)
    alarm = an_alarm(traffic, random)
    assert alarm.reference is not None
    edge = alarm.reference + 0.02
    assert 0.02 < edge < 0.06
    fired = sum(
        bool(replay(alarm, [traffic.window(random, 1000 + i, more=-edge) for i in range(LOOKS)]).signals)
        for _ in range(RUNS)
    )
    assert fired <= 1


def test_a_score_that_stops_being_true_is_noticed_within_a_stated_time() -> None:
    traffic, random = Labelled(), np.random.default_rng(702)
    alarm = an_alarm(traffic, random)
    delays = []
    for _ in range(8):
        later = [traffic.window(random, 1000 + i, more=-0.12) for i in range(200)]
        signals = replay(alarm, later).signals
        assert signals
        delays.append((signals[0].window - later[0].window) // HOUR + 1)
    assert sorted(delays)[4] <= 80, f"hours to notice an error of .12: {sorted(delays)}"
    assert signals[0].limit < 0.12


def test_an_overall_shift_is_noticed_as_well() -> None:
    traffic, random = Labelled(), np.random.default_rng(703)
    alarm = an_alarm(traffic, random)
    shifted = Labelled(tilt=0.0, window_sd=0.0)
    later = []
    for i in range(LOOKS):
        window = shifted.window(random, 1000 + i)
        cells = tuple(c._replace(tally=Tally(min(c.tally.n, c.tally.hits + (i % 2)), c.tally.n)) for c in window.cells)
        later.append(WindowCounts(window=window.window, release="v1", cells=cells))
    assert replay(alarm, later).signals


def test_without_a_past_or_without_labels_it_judges_nothing() -> None:
    traffic, random = Labelled(), np.random.default_rng(704)
    nothing = compile_calibration_alarm(terms(tolerance=0.02), middles=MIDDLES, history=[])
    done = replay(nothing, [traffic.window(random, i, more=-0.3) for i in range(20)])
    assert (done.signals, done.skipped) == ((), 20)
    alarm = an_alarm(traffic, random)
    empty = [WindowCounts(window=(1000 + i) * HOUR, release="v1", cells=()) for i in range(20)]
    assert replay(alarm, empty).skipped == 20


def test_rows_without_a_score_are_in_no_bin_and_say_nothing() -> None:
    random, traffic = np.random.default_rng(705), Labelled()
    alarm = an_alarm(traffic, random)
    plain = [traffic.window(random, 1000 + i) for i in range(30)]
    unscored = Cell("", 1, Tally(50, 50), -1)
    more = [WindowCounts(window=w.window, release=w.release, cells=(*w.cells, unscored)) for w in plain]
    assert [s.statistic for s in replay(alarm, more).signals] == [s.statistic for s in replay(alarm, plain).signals]
    ends = [replay(alarm, windows).states[0].legs[0].stakes for windows in (plain, more)]
    assert ends[0] == pytest.approx(ends[1])


def test_four_weeks_of_its_own_history_give_the_right_to_act_and_fewer_do_not() -> None:
    traffic, random = Labelled(rows=60), np.random.default_rng(706)
    asked = terms(tolerance=0.03, windows=24 * 365 * 5)
    past = [traffic.window(random, i) for i in range(FOUR_WEEKS)]

    def learn(history: list[WindowCounts]) -> CalibrationAlarm:
        return compile_calibration_alarm(asked, middles=MIDDLES, history=history)

    assert judge_readiness(rehearse(past, learn), terms=asked).may_act  # type: ignore[arg-type]
    assert not judge_readiness(rehearse(past[:200], learn), terms=asked).may_act  # type: ignore[arg-type]


def test_middles_that_are_no_scores_are_refused() -> None:
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        compile_calibration_alarm(terms(), middles=[1.5], history=[])
