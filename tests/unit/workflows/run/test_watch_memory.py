"""A watcher that remembers finds what a fresh look finds: closed windows, each once and in order (R47).

Held against a fresh look from the beginning: over late rows and labels, in the middle of an open window, across
releases that come and go, with known events, and with restarts in between (MEASURES; EVENTS, "Windows").
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from chart_builders import SYSTEM, an_answer
from hypothesis import example, given, settings
from hypothesis import strategies as st
from watch_builders import ONE, TWO, a_monitor, at_day

from careloop.domain.alarm import Signal
from careloop.domain.calendar import KnownEvent
from careloop.domain.event import Event, EventKind
from careloop.domain.event_values import microseconds
from careloop.domain.system import EventSchema
from careloop.monitors.window import WindowCounts
from careloop.testing.lake_fake import LakeFake
from careloop.workflows.run.compile_monitors import Beside, compile_monitors, with_windows
from careloop.workflows.run.detect_changes import Change, detect_changes
from careloop.workflows.run.watch_memory import WatchMemory
from careloop.workflows.run.watched_monitor import WatchedMonitor

SCHEMA = EventSchema.model_validate({**(SYSTEM.events or EventSchema()).model_dump(), "labels": {"horizon": "P3D"}})
MONITORS = (
    a_monitor(id="gap", promise="P30D"),
    a_monitor(id="overrides", measure="override_rate", by=None, window="PT6H", promise="P30D", response="page"),
    a_monitor(id="hours", measure="override_rate", by="sex", window="PT6H", reference="same_hour_of_week"),
    a_monitor(id="bad", measure="error_rate", by=None, of="label", values=("bad",), promise="P30D"),
)
DAYS, A_DAY = 44, 20
EVENTS = (KnownEvent(int(at_day(20).timestamp()), int(at_day(21).timestamp()), "sale", "A sale."),)
STARTS = {ONE: [int(at_day(0).timestamp()), int(at_day(38).timestamp())], TWO: [int(at_day(30).timestamp())]}
Arrival = tuple[datetime, Event]
Found = tuple[Signal, int, tuple[WindowCounts, ...]]
"""A signal, and how much of the past it was held against, with the last window of that."""


def arrivals(seed: int) -> list[Arrival]:
    """Rows that mostly come when they happen, some hours or days late, with labels; release two is worse."""
    chance, found = random.Random(seed), list[Arrival]()
    for number in range(DAYS * A_DAY):
        day = number / A_DAY
        release = TWO if 30 <= day < 38 else ONE
        worse = release == TWO and number % 2 == 1
        business = {"granted": 0, "cases": 1, "overridden": worse or number % 10 == 0}
        changed = {"prediction": "refuse" if worse else "approve", "business": business, "release": release}
        happened = at_day(day)
        came = happened + timedelta(hours=chance.choice([0] * 8 + [3, 40]))
        found.append((came, an_answer(number, happened, **changed)))
        if chance.random() < 0.8:
            label = "bad" if worse or number % 10 == 0 else "good"
            found.append((happened + timedelta(hours=chance.randrange(90)), a_label(number, happened, release, label)))
    return sorted(found, key=lambda one: one[0])


def a_label(number: int, at: datetime, release: str, label: str) -> Event:
    return Event(
        id=f"label-{number}",
        system="credit",
        release=release,
        kind=EventKind.LABEL,
        occurred_us=microseconds(at),
        bucket=0,
        inference_id=f"event-{number}",
        label=label,
    )


def seen(changes: Sequence[Change]) -> list[Found]:
    return [(change.signal, len(change.history), change.history[-1:]) for change in changes]


def look(lake: LakeFake, now: datetime, memory: WatchMemory | None) -> tuple[tuple[WatchedMonitor, ...], list[Found]]:
    compiled = compile_monitors(MONITORS, SCHEMA, beside=Beside(events=EVENTS))
    assert compiled.left_out == ()
    kept = None if memory is None else memory.windows
    watched = with_windows(compiled.watched, lake=lake, system="credit", now=now, kept=kept)
    found = [one for each in watched for one in seen(detect_changes(each, starts=STARTS, memory=memory))]
    return tuple(replace(each, fresh=None) for each in watched), found


def story(seed: int, looks: Sequence[tuple[float, bool]]) -> Iterator[tuple[LakeFake, datetime, bool]]:
    """The lake at each look, in order of time, and whether the watcher was started again before it."""
    lake, waiting = LakeFake(), arrivals(seed)
    for day, restarted in sorted(looks):
        now = at_day(day)
        while waiting and waiting[0][0] <= now:
            at, event = waiting.pop(0)
            lake.append([event], now=at)
        yield lake, now, restarted


_LOOKS = st.lists(st.tuples(st.floats(0.1, DAYS + 4), st.booleans()), min_size=2, max_size=5)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), looks=_LOOKS)
@example(seed=1, looks=[(29.9, False), (33.3, False), (33.4, True), (36.1, False), (39.7, False), (48.0, False)])
def test_looking_often_with_a_memory_finds_what_one_fresh_look_finds(
    seed: int, looks: list[tuple[float, bool]]
) -> None:
    memory = WatchMemory()
    for lake, now, restarted in story(seed, looks):
        memory = WatchMemory() if restarted else memory
        assert look(lake, now, memory) == look(lake, now, None)


def test_the_story_has_something_to_find_in_every_family_and_each_alarm_once() -> None:
    """A property about nothing would hold as well."""
    memory, found = WatchMemory(), list[Found]()
    for lake, now, _ in story(1, [(day, False) for day in range(1, DAYS + 4)]):
        watched, found = look(lake, now, memory)
    assert {signal.monitor for signal, _, _ in found} >= {"gap", "overrides", "bad"}
    assert [sum(values[-1] for values in each.table.cells.values()) > 0 for each in watched] == [True] * 4
    _, at_once = look(lake, now, None)
    assert found == at_once
    assert len(found) == len(set(map(repr, found)))


def test_a_row_that_came_at_the_very_instant_of_a_look_is_counted_once_its_window_closes() -> None:
    """The window that begins then is open still; the next look must not take the row for one of those before."""
    lake, memory = LakeFake(), WatchMemory()
    lake.append([an_answer(1, at_day(1))], now=at_day(1))
    for day in (1, 1.5, 2, 3):
        watched, _ = look(lake, at_day(day), memory)
    assert watched[0].table.total()[1] == 1
    assert watched == look(lake, at_day(3), None)[0]


def test_rows_of_an_open_window_wait_until_it_closes() -> None:
    lake = LakeFake()
    for number in range(4):
        lake.append([an_answer(number, at_day(1))], now=at_day(1) + timedelta(hours=number))
    memory = WatchMemory()
    (open_still, *_), _ = look(lake, at_day(1.9), memory)
    assert open_still.table.cells == {}
    (closed, *_), _ = look(lake, at_day(2), memory)
    counted = closed.table.rows()
    assert closed.table.total() == look(lake, at_day(2), None)[0][0].table.total() != (0, 0)
    lake.append([an_answer(9, at_day(1))], now=at_day(2.5))
    (after, *_), _ = look(lake, at_day(3), memory)
    first, second = int(at_day(1).timestamp()), int(at_day(2).timestamp())
    assert after.table.select(until=second).rows() == counted, "a late row opens no closed window"
    assert [key.window for key in after.table.cells if key.window != first] == [second]
