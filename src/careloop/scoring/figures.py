"""The three shapes that figures come in: a share, a median of durations, and nothing with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from careloop.domain.counts import Tally
from careloop.domain.measured import Interval
from careloop.domain.metric import Figure, NullReason, Part
from careloop.measures.intervals import wilson
from careloop.ports.ledger import Entry
from careloop.scoring.durations import Spans, median_interval, ninth_decile
from careloop.scoring.evidence import digest_of, newest_of

__all__ = ["PERCENT", "median_figure", "nothing", "share_figure", "share_part"]

PERCENT = "%"


def share_part(name: str, title: str, tally: Tally, *, sampled: bool = True) -> Part:
    """A share in percent as a figure beside another; `sampled=False` for a full count, which has no interval."""
    hits, n = tally.checked()
    bounds = wilson(tally) if n and sampled else None
    return Part(
        id=name,
        title=title,
        value=100 * hits / n if n else None,
        unit=PERCENT,
        n=n,
        reason=None if n else NullReason.NO_ACTIVITY,
        interval=None if bounds is None else _percent(bounds),
    )


def share_figure(
    tally: Tally, *, used: Sequence[Entry], left_out: Mapping[str, int], parts: tuple[Part, ...] = (), because: str = ""
) -> Figure:
    """A share in percent, of things that happened, with Wilson's interval."""
    whole = share_part("", "", tally)
    return Figure(
        value=whole.value,
        unit=PERCENT,
        n=whole.n,
        reason=whole.reason,
        because=because,
        interval=whole.interval,
        parts=parts,
        left_out=left_out,
        newest=newest_of(used),
        digest=digest_of(used) if used else None,
    )


def median_figure(
    spans: Spans, *, used: Sequence[Entry], left_out: Mapping[str, int], parts: tuple[Part, ...] = (), because: str = ""
) -> Figure:
    """A median with its ninth decile and what is open beside it."""
    bounds = median_interval(spans.closed)
    shown = dict(left_out) | ({"negative_durations": spans.negative} if spans.negative else {})
    return Figure(
        value=spans.median,
        unit=spans.unit,
        n=len(spans.closed),
        reason=spans.reason,
        because=because,
        interval=bounds,
        no_interval="fewer than six durations" if bounds is None and spans.closed else None,
        p90=ninth_decile(spans.closed),
        open=spans.still_open,
        parts=parts,
        left_out=shown,
        newest=newest_of(used),
        digest=digest_of(used) if used else None,
    )


def nothing(reason: NullReason, because: str, *, unit: str, newest: datetime | None = None) -> Figure:
    """No figure, and why."""
    return Figure(value=None, unit=unit, n=0, reason=reason, because=because, newest=newest)


def _percent(bounds: Interval) -> Interval:
    return Interval(low=100 * bounds.low, high=100 * bounds.high, level=bounds.level, method=bounds.method)
