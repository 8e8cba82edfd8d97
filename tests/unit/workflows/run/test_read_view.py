"""A view is read on: the present first, no gap inside, never more than a server answers; never 0 for what is not there
(R46)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.view import PrometheusView, ViewKey, ViewReading
from careloop.errors import InvalidInput, Unavailable
from careloop.testing.range_query_fake import RangeQueryFake
from careloop.testing.view_store_fake import ViewStoreFake
from careloop.workflows.run.read_view import ViewPart, parts_to_read, read_view
from careloop.workflows.run.show_views import show_views

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
AT_NOON = int(NOON.timestamp())
KEY = ViewKey("shop", "conversion")


def a_view(**changed: Any) -> PrometheusView:
    values = {"kind": "prometheus", "title": "Conversion", "address": "https://prom.example", "query": "q"}
    return PrometheusView.model_validate(values | changed)


def there(store: ViewStoreFake, **asked: int) -> ViewReading:
    found = store.reading(KEY, **asked)
    assert found is not None
    return found


def minutes(count: int, value: float | None = 1.0, *, until: int = AT_NOON) -> list[tuple[int, float | None]]:
    return [(until - 60 * n, value) for n in range(count)]


@given(
    keep_days=st.integers(1, 400),
    step_s=st.sampled_from([60, 300, 420, 900, 3600, 86_400]),
    overlap_min=st.integers(1, 5_000),
    covered_days=st.none() | st.tuples(st.floats(-500, 1), st.floats(0, 500)),
    second=st.integers(0, 86_399),
)
def test_the_parts_reach_from_as_far_as_is_kept_to_now_without_a_gap(
    keep_days: int, step_s: int, overlap_min: int, covered_days: tuple[float, float] | None, second: int
) -> None:
    if keep_days * 86_400 // step_s > 50_000:
        return
    unit = f"PT{step_s // 60}M"
    view = a_view(step=unit, keep=f"P{keep_days}D", overlap=f"PT{overlap_min}M")
    now, covered = NOON + timedelta(seconds=second), None
    if covered_days is not None:
        upto = int(now.timestamp() + covered_days[0] * 86_400)
        covered = ViewPart(upto - int(covered_days[1] * 86_400), upto)
    reached, most, last = covered, 0, int(now.timestamp()) // step_s * step_s
    oldest = int(now.timestamp()) - keep_days * 86_400
    for part in parts_to_read(view, covered, now=now):
        assert part.since % step_s == part.upto % step_s == 0
        assert oldest <= part.since <= part.upto <= last
        most = max(most, (part.upto - part.since) // step_s + 1)
        touches = reached is not None and part.since <= reached.upto and part.upto >= reached.since
        reached = (
            ViewPart(min(reached.since, part.since), max(reached.upto, part.upto)) if reached and touches else part
        )
    assert most <= 11_000, "what a Prometheus answers"
    assert reached is not None
    assert reached.upto >= last
    assert reached.since <= oldest + step_s


def test_the_present_is_read_before_the_past_and_kept_when_the_past_fails() -> None:
    class OnlyTheNewest(RangeQueryFake):
        def answer(self, query: str, **asked: int) -> Any:
            if asked["since"] < AT_NOON - 20 * 86_400:
                raise Unavailable("query timed out")
            return super().answer(query, **asked)

    source, store = OnlyTheNewest(), ViewStoreFake()
    source.put("q", minutes(200))
    with pytest.raises(Unavailable):
        read_view(a_view(), KEY, source, store, now=NOON)
    found = there(store)
    assert (found.read_at, found.failed) == (NOON, "query timed out")
    assert found.series[0].points[-1].at == AT_NOON


def test_what_was_read_is_not_asked_for_again_but_for_the_overlap() -> None:
    source, store, view = RangeQueryFake(), ViewStoreFake(), a_view(keep="P1D")
    source.put("q", minutes(2000, until=AT_NOON + 600))
    read_view(view, KEY, source, store, now=NOON)
    source.asked.clear()
    came = read_view(view, KEY, source, store, now=NOON + timedelta(minutes=5))
    assert source.asked == [(AT_NOON - 3600, AT_NOON + 300)]
    assert came == 14
    steps = [point.at for point in there(store).series[0].points]
    assert steps == list(range(steps[0], AT_NOON + 301, 300)), "no step is there twice or missing"


def test_answers_about_the_newest_past_that_change_are_taken_over() -> None:
    first, second, store, view = RangeQueryFake(), RangeQueryFake(), ViewStoreFake(), a_view(keep="P1D")
    first.put("q", minutes(60, 1.0))
    second.put("q", minutes(60, 2.0))
    read_view(view, KEY, first, store, now=NOON)
    read_view(view, KEY, second, store, now=NOON + timedelta(minutes=1))
    assert {point.value for point in there(store).series[0].points if point.at > AT_NOON - 3300} == {2.0}


def test_after_a_long_silence_reading_goes_on_where_it_ended() -> None:
    source, store, view = RangeQueryFake(), ViewStoreFake(), a_view(keep="P30D", step="PT1M")
    source.put("q", minutes(120))
    read_view(view, KEY, source, store, now=NOON - timedelta(days=6))
    source.asked.clear()
    read_view(view, KEY, source, store, now=NOON)
    since, upto = source.asked[0][0], source.asked[-1][1]
    assert len(source.asked) == 2, "8,641 steps are two questions"
    assert (since, upto) == (AT_NOON - 6 * 86_400 - 3600, AT_NOON)
    assert there(store).upto == AT_NOON


def test_a_changed_declaration_is_read_from_its_beginning() -> None:
    source, store = RangeQueryFake(), ViewStoreFake()
    source.put("q", minutes(60, 1.0))
    source.put("other", minutes(60, 5.0))
    read_view(a_view(keep="P1D"), KEY, source, store, now=NOON)
    read_view(a_view(keep="P1D", query="other"), KEY, source, store, now=NOON)
    assert {point.value for point in there(store).series[0].points} == {5.0}


def test_a_gap_and_what_is_no_number_are_never_0() -> None:
    source, store, view = RangeQueryFake(), ViewStoreFake(), a_view(keep="P1D")
    source.put("q", [(AT_NOON - 3600, 3.0), (AT_NOON - 3000, None), (AT_NOON, 4.0)])
    read_view(view, KEY, source, store, now=NOON)
    points = [(AT_NOON - point.at, point.value) for point in there(store).series[0].points]
    assert points == [(3600, 3.0), (3000, None), (0, 4.0)]


@pytest.mark.parametrize(
    ("by", "labels", "told"),
    [
        (None, [{"region": "n", "pod": "1"}, {"region": "s", "pod": "1"}], "has 2 series, which differ in region"),
        ("region", [{"region": "n", "pod": "1"}, {"region": "n", "pod": "2"}], "two series have region=n; .* in pod"),
        ("region", [{"region": "n"}, {"pod": "1"}], "a series has no label 'region'; its labels are pod"),
        ("region", [{"region": "n"}, {}], "no label 'region'; its labels are none"),
        ("pod", [{"pod": f"{n}"} for n in range(21)], "has 21 series; a chart holds 20"),
    ],
)
def test_series_that_cannot_be_told_apart_are_refused_with_the_way_out(
    by: str | None, labels: list[dict[str, str]], told: str
) -> None:
    source, store, view = RangeQueryFake(), ViewStoreFake(), a_view(keep="P1D", by=by)
    for one in labels:
        source.put("q", minutes(10), **one)
    with pytest.raises(InvalidInput, match=rf"systems/shop/system\.yaml: views\.conversion: .*{told}") as raised:
        read_view(view, KEY, source, store, now=NOON)
    assert raised.value.hint
    assert there(store).failed == raised.value.message


def test_one_label_of_several_series_makes_lines() -> None:
    source, store, view = RangeQueryFake(), ViewStoreFake(), a_view(keep="P1D", by="region")
    source.put("q", minutes(10, 1.0), region="south", pod="b")
    source.put("q", minutes(10, 2.0), region="north", pod="a")
    read_view(view, KEY, source, store, now=NOON)
    assert [(one.label, one.points[-1].value) for one in there(store).series] == [("north", 2.0), ("south", 1.0)]


def test_a_server_that_is_away_leaves_what_was_read_and_says_so() -> None:
    source, store, view = RangeQueryFake(), ViewStoreFake(), a_view(keep="P1D")
    source.put("q", minutes(10))
    read_view(view, KEY, source, store, now=NOON)
    source.fails = Unavailable("prom.example cannot be reached")
    with pytest.raises(Unavailable):
        read_view(view, KEY, source, store, now=NOON + timedelta(minutes=10))
    (shown,) = show_views("shop", {"conversion": view}, store, now=NOON + timedelta(minutes=10))
    assert shown.standing.state.value == "stale"
    assert "last read 2026-03-31 12:00:00 UTC; the last try failed: prom.example" in shown.standing.because
    assert shown.series[0].points[-1].at == AT_NOON


def test_a_long_past_is_shown_in_points_of_a_readable_length() -> None:
    source, store, view = RangeQueryFake(), ViewStoreFake(), a_view(keep="P60D", step="PT5M")
    source.put("q", [(AT_NOON - 300 * n, float(n % 12)) for n in range(3000)])
    read_view(view, KEY, source, store, now=NOON)
    (shown,) = show_views("shop", {"conversion": view}, store, now=NOON, most_points=1500)
    assert shown.stretch_s == 3600
    assert len(shown.series[0].points) == 251
    assert shown.series[0].points[5].value == 5.5, "the mean of twelve samples"
    assert [one.points[-1].at for one in shown.latest] == [AT_NOON], "the newest sample is not a mean"
