"""A calendar of known events: what it leaves out, what it may not, and what is said about it (R47; MEASURES)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.compile import compile_tree
from careloop.domain.calendar import EventCalendar, KnownEvent, known_events
from careloop.domain.finding import Finding
from careloop.domain.source_tree import SourceTree
from careloop.monitors.known_events import EventSpan, muting

DAY, YEAR = 86_400, 365 * 86_400


def a_calendar(*events: str) -> str:
    return "owner: shop\nreviewed: 2026-01-01\nevents:\n" + "".join(f"  - {each}\n" for each in events)


def an_event(name: str, first: str, last: str, more: str = "") -> str:
    return f"{{id: {name}, zone: Europe/Dublin, first: {first}, last: {last}, why: A sale., who: shop{more}}}"


def errors_of(text: str) -> list[Finding]:
    found = compile_tree(SourceTree({"calendar.yaml": text.encode()})).errors
    return [each for each in found if each.place.file == "calendar.yaml"]


def read(*events: str) -> EventCalendar:
    text = a_calendar(*events)
    assert errors_of(text) == []
    return compile_tree(SourceTree({"calendar.yaml": text.encode()})).repository.nouns(EventCalendar)[0]


def test_an_event_lasts_from_midnight_to_midnight_where_it_takes_place() -> None:
    """Dublin is an hour ahead of UTC in summer; its clocks go back within the event."""
    (event,) = known_events([read(an_event("clocks", "2026-10-24", "2026-10-25"))], "any")
    begin, end = (datetime.fromtimestamp(at, UTC) for at in (event.since, event.until))
    assert (begin.isoformat(), end.isoformat()) == ("2026-10-23T23:00:00+00:00", "2026-10-26T00:00:00+00:00")


def test_an_event_of_some_systems_is_none_of_the_others() -> None:
    found = read(
        an_event("one", "2026-03-01", "2026-03-01", ", systems: [shop]"), an_event("all", "2026-01-01", "2026-01-01")
    )
    assert [each.id for each in known_events([found], "shop")] == ["all", "one"]
    assert [each.id for each in known_events([found], "credit")] == ["all"]


@pytest.mark.parametrize(
    ("event", "line", "says"),
    [
        (an_event("a", "2026-03-02", "2026-03-01"), 4, "last: 2026-03-01 is before first 2026-03-02"),
        (an_event("a", "2026-03-01", "2026-03-15"), 4, "last: 15 days are more than the 14"),
        (an_event("a", "2026-03-01", "2026-03-01").replace("Dublin", "Dubin"), 4, "zone: there is no time zone"),
        (an_event("a", "2026-03-01", "2026-03-01").replace("why: A sale., ", ""), 4, "'why' is missing"),
        (an_event("a", "2026-03-01T12:00:00", "2026-03-01"), 4, "first: "),
    ],
)  # fmt: skip
def test_a_bad_calendar_is_told_by_file_line_and_field(event: str, line: int, says: str) -> None:
    error, *_ = errors_of(a_calendar(event))
    assert (error.place.file, error.place.line) == ("calendar.yaml", line)
    assert says in error.message


def test_one_id_stands_once() -> None:
    twice = a_calendar(an_event("a", "2026-03-01", "2026-03-01"), an_event("a", "2027-03-01", "2027-03-01"))
    (error,) = errors_of(twice)
    assert "the event a stands here twice" in error.message


def test_a_calendar_that_mutes_more_than_a_tenth_of_a_year_is_refused() -> None:
    """Three fortnights are 42 days; in two years they pass, and so do those of different systems."""
    fortnights = [("2026-01-01", "2026-01-14"), ("2026-04-01", "2026-04-14"), ("2026-07-01", "2026-07-14")]
    text = a_calendar(*(an_event(f"e{i}", *days) for i, days in enumerate(fortnights)))
    (error,) = errors_of(text)
    assert error.place.line == 3
    assert "take 42 of the 365 days up to 2026-07-14; at most 36" in error.message
    apart = [an_event(f"e{i}", *days, f", systems: [s{i}]") for i, days in enumerate(fortnights)]
    assert len(read(*apart).events) == 3
    later = [*fortnights[:2], ("2027-01-15", "2027-01-28")]
    assert len(read(*(an_event(f"e{i}", *days) for i, days in enumerate(later))).events) == 3


def test_windows_that_an_event_touches_are_left_out_whole() -> None:
    event = KnownEvent(since=10 * DAY + 3600, until=11 * DAY + 3600, id="sale", why="A sale.")
    found = muting((event,), seconds=DAY)
    assert found.left_out == (EventSpan(10 * DAY, 12 * DAY, "sale"),)
    assert [found.event_of(day * DAY) for day in (9, 10, 11, 12)] == [None, "sale", "sale", None]


def test_events_that_overlap_are_told_together_and_counted_once() -> None:
    two = (KnownEvent(0, 2 * DAY, "sale", "."), KnownEvent(DAY, 3 * DAY, "strike", "."))
    assert muting(two, seconds=DAY).left_out == (
        EventSpan(0, DAY, "sale"),
        EventSpan(DAY, 2 * DAY, "sale, strike"),
        EventSpan(2 * DAY, 3 * DAY, "strike"),
    )


def test_monthly_windows_with_a_day_of_events_each_are_judged_but_for_one_a_year() -> None:
    """What the document allows by days would mute a monitor of long windows for ever."""
    months = tuple(KnownEvent(i * 30 * DAY, i * 30 * DAY + DAY, f"payday-{i}", ".") for i in range(36))
    found = muting(months, seconds=30 * DAY)
    assert [one.event for one in found.left_out] == ["payday-0", "payday-14", "payday-28"]
    assert len(found.judged) == 33


_EVENTS = st.lists(st.tuples(st.integers(0, 3 * 365), st.integers(1, 40)), max_size=25)


@given(_EVENTS, st.sampled_from([900, 3600, DAY, 7 * DAY, 30 * DAY]))
def test_whatever_the_calendar_no_year_loses_more_than_a_tenth_of_its_windows(
    days: list[tuple[int, int]], seconds: int
) -> None:
    events = tuple(KnownEvent(at * DAY, (at + long) * DAY, f"e{i}", ".") for i, (at, long) in enumerate(days))
    found = muting(events, seconds=seconds)
    most = max(seconds, YEAR // 10 // seconds * seconds)
    for last in found.left_out:
        begin = last.until - YEAR
        assert (
            sum(max(0, one.until - max(one.since, begin)) for one in found.left_out if one.until <= last.until) <= most
        )
    touched = (
        {w for each in events for w in range(each.since // seconds * seconds, each.until, seconds)}
        if seconds >= DAY
        else set()
    )
    for window in touched:
        judged = any(span.since <= window < span.until for span in found.judged)
        assert (found.event_of(window) is not None) is not judged, (
            "each window that an event touches is one or the other"
        )


def test_a_day_is_a_day_of_the_calendar() -> None:
    (event,) = read(an_event("a", "2026-03-01", "2026-03-01")).events
    assert (event.first, event.last) == (date(2026, 3, 1), date(2026, 3, 1))
