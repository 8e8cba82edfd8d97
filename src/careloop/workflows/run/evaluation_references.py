"""What the evaluation set of each release showed, for monitors whose document names it as their reference.

The results that a release's last decision at the gate read are kept in the ledger; their lines hold hits and rows, by
group where groups were compared. A release is held against its own evaluation. Where there is none, the monitor says so
in red and what to do; it is judged by the system's own past until then, and may not act.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from careloop.domain.alarm import ReleaseReference
from careloop.domain.counts import Tally
from careloop.domain.monitor import Monitor, Reference
from careloop.domain.release import MeasuredResult
from careloop.errors import CareloopError
from careloop.gates.read_files import read_results
from careloop.ports.ledger import Entry, Ledger, Where
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["EvaluationReferences", "MissingReference", "ReferenceLog", "missing_references"]

_SELECTIONS = ("selection_rate", "impact_ratio", "dp_difference", "demographic_parity_difference")
"""Measures whose counts by group are all of selections."""

References = Mapping[str, tuple[ReleaseReference, ...]]
"""By monitor; one of each release that was evaluated."""


@dataclass(frozen=True, slots=True)
class MissingReference:
    """A monitor that is not held against what its document names."""

    monitor: Monitor
    because: str
    """With the next step."""


class EvaluationReferences:
    """Reads results files once each; a file is known by its digest. Threads may share it."""

    def __init__(self, blob: Callable[[str], bytes]) -> None:
        self._blob = blob
        self._lines: dict[str, tuple[MeasuredResult, ...]] = {}

    def of(self, monitors: Sequence[Monitor], entries: Iterable[Entry], *, environment: str) -> References:
        """What the decisions among these entries, all of one system, rested on; the newest of each release counts."""
        wanted = [one for one in monitors if one.reference is Reference.EVALUATION_SET]
        if not wanted:
            return {}
        newest: dict[str, Entry] = {}
        for entry in entries:
            data = entry.record.data
            if entry.record.type == "gate.decision" and data.get("environment") == environment:
                newest[str(data.get("lock"))] = entry
        found: dict[str, list[ReleaseReference]] = {}
        for lock, entry in newest.items():
            lines = [line for digest in _results(entry) for line in self._read(digest)]
            for monitor in wanted:
                tallies = tuple(_tallies(monitor, lines))
                if tallies:
                    found.setdefault(monitor.id, []).append(ReleaseReference(release=lock, tallies=tallies))
        return {name: tuple(each) for name, each in found.items()}

    def _read(self, digest: str) -> tuple[MeasuredResult, ...]:
        if digest not in self._lines:
            try:
                self._lines[digest] = read_results(self._blob(digest), f"results {digest[:12]}").results
            except CareloopError:  # what cannot be read is no reference, and is told as missing
                return ()
        return self._lines[digest]


@dataclass
class ReferenceLog:
    """The decisions about one system, each read once, and what they rested on."""

    _decisions: list[Entry] = field(default_factory=list)
    _files: EvaluationReferences | None = None

    def of(self, monitors: Sequence[Monitor], ledger: Ledger, *, system: str, environment: str) -> References:
        """The references of these monitors now; a ledger is asked only where a monitor wants one."""
        if not any(one.reference is Reference.EVALUATION_SET for one in monitors):
            return {}
        if self._files is None:
            self._files = EvaluationReferences(ledger.get_blob)
        last = self._decisions[-1] if self._decisions else None
        where: Where = {"type": "gate.decision"}
        if last is not None:
            where["since"] = last.recorded_at
        for entry in ledger.query(**where):
            if (last is None or entry.index > last.index) and entry.record.data.get("system") == system:
                self._decisions.append(entry)
        return self._files.of(monitors, self._decisions, environment=environment)


def missing_references(monitors: Sequence[WatchedMonitor], *, system: str) -> tuple[MissingReference, ...]:
    """The monitors whose newest release has no evaluation to be held against."""
    return tuple(
        MissingReference(each.monitor, _next_step(each, release, system))
        for each in monitors
        if (release := _newest_release(each)) is not None and each.lacks_reference(release)
    )


def _newest_release(watched: WatchedMonitor) -> str | None:
    newest = max(((key.window, key.release) for key in watched.table.cells), default=None)
    return None if newest is None else newest[1]


def _next_step(watched: WatchedMonitor, release: str, system: str) -> str:
    if watched.drift or watched.calibration or watched.amounts is not None:
        return (
            "results hold no counts by bin, so it is judged by the system's own past; say so with "
            "`reference: previous_period`"
        )
    of = "" if watched.monitor.by is None else f" by {watched.monitor.by}"
    return (
        f"release {release[:19]} came to the gate without {watched.monitor.measure}{of} in its results, so it is "
        f"judged by the system's own past and may not act; run `care evaluate {system}`, then `care gate` with what it "
        "wrote"
    )


def _results(entry: Entry) -> tuple[str, ...]:
    found = entry.record.data.get("results")
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _tallies(monitor: Monitor, lines: Iterable[MeasuredResult]) -> Iterator[tuple[str, Tally]]:
    """Of the first line that has them: by group, or of all rows under an empty name."""
    by = None if monitor.by is None else monitor.by.rpartition(".")[2]
    alike = _SELECTIONS if monitor.measure in _SELECTIONS else (monitor.measure,)
    for line in lines:
        if line.measure not in alike:
            continue
        if by is None and line.hits is not None and line.n:
            yield "", Tally(line.hits, line.n)
            return
        if by is not None and (line.of or "").rpartition(".")[2] == by:
            groups = {
                name: Tally(one.hits, one.n) for name, one in line.groups.items() if one.n and one.hits is not None
            }
            if groups:
                yield from groups.items()
                return
