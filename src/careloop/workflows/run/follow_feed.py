"""Take what a feed has: each batch is made durable in the lake before the source is told so (R47, R51).

So a row is taken at least once, and the lake keeps each id once. A row that can never be taken is refused with its
place and does not hold up those behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from careloop.documents.event_batch import SentRows
from careloop.domain.event_report import IngestReport, RefusedRow
from careloop.errors import InvalidInput
from careloop.ports.event_source import EventSource, SourceBatch
from careloop.workflows.run.ingest_events import Intake, ingest_events

__all__ = ["follow_feed"]


def follow_feed(
    source: EventSource, intake: Intake, *, system: str, now: Callable[[], datetime]
) -> Iterator[IngestReport]:
    """What became of each batch, once the source knows that it is durable; ends when the source has no more.

    Raises `InvalidInput` for an unknown system, `Unavailable` when source or lake is out of reach, and `Busy` beyond
    the system's quota: the batch under way then comes again with the next reading.
    """
    if system not in intake.contracts:
        known = ", ".join(sorted(intake.contracts)) or "none"
        raise InvalidInput(f"there is no system '{system}'", hint=f"known are {known}")
    before = 0
    for batch in source.batches():
        report = ingest_events(SentRows(enumerate(batch.rows)), intake, now=now(), system=system)
        source.durable(batch)
        yield _placed(report, batch, before)
        before += len(batch.rows)


def _placed(report: IngestReport, batch: SourceBatch, before: int) -> IngestReport:
    refused = (RefusedRow(before + row.index, row.reason, batch.places[row.index]) for row in report.refused)
    return replace(report, refused=tuple(refused))
