"""What `care ingest --from` does: fetch the events of one feed until it has no more, or for as long as it runs."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from careloop import wiring
from careloop.domain.event_report import IngestReport
from careloop.reports.ingest_report import IngestedFile
from careloop.wiring.feeds import event_source, feed_named
from careloop.workflows.run.follow_feed import follow_feed
from careloop.workflows.run.ingest_events import Intake

__all__ = ["ingest_feed"]

_PAUSE_S = 1.0


def ingest_feed(
    root: Path, intake: Intake, *, system: str, named: str, follow: bool, told: Callable[[IngestReport], None]
) -> IngestedFile:
    """What became of the rows; `told` hears the sum after each batch. Ctrl-C ends it between two batches."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    report = IngestReport()
    with closing(event_source(root, system, named, feed_named(root, system, named))) as source:
        while True:
            for done in follow_feed(source, intake, system=system, now=wiring.now):
                report = report.plus(done)
                told(report)
                if stop.is_set():
                    break
            if not follow or stop.wait(_PAUSE_S):
                return IngestedFile(named, False, report)
