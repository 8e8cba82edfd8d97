"""A loop for each declared feed: it fetches what is there, and holds the source open between two turns.

Which feeds there are is read when the worker starts. What goes wrong is told by the worker's `failed`, and the batch
that was under way comes again with the next turn.
"""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from careloop import wiring
from careloop.domain.feed import Feed
from careloop.domain.noun import seconds_in
from careloop.errors import CareloopError
from careloop.ports.event_source import EventSource
from careloop.wiring.feeds import declared_feeds, event_source
from careloop.worker.side_loop import SideLoop
from careloop.workflows.run.follow_feed import follow_feed

__all__ = ["feed_loops"]

_logger = logging.getLogger(__name__)


def feed_loops(root: Path) -> list[SideLoop]:
    """The loops of a repository's feeds; none where its systems cannot be read, which is told."""
    try:
        feeds = declared_feeds(root)
    except CareloopError as error:
        _logger.error("no feed is read: %s", error.message)
        return []
    return [
        SideLoop(
            name=f"feed {system}/{name}",
            every_s=float(seconds_in(feed.every)),
            work=_Fetching(root, system, name, feed).turn,
        )
        for system, of in sorted(feeds.items())
        for name, feed in sorted(of.items())
    ]


@dataclass
class _Fetching:
    """Fetches one feed."""

    root: Path
    system: str
    name: str
    feed: Feed
    _source: EventSource | None = None

    def turn(self, _: datetime) -> None:
        """Everything that is there; raises what source or lake raise, and then opens the source anew next time."""
        if self._source is None:
            self._source = event_source(self.root, self.system, self.name, self.feed)
        try:
            with closing(wiring.lake(self.root)) as lake:
                intake = wiring.intake(self.root, lake)
                for report in follow_feed(self._source, intake, system=self.system, now=wiring.now):
                    for row in report.refused[:1]:
                        _logger.warning("%s: %d refused, such as %s", row.place, report.refused_rows, row.reason)
        except BaseException:
            self._source.close()
            self._source = None
            raise
