"""The list of the day: every monitor by its e-value, who stands out, what was not judged, the promise (R47)."""

from __future__ import annotations

from datetime import date, timedelta

from chart_builders import SYSTEM, a_ledger, an_answer
from watch_builders import ONE, a_monitor, at_day

from careloop.domain.calendar import EventCalendar
from careloop.domain.monitor import Monitor, Monitors
from careloop.domain.repository import Document, Repository
from careloop.reports.daily_list_report import DayRow, ListOfDay, day_json, day_lines
from careloop.testing.lake_fake import LakeFake
from careloop.workflows.run.daily_list import DailyAsk, DailyList, daily_list
from careloop.workflows.run.system_log import SystemLog

DAYS = 34
NOW = at_day(DAYS) + timedelta(minutes=30)
OVERRIDES = a_monitor(
    id="overrides", kind="performance", measure="override_rate", by=None, window="PT6H", tolerance=0.05, promise="P1Y"
)
REFUSED = a_monitor(id="answers", measure="selection_rate", by=None, response="page")


def a_lake() -> LakeFake:
    """On the last two days half of the answers are overridden by people, where one in ten is usual."""
    lake = LakeFake()
    for number in range(DAYS * 80):
        day = number / 80
        at = at_day(day) + timedelta(seconds=number % 50)
        overridden = (day >= DAYS - 2 and number % 2 == 0) or number % 10 == 0
        business = {"granted": 1_000_000, "cases": 1, "overridden": overridden}
        lake.append([an_answer(number, at, release=ONE, business=business)], now=at)
    return lake


def a_repository(*monitors: Monitor, calendar: EventCalendar | None = None) -> Repository:
    documents = [
        Document(path="systems/credit/system.yaml", kind="system", noun=SYSTEM, folder="credit"),
        Document(
            path="systems/credit/monitors.yaml",
            kind="monitors",
            noun=Monitors(owner="ai-lead", monitors=monitors),
            folder="credit",
        ),
    ]
    if calendar is not None:
        documents.append(Document(path="calendar.yaml", kind="calendar", noun=calendar))
    return Repository(tuple(documents))


def listed(repository: Repository) -> DailyList:
    log = SystemLog(a_ledger(switch=None).ledger)
    return daily_list(a_lake(), repository, log, DailyAsk(systems=["credit"]), now=NOW)


def shown(found: DailyList) -> ListOfDay:
    rows = [
        DayRow(
            system=row.system,
            monitor=row.evidence.monitor,
            since=row.evidence.since,
            e_value=row.evidence.e_value,
            windows=row.evidence.windows,
            stands_out=row.stands_out,
        )
        for row in found.rows
    ]
    return ListOfDay(rows=rows, wrong_share=found.wrong_share, fleet=found.fleet, muted=found.muted)


def test_the_loudest_stands_first_and_out_and_the_fleet_says_what_it_promises() -> None:
    found = listed(a_repository(OVERRIDES, REFUSED))
    assert [(row.evidence.monitor, row.stands_out) for row in found.rows] == [("overrides", True), ("answers", False)]
    fleet = found.fleet
    assert fleet is not None
    assert (fleet.monitors, fleet.needed_days) == (2, 5 * 365)
    assert round(fleet.together_days) == round(1 / (1 / 365 + 1 / 1825))
    assert fleet.reached_days > 0
    lines = [text for _, text in day_lines(shown(found))]
    assert lines[0].startswith("evidence of the day (e-values; 1 of 2 stand out, at most 5%")
    assert "stands out" in lines[1]
    assert "credit overrides since 2026-02-07 (4 windows)" in lines[1]
    assert lines[-1].startswith("fleet: 2 monitors promise together at most one false alarm in 304 days; the average")
    said = day_json(shown(found))
    assert (said["monitors"][0]["stands_out"], said["fleet"]["monitors"]) == (True, 2)


def test_days_in_an_event_say_nothing_and_are_counted() -> None:
    sale = {"id": "sale", "zone": "UTC", "first": date(2026, 2, 6), "last": date(2026, 2, 7), "why": ".", "who": "shop"}
    calendar = EventCalendar.model_validate({"owner": "shop", "events": [sale]})
    found = listed(a_repository(OVERRIDES, calendar=calendar))
    (row,) = found.rows
    assert (row.stands_out, row.evidence.windows, row.evidence.e_value) == (False, 0, 1.0)
    assert "not judged: overrides: 8 of 136 windows (160 rows) in sale" in [text for _, text in day_lines(shown(found))]
    assert day_json(shown(found))["not_judged"][0]["windows"] == 8


def test_only_the_loudest_of_a_large_fleet_are_shown_and_the_others_counted() -> None:
    rows = [
        DayRow(system="s", monitor=f"m{n}", since=NOW, e_value=1e6 / 10**n, windows=1, stands_out=n == 0)
        for n in range(40)
    ]
    lines = [text for _, text in day_lines(ListOfDay(rows=rows, wrong_share=0.05, fleet=None))]
    assert lines[-1] == "  and 30 more below 0.00"
    assert len(lines) == 12
    assert "1.0e+06" in lines[1]


def test_no_monitor_has_no_list() -> None:
    found = listed(a_repository())
    assert (found.rows, found.fleet, list(day_lines(shown(found)))) == ((), None, [])
