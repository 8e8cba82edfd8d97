"""Find the rows behind an alarm again, so that another release can be asked about them."""

from __future__ import annotations

from collections.abc import Sequence

from careloop.domain.event import EventKind, StoredEvent
from careloop.domain.event_columns import FIXED_COLUMNS, PARTS
from careloop.domain.event_rows import View, columns_of, event_rows
from careloop.domain.event_values import moment_of
from careloop.domain.incident import DataSlice
from careloop.errors import NotFound
from careloop.ports.lake import Lake, Reading
from careloop.ports.replayer import ServedRow

__all__ = ["LakeRows"]

_MICROSECONDS = 1_000_000


class LakeRows:
    """A `ServedRows` over the lake; windows are those by which events came, as detectors see them."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def rows(self, part: DataSlice) -> Sequence[ServedRow]:
        """The release's real inferences of the slice's windows; raises `NotFound` when fewer are left than it had."""
        since_us, until_us = part.since * _MICROSECONDS, part.until * _MICROSECONDS
        reading = Reading(
            system=part.system,
            upto=self._lake.watermark(),
            view=View.RECEIVED,
            since=moment_of(since_us),
            until=moment_of(until_us),
        )
        found = event_rows(self._lake.events(reading), View.RECEIVED, since_us=since_us, until_us=until_us)
        ours = [row for row in found if _served_by(row.stored, part.release)]
        if len(ours) < part.n:
            raise NotFound(f"{part.n - len(ours)} of {part.n} rows of {part.system} are no longer in the lake")
        columns = columns_of(ours, FIXED_COLUMNS.values())
        return [
            {name: values[at] for name, values in columns.items()} | _declared(row.stored)
            for at, row in enumerate(ours)
        ]


def _declared(stored: StoredEvent) -> dict[str, object]:
    """The declared fields of an event, by column name."""
    return {f"{part}.{name}": value for part in PARTS for name, value in getattr(stored.event, part).items()}


def _served_by(stored: StoredEvent, release: str) -> bool:
    event = stored.event
    return event.kind is EventKind.INFERENCE and event.release == release and event.real
