"""What a calendar of known events left out, as lines and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from careloop.monitors.known_events import MutedWindows

__all__ = ["muted_json", "muted_lines"]


def muted_lines(muted: Sequence[MutedWindows]) -> Iterator[tuple[str, str]]:
    """Style and text, a line a monitor; one more where the calendar wanted more than it may have."""
    for one in muted:
        if one.windows:
            yield (
                "warn",
                f"not judged: {one.monitor}: {one.windows} of {one.of_windows} windows ({one.rows:,} rows) "
                f"in {', '.join(one.events)}",
            )
        if one.judged:
            yield (
                "bad",
                f"judged all the same: {one.monitor}: {one.judged} windows in events, for no more than a tenth of "
                "a year's windows may be left out; shorten the events in calendar.yaml",
            )


def muted_json(muted: Sequence[MutedWindows]) -> list[dict[str, Any]]:
    """The same for machines."""
    return [
        {
            "monitor": one.monitor,
            "windows": one.windows,
            "of_windows": one.of_windows,
            "rows": one.rows,
            "events": list(one.events),
            "judged_all_the_same": one.judged,
        }
        for one in muted
    ]
