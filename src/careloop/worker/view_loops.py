"""A loop for each declared view: it reads on what a Prometheus answers, so that pages never wait for one.

Which views there are is read when the worker starts. What goes wrong is told by the worker's `failed` and by the view
itself, and tried again with the next turn.
"""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from pathlib import Path

from careloop import wiring
from careloop.domain.noun import seconds_in
from careloop.domain.view import PrometheusView, ViewKey
from careloop.errors import CareloopError
from careloop.wiring.views import declared_views, view_source, view_store
from careloop.worker.side_loop import SideLoop
from careloop.workflows.run.read_view import read_view

__all__ = ["view_loops"]

_logger = logging.getLogger(__name__)


def view_loops(root: Path) -> list[SideLoop]:
    """The loops of a repository's views; none where its systems cannot be read, which is told."""
    try:
        views = declared_views(root)
        view_store(root, wiring.declared_lake(root)).keep_only(views.keys())
    except CareloopError as error:
        _logger.error("no view is read: %s", error.message)
        return []
    return [
        SideLoop(
            name=f"view {key.system}/{key.view}",
            every_s=float(seconds_in(view.every)),
            work=partial(_read, root, key, view),
        )
        for key, view in sorted(views.items())
    ]


def _read(root: Path, key: ViewKey, view: PrometheusView, now: datetime) -> None:
    store = view_store(root, wiring.declared_lake(root))
    try:
        source = view_source(key, view)
    except CareloopError as error:
        store.note_failure(key, view.digest, error.message, now=now)
        raise
    read_view(view, key, source, store, now=now)
