"""Views as people and pages see them: fresh or not, gaps as gaps, NaN as not evaluable (R46)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from careloop.domain.view import PrometheusView, ViewKey
from careloop.ports.view_store import LabelledSamples, ViewRange
from careloop.reports.view_report import ShownView, axis_of, view_chart, view_lines, views_json
from careloop.testing.view_store_fake import ViewStoreFake
from careloop.workflows.run.show_views import show_views

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
AT_NOON = int(NOON.timestamp())
VIEW = PrometheusView.model_validate(
    {
        "kind": "prometheus",
        "title": "Conversion of offers",
        "address": "https://prom.example",
        "query": "sum by (region) (rate(paid[5m]))\n / sum by (region) (rate(offers[5m]))",
        "by": "region",
        "unit": "share",
        "keep": "P1D",
    }
)


def shown(
    lines: dict[str, dict[int, float | None]], *, later: timedelta = timedelta(), most_points: int | None = None
) -> ShownView:
    """The view at noon or later, of samples by line and seconds before noon."""
    store, key = ViewStoreFake(), ViewKey("shop", "conversion")
    given = ViewRange(
        key=key,
        digest=VIEW.digest,
        since=AT_NOON - 86_400,
        upto=AT_NOON,
        lines=[
            LabelledSamples(
                label=label, samples=tuple((AT_NOON - ago, value) for ago, value in sorted(of.items())[::-1])
            )
            for label, of in lines.items()
        ],
    )
    store.note(given, keep_from=0, now=NOON)
    (found,) = show_views("shop", {"conversion": VIEW}, store, now=NOON + later, most_points=most_points)
    return found


NORTH_AND_SOUTH: dict[str, dict[int, float | None]] = {
    "north": {900: 0.02, 600: 0.04, 0: 0.031},
    "south": {300: 0.05, 0: None},
}


def lines(one: ShownView) -> str:
    return "\n".join(text for _, text in view_lines("shop", [one]))


def test_lines_say_the_newest_value_how_old_it_is_and_what_it_rests_on() -> None:
    told = lines(shown(NORTH_AND_SOUTH))
    assert "conversion: Conversion of offers, by region" in told
    assert "  fresh: read 2026-03-31 12:00:00 UTC" in told
    assert "north  3.1 % at 2026-03-31 12:00 UTC" in told
    assert "3 samples since 2026-03-31 11:45 UTC, between 2 % and 4 %" in told
    assert "sum by (region) (rate(paid[5m])) / sum by" in told, "a query stands on one line"
    assert "no alarm, gate or count rests on them" in told


def test_what_is_no_number_now_is_not_evaluable_and_never_0_nor_the_value_of_before() -> None:
    told = lines(shown(NORTH_AND_SOUTH))
    assert "south  not evaluable (NaN) at 2026-03-31 12:00 UTC" in told
    assert "2 samples since 2026-03-31 11:55 UTC, 1 of them no number" in told
    assert view_chart(shown(NORTH_AND_SOUTH), axis=None)["now"] == "north 3.1 %, south not evaluable (NaN)"


def test_what_is_stale_shows_no_value_as_if_it_were_of_now() -> None:
    old = shown(NORTH_AND_SOUTH, later=timedelta(hours=2))
    told = lines(old)
    assert "stale: last read 2026-03-31 12:00:00 UTC; nobody has tried since" in told
    assert "north  known until 2026-03-31 12:00 UTC" in told
    assert "3.1 %" not in told
    chart = view_chart(old, axis=None)
    assert chart["stale"]
    assert chart["now"].startswith("not known: last read")
    assert views_json("shop", [old])["views"][0]["state"] == "stale"


def test_a_chart_has_a_step_for_every_gap_so_that_no_line_is_drawn_over_it() -> None:
    (part,) = view_chart(shown(NORTH_AND_SOUTH), axis=(1, 2))["parts"]
    assert part["x"] == [AT_NOON - ago for ago in (900, 600, 300, 0)]
    north, south = part["lines"]
    assert north["value"] == [0.02, 0.04, None, 0.031]
    assert south["value"] == [None, None, 0.05, None]
    assert (north["n"], south["n"]) == ([1, 1, 0, 1], [0, 0, 1, 1])
    assert south["enough"] == [False, False, True, False]
    assert (part["unit"], part["limits"], part["view"]) == ("share", [], True)


def test_a_chart_has_no_alarm_and_says_that_none_can_rest_on_it() -> None:
    chart = view_chart(shown(NORTH_AND_SOUTH), axis=(1, 2))
    assert (chart["alarms"], chart["kind"], chart["axis"]) == ([], "business", (1, 2))
    assert "no alarm, gate or count rests on it" in chart["told"]
    assert "Samples that are no number (NaN): 1; they are not evaluable, which is not 0" in chart["told"]


def test_points_of_several_samples_have_a_band_from_lowest_to_highest() -> None:
    many: dict[int, float | None] = {300 * n: float(n % 3) for n in range(288)}
    chart = view_chart(shown({"north": many}, most_points=100), axis=None)
    (line,) = chart["parts"][0]["lines"]
    assert chart["seconds"] == 900
    assert (line["value"][5], line["low"][5], line["high"][5], line["n"][5]) == (1.0, 0.0, 2.0, 3)
    assert "A point is the mean of 15 minutes" in chart["told"]


def test_a_view_that_was_never_read_has_an_empty_chart_that_says_so() -> None:
    (never,) = show_views("shop", {"conversion": VIEW}, ViewStoreFake(), now=NOON)
    chart = view_chart(never, axis=None)
    assert (chart["parts"], chart["now"], chart["stale"]) == ([], "not known: never read", True)
    assert views_json("shop", [never])["views"][0]["lines"] == []


def test_the_axis_is_the_time_that_the_monitors_charts_show_together() -> None:
    def chart(*x: int) -> dict[str, Any]:
        return {"seconds": 60, "parts": [{"x": list(x)}]}

    assert axis_of([chart(600, 660), chart(120, 180), chart()]) == (120, 720)
    assert axis_of([chart()]) is None
