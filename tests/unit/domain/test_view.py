"""What a view may declare, and whether what is kept of it is of now (R46, R47)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from careloop.domain.view import PrometheusView, ViewPoint, ViewReading, ViewSeries, ViewState, standing_of

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def a_view(**changed: Any) -> PrometheusView:
    values = {"kind": "prometheus", "title": "Conversion", "address": "https://prom.example", "query": "sum(x)"}
    return PrometheusView.model_validate(values | changed)


def a_reading(view: PrometheusView, *, ago_s: int = 30, **newest_ago_s: int) -> ViewReading:
    """Read so long ago, with lines whose newest sample was so long before noon."""
    lines = []
    for label, ago in newest_ago_s.items():
        at = int(NOON.timestamp()) - ago
        point = ViewPoint(at=at, newest=at, value=1.0, low=1.0, high=1.0, samples=1, odd=0)
        lines.append(ViewSeries(label=label, points=(point,)))
    at_last = NOON - timedelta(seconds=ago_s)
    return ViewReading(
        digest=view.digest,
        since=0,
        upto=int(NOON.timestamp()),
        read_at=at_last,
        tried_at=at_last,
        failed=None,
        warning=None,
        series=tuple(lines),
    )


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"address": "prom.example:9090"}, "an address such as"),
        ({"address": "ftp://prom.example"}, "an address such as"),
        ({"address": "https://prom.example/?x=1"}, "an address such as"),
        ({"address": "https://care:pass@prom.example"}, "has a user or password in it"),
        ({"address": "http://prom.example", "secret": "TOKEN"}, "by https only"),
        ({"user": "PROM_USER"}, "`user` needs `secret`"),
        ({"step": "PT1S", "keep": "P30D"}, "more than 50,000 points"),
        ({"step": "P2D", "keep": "P1D"}, "longer than `keep`"),
        ({"by": "region-of"}, "by"),
        ({"query": " "}, "query"),
        ({"every": "PT0M"}, "nothing is not an interval"),
        ({"alarm": True}, "alarm"),
    ],
)
def test_what_cannot_be_read_is_refused_where_it_is_declared(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        a_view(**changed)


def test_this_host_may_be_asked_without_tls_also_with_a_secret() -> None:
    assert a_view(address="http://localhost:9090/", secret="TOKEN").address == "http://localhost:9090"
    assert a_view(address="http://[::1]:9090", user="A", secret="B").user == "A"


def test_only_what_decides_the_points_changes_the_digest() -> None:
    same = a_view(title="Sales", keep="P60D", every="PT5M", unit="share")
    assert same.digest == a_view().digest
    others = [a_view(query="sum(y)"), a_view(step="PT1M"), a_view(by="region"), a_view(address="https://other.example")]
    assert len({one.digest for one in [a_view(), *others]}) == 5


def test_a_view_that_was_never_read_says_so_and_why_not() -> None:
    view = a_view()
    assert standing_of(view, None, now=NOON).state is ViewState.UNREAD
    tried = ViewReading(
        digest=view.digest, since=None, upto=None, read_at=None, tried_at=NOON, failed="away", warning=None, series=()
    )
    found = standing_of(view, tried, now=NOON)
    assert (found.state, found.because) == (ViewState.UNREAD, "never read: away")
    of_another = a_reading(a_view(query="sum(y)"), north=0)
    assert standing_of(view, of_another, now=NOON).state is ViewState.UNREAD


@pytest.mark.parametrize(
    ("ago_s", "newest_ago_s", "state", "told"),
    [
        (30, 60, ViewState.FRESH, "read 2026-03-31 11:59:30 UTC"),
        (179, 60, ViewState.FRESH, "read 2026-03-31 11:57:01 UTC"),
        (181, 60, ViewState.STALE, "last read 2026-03-31 11:56:59 UTC; nobody has tried since"),
        (30, 899, ViewState.FRESH, "read"),
        (30, 901, ViewState.STALE, "no sample since 2026-03-31 11:44:59 UTC"),
    ],
)
def test_what_was_not_read_of_late_or_has_no_sample_of_late_is_stale(
    ago_s: int, newest_ago_s: int, state: ViewState, told: str
) -> None:
    view = a_view(by="region")
    found = standing_of(view, a_reading(view, ago_s=ago_s, north=newest_ago_s), now=NOON)
    assert (found.state, told in found.because) == (state, True), found.because


def test_a_query_without_any_series_is_stale_and_never_a_zero() -> None:
    view = a_view()
    found = standing_of(view, a_reading(view), now=NOON)
    assert (found.state, "the query has no series" in found.because) == (ViewState.STALE, True)


def test_a_line_that_ended_while_others_go_on_is_named() -> None:
    view = a_view(by="region")
    found = standing_of(view, a_reading(view, north=30, south=5000), now=NOON)
    assert (found.state, found.gone) == (ViewState.FRESH, ("south",))


def test_a_try_that_failed_is_told_while_what_was_read_is_still_of_now() -> None:
    view = a_view()
    reading = a_reading(view, north=30)
    failing = ViewReading(
        digest=reading.digest,
        since=0,
        upto=1,
        read_at=reading.read_at,
        tried_at=NOON,
        failed="the server answers 503",
        warning=None,
        series=reading.series,
    )
    found = standing_of(view, failing, now=NOON)
    assert (found.state, found.because) == (
        ViewState.FRESH,
        "read 2026-03-31 11:59:30 UTC; the last try failed: the server answers 503",
    )
    later = standing_of(view, failing, now=NOON + timedelta(minutes=10))
    assert (later.state, "the server answers 503" in later.because) == (ViewState.STALE, True)
