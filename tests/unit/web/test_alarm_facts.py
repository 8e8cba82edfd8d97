"""An alarm's numbers come with interval and rows, in the terms of its measure."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from careloop.domain.alarm import Signal, Worse
from careloop.domain.counts import Tally
from careloop.domain.monitor import Monitor
from careloop.web.alarm_facts import AlarmFacts, alarm_facts


def facts(measure: str | None, *, compared: Tally | None = None, **changed: Any) -> AlarmFacts:
    signal = Signal(
        monitor="conversion",
        release="sha256:1",
        window=86_400,
        since=0,
        moved=Worse.LOWER,
        group=None,
        observed=Tally(47, 438),
        compared=compared,
        limit=0.25,
        statistic=4912.0,
        threshold=365.0,
    )
    monitor = None
    if measure is not None:
        monitor = Monitor(
            id="conversion", kind="business", measure=measure, window="P1D", reference="previous_period",
            tolerance=0.04, promise="P1Y", minimum_n=20, severity="sev1", response="page",
        )  # fmt: skip
    alarm: Any = SimpleNamespace(signal=signal, rows=SimpleNamespace(until=2 * 86_400))
    return alarm_facts(alarm, monitor)


def test_a_rate_is_told_with_its_interval_and_rows_r48() -> None:
    found = facts("conversion_rate")
    assert found.observed == "10.7 % (95 % interval 8.2 % to 14.0 %), 47 of 438 rows"
    assert (found.accepted, found.evidence, found.needed) == ("at least 25.0 %", "×4,912", "×365")
    assert (found.group, found.others) == ("all rows", "")
    assert f"{found.since:%d %H:%M} {found.until:%d %H:%M}" == "01 00:00 03 00:00"


def test_a_gap_is_told_beside_the_other_groups() -> None:
    found = facts("dp_difference", compared=Tally(60, 100))
    assert found.others.startswith("60.0 % (95 % interval ")
    assert found.accepted == "a gap of 25.0 %"


def test_what_is_no_share_of_rows_is_told_by_its_rows() -> None:
    assert (facts("psi").observed, facts("psi").accepted) == ("438 rows", "at least 0.25")
    assert facts(None).observed == "438 rows", "the monitor's document is gone"
    assert facts("conversion_rate", compared=Tally(0, 0)).others == "no rows"
