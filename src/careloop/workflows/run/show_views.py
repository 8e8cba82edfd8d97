"""What is kept of a system's views, with how far each can be relied on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from careloop.domain.noun import seconds_in
from careloop.domain.view import PrometheusView, ViewKey, ViewStanding, ViewState, late_after_s, standing_of
from careloop.errors import Unavailable
from careloop.ports.view_store import ViewStore
from careloop.reports.view_report import ShownView

__all__ = ["show_views"]


def show_views(
    system: str, views: Mapping[str, PrometheusView], store: ViewStore, *, now: datetime, most_points: int | None = None
) -> tuple[ShownView, ...]:
    """The views in order of their names; where a line has more than `most_points` samples, several are one point.

    A store that cannot be read is told by each view's standing.
    """
    return tuple(_shown(ViewKey(system, name), views[name], store, now, most_points) for name in sorted(views))


def _shown(key: ViewKey, view: PrometheusView, store: ViewStore, now: datetime, most_points: int | None) -> ShownView:
    stretch = _stretch(view, most_points)
    try:
        reading = store.reading(key, stretch_s=stretch)
        latest = store.reading(key, since=int(now.timestamp()) - late_after_s(view))
    except Unavailable as error:  # what is kept of a view takes no monitor's chart down with it
        lost = ViewStanding(state=ViewState.UNREAD, because=error.message)
        return ShownView(name=key.view, view=view, reading=None, standing=lost, stretch_s=stretch, latest=())
    return ShownView(
        name=key.view,
        view=view,
        reading=reading,
        standing=standing_of(view, reading, now=now),
        stretch_s=stretch,
        latest=latest.series if latest is not None and latest.digest == view.digest else (),
    )


_STRETCHES: Final = (60, 300, 900, 3600, 7200, 21_600, 43_200, 86_400)
"""Lengths of a point that people can read off: parts of a day."""


def _stretch(view: PrometheusView, most_points: int | None) -> int:
    step = seconds_in(view.step)
    if most_points is None or seconds_in(view.keep) <= most_points * step:
        return step
    least = -(-seconds_in(view.keep) // most_points)
    return next((one for one in _STRETCHES if one >= least and one % step == 0), -(-least // step) * step)
