"""The lake in a folder: events become durable in segments, and lie in Parquet once those were compacted.

Layout: `manifest.json`; `segments/events-<first ingest_seq>.ndjson`; `parquet/system=S/date=D/<first>-<last>.parquet`;
`ids/` with what tells a duplicate. The manifest is the truth: a reader takes Parquet up to `compacted_upto` and
segments from there on. Nothing in it names the folder's own place, so the folder can be moved or copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from careloop.adapters.event_tables import absent_columns, events_of, table_of
from careloop.adapters.group_commit import GroupCommit
from careloop.adapters.lake_compaction import alone, compact
from careloop.adapters.lake_depot import LakeDepot
from careloop.adapters.lake_erasure import erase, stats_of
from careloop.adapters.lake_manifest import MANIFEST, LakeFile, Manifest, read_manifest
from careloop.adapters.lake_relation import counting_over, joins_labels
from careloop.adapters.numpy_counts import NumpyCounts
from careloop.adapters.seen_ids import SeenIds, key_of
from careloop.adapters.segment_frames import Frame, decode_events_of, decode_heads, encode_frame, encode_lines
from careloop.adapters.segment_store import SegmentFile, SegmentStore, closed_segment
from careloop.domain.event import Event, StoredEvent
from careloop.domain.event_columns import FIXED_COLUMNS
from careloop.domain.event_rows import View, columns_of, event_rows
from careloop.domain.event_values import microseconds, moment_of
from careloop.errors import CareloopError, Unavailable
from careloop.ports.count_engine import CountEngine
from careloop.ports.lake import (
    Appended,
    Compacted,
    Engine,
    Erased,
    Erasure,
    Fence,
    LakeStats,
    Newest,
    Reading,
    Segment,
)

__all__ = ["ParquetLake", "open_lake"]

_SEGMENT_BYTES = 64 * 2**20
_ATTEMPTS = 5
"""How often a reader starts over because a compaction moved the files under it."""


def open_lake(folder: Path, *, segment_bytes: int = _SEGMENT_BYTES, depot: LakeDepot | None = None) -> ParquetLake:
    """The lake in a folder, made when it is not there. A segment is closed once it holds `segment_bytes`.

    With a `depot`, an object store holds the Parquet files, and the folder the segments and what is read often.
    """
    return ParquetLake(folder, segment_bytes=segment_bytes, depot=depot)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Events on their way into the lake, with all the work done that needs no lock."""

    events: Sequence[Event]
    keys: list[bytes]
    lines: bytes
    now_us: int


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """Which files made up the lake at one moment."""

    manifest: Manifest
    segments: list[tuple[SegmentFile, list[tuple[int, int]]]]
    """Each with the stretches of it that are to be read."""


class ParquetLake:
    """`Lake`, `CompactableLake` and `ErasableLake` over the files of one folder; threads and processes may share it."""

    def __init__(self, folder: Path, *, segment_bytes: int, depot: LakeDepot | None = None) -> None:
        self._folder = folder
        self._depot = depot
        self._segment_bytes = segment_bytes
        self._segments = SegmentStore(folder / "segments")
        self._commits: GroupCommit[_Batch, Appended] = GroupCommit(self._commit)
        self._manifest_seen: tuple[int, ...] | None = None
        self._manifest = Manifest()
        self._newest: dict[str, Newest] = {}
        self._seen = SeenIds()
        self._unlearned: list[Frame] = []
        self._follows = False
        self._next_seq = 1
        self._received_us = 0
        with self._segments.exclusive():
            if depot is not None and not self._segments.files() and not (folder / MANIFEST).exists():
                depot.adopt()
            self._catch_up()

    # --- writing ------------------------------------------------------------------------------------------------------

    def append(self, events: Sequence[Event], *, now: datetime) -> Appended:
        """Take events; returns once they are on the disk. Threads that come together share one flush."""
        kept = list(events)
        return self._commits.submit(_Batch(kept, list(map(key_of, kept)), encode_lines(kept), microseconds(now)))

    def _commit(self, batches: Sequence[_Batch]) -> Sequence[Appended | CareloopError]:
        with self._segments.exclusive():
            self._catch_up()
            self._learn()
            frames: list[Frame] = []
            taken: set[bytes] = set()
            answers = [self._place(batch, frames, taken) for batch in batches]
            self._write(frames)
            self._seen.add(taken, upto=self._next_seq - 1)
            for batch, answer in zip(batches, answers, strict=True):
                self._note(batch, answer)
            return answers

    def _place(self, batch: _Batch, frames: list[Frame], taken: set[bytes]) -> Appended:
        """Give a batch its place behind those that wait with it."""
        next_seq = frames[-1].next_seq if frames else self._next_seq
        received_us = max(batch.now_us, frames[-1].received_us if frames else self._received_us)
        known = self._seen.known(batch.keys)
        duplicates, fresh = [], []
        for i, key in enumerate(batch.keys):
            if key in known or key in taken:
                duplicates.append(i)
            else:
                taken.add(key)
                fresh.append(i)
        if fresh:
            lines = encode_lines([batch.events[i] for i in fresh]) if duplicates else batch.lines
            frames.append(Frame(next_seq, len(fresh), received_us, lines))
            next_seq += len(fresh)
        return Appended(
            duplicates=tuple(duplicates),
            accepted=len(fresh),
            last_seq=next_seq - 1,
            received_at=moment_of(received_us),
        )

    def _note(self, batch: _Batch, answer: Appended) -> None:
        """Which event of each system is the newest, now that the batch was written."""
        again = frozenset(answer.duplicates)
        fresh = [event for at, event in enumerate(batch.events) if at not in again]
        last = {event.system: seq for seq, event in enumerate(fresh, start=answer.last_seq - answer.accepted + 1)}
        for system, seq in last.items():
            self._newest[system] = Newest(seq=seq, received_at=answer.received_at)

    def _write(self, frames: Sequence[Frame]) -> None:
        if not frames:
            return
        if self._segments.tail_bytes >= self._segment_bytes:
            self._segments.start_segment(self._next_seq)
        content, empty = b"".join(map(encode_frame, frames)), not any(frame.rows for frame in frames)
        self._segments.append(content, next_seq=self._next_seq, empty=empty)
        self._next_seq, self._received_us = frames[-1].next_seq, frames[-1].received_us

    def fence(self, now: datetime) -> Fence:
        """Close the time before `now`, durably."""
        now_us = microseconds(now)
        with self._segments.exclusive():
            self._catch_up()
            if self._received_us < now_us:
                self._write([Frame(self._next_seq, 0, now_us, b"")])
            return Fence(watermark=self._next_seq - 1, received_before=moment_of(self._received_us))

    def watermark(self) -> int:
        """Highest `ingest_seq`."""
        with self._segments.exclusive():
            self._catch_up()
            return self._next_seq - 1

    def newest(self) -> Mapping[str, Newest]:
        """The newest event of each system, kept up to date with each batch."""
        with self._segments.exclusive():
            self._catch_up()
            self._learn()
            return dict(self._newest)

    def close(self) -> None:
        """Let go of the files."""
        self._segments.close()

    def _catch_up(self) -> None:
        """Learn what other processes wrote or compacted. Call it with the lock held."""
        manifest_now = _identity(self._folder / MANIFEST)
        if manifest_now != self._manifest_seen or self._manifest_seen is None:
            manifest = self._manifest = read_manifest(self._folder)
            self._seen.compacted(manifest.compacted_upto, [self._folder / run for run in manifest.id_runs])
            self._unlearned = [frame for frame in self._unlearned if frame.next_seq > manifest.compacted_upto + 1]
            for system, newest in _newest_of(manifest.files).items():
                if system not in self._newest or newest.seq > self._newest[system].seq:
                    self._newest[system] = newest
            self._next_seq = max(self._next_seq, manifest.compacted_upto + 1)
            self._received_us = max(self._received_us, manifest.received_us)
            self._manifest_seen = manifest_now
        for frame in self._segments.catch_up():
            if frame.next_seq > self._next_seq:
                self._unlearned.append(frame)
            self._next_seq = max(self._next_seq, frame.next_seq)
            self._received_us = max(self._received_us, frame.received_us)
        if sum(len(frame.payload) for frame in self._unlearned) > self._segment_bytes:
            self._learn()

    def _learn(self) -> None:
        """Whose events others wrote, and their ids. Only who writes or asks for the newest needs it: a compaction does
        not, and would otherwise keep writers waiting at the lock meanwhile."""
        self._follows = True
        unlearned, self._unlearned = self._unlearned, []
        for frame in unlearned:
            heads = decode_heads(frame)
            self._seen.add(map(key_of, heads), upto=frame.next_seq - 1)
            came = moment_of(frame.received_us)
            last = {head.system: seq for seq, head in enumerate(heads, frame.first_seq)}
            self._newest |= {system: Newest(seq=seq, received_at=came) for system, seq in last.items()}
            self._segments.tell(frame, last)

    # --- reading ------------------------------------------------------------------------------------------------------

    def _snapshot(self, after: int, system: str) -> _Snapshot:
        """The files, and where in the segments events of a system after `after` may lie that are not in Parquet."""
        with self._segments.exclusive():
            self._catch_up()
            if self._follows:  # whose events came is then worth knowing: it is wanted soon anyway, and spares reading
                self._learn()
            seq = max(after, self._manifest.compacted_upto) + 1
            files = self._segments.files()
            over = {file.path for file, following in pairwise(files) if following.first_seq <= seq}
            kept = [f for f in files if f.path not in over]
            stretches = [(file, self._segments.stretches(file, seq=seq, system=system)) for file in kept]
            return _Snapshot(self._manifest, stretches)

    def _newer(self, snapshot: _Snapshot, reading: Reading) -> list[StoredEvent]:
        """Events of the system that are not in Parquet yet."""
        after = max(_floor(reading), snapshot.manifest.compacted_upto)
        return [
            each
            for segment, stretches in snapshot.segments
            for start, end in stretches
            for frame in segment.frames(start, end)
            if frame.next_seq > after and frame.first_seq <= reading.upto
            for each in decode_events_of(frame, reading.system)
            if after < each.seq <= reading.upto
        ]

    def _parts(self, reading: Reading) -> tuple[list[LakeFile], list[StoredEvent]]:
        """Parquet files and newer events that together are what the reading sees."""
        for _ in range(_ATTEMPTS):
            snapshot = self._snapshot(_floor(reading), reading.system)
            try:
                newer = self._newer(snapshot, reading)
            except FileNotFoundError:
                continue
            files = [f for f in snapshot.manifest.files if f.system == reading.system]
            between = [f for f in files if f.first_seq <= reading.upto and f.last_seq > _floor(reading)]
            matter = [file for file in between if _may_matter(file, reading)]
            try:
                if self._depot is not None:
                    self._depot.at_hand(matter)
            except FileNotFoundError:
                continue
            return matter, newer
        raise Unavailable("the lake is being compacted again and again", hint="Try once more.")

    def events(self, reading: Reading) -> Iterator[StoredEvent]:
        """The events in the order of `ingest_seq`."""
        files, newer = self._parts(reading)
        compactions = groupby(sorted(files, key=_generation), key=_generation)
        since_us, until_us = _bounds(reading)
        for _, generation in compactions:
            tables = [self._read(file) for file in generation]
            whole = pa.concat_tables(tables, promote_options="permissive").sort_by("ingest_seq")
            for each in events_of(whole):
                if reading.after < each.seq <= reading.upto and _within(each, reading.view, since_us, until_us):
                    yield each
        yield from (
            each for each in newer if each.seq > reading.after and _within(each, reading.view, since_us, until_us)
        )

    def _read(self, file: LakeFile) -> pa.Table:
        try:
            return pq.ParquetFile(self._folder / file.path).read()
        except (OSError, pa.ArrowException) as error:
            raise Unavailable(f"{file.path} of the lake cannot be read: {error}") from error

    @contextmanager
    def counting(self, reading: Reading, *, engine: Engine = Engine.DUCKDB) -> Iterator[CountEngine]:
        """The events as rows to be counted."""
        if engine is Engine.IN_PROCESS:
            whole = Reading(system=reading.system, upto=reading.upto, after=_floor(reading), view=View.RECEIVED)
            since_us, until_us = _bounds(reading)
            rows = event_rows(
                self.events(whole),
                reading.maturity or reading.view,
                since_us=since_us,
                until_us=until_us,
                after=reading.after,
            )
            yield NumpyCounts(columns_of(rows, reading.columns or FIXED_COLUMNS.values()))
        else:
            files, newer = self._parts(reading)
            paths, most = [self._folder / file.path for file in files], sum(file.rows for file in files) + len(newer)
            declared = [column for column in reading.columns if column.name not in FIXED_COLUMNS]
            with counting_over(paths, absent_columns(table_of(newer), declared), reading, most=most) as counts:
                yield counts

    # --- compaction ---------------------------------------------------------------------------------------------------

    def close_segments(self, *, even_if_small: bool) -> tuple[Segment, ...]:
        """Closed segments that are not in Parquet yet."""
        with self._segments.exclusive():
            self._catch_up()
            if even_if_small and self._segments.tail_bytes:
                self._segments.start_segment(self._next_seq)
            files = self._segments.files()[:-1]
            upto = read_manifest(self._folder).compacted_upto
        found = [closed_segment(file) for file in files]
        return tuple(segment for segment in found if segment is not None and segment.last_seq > upto)

    def compact(self) -> Compacted:
        """Turn closed segments into Parquet files."""
        return compact(self._folder, self._segments, self._depot)

    def take_over(self) -> None:
        """Write to the object store in place of the lake that did."""
        if self._depot is not None:
            with alone(self._folder):
                self._depot.catch_up(take_over=True)

    def erase(self, which: Erasure, *, rehearse: bool = False) -> Erased:
        """Take rows out of the Parquet files; what lies in segments is to be compacted first."""
        return erase(self._folder, self._segments, which, depot=self._depot, rehearse=rehearse)

    def stats(self) -> LakeStats:
        """What lies in the lake."""
        return stats_of(self._folder, self._segments, watermark=self.watermark())


def _identity(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return ()
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _generation(file: LakeFile) -> str:
    """What the files of one compaction have in common, also those that were written anew without some rows."""
    return Path(file.path).name.partition(".")[0]


def _bounds(reading: Reading) -> tuple[int | None, int | None]:
    since, until = reading.since, reading.until
    return None if since is None else microseconds(since), None if until is None else microseconds(until)


def _floor(reading: Reading) -> int:
    """Up to which `ingest_seq` events make no difference to the reading's rows."""
    return 0 if joins_labels(reading) else reading.after


def _newest_of(files: Iterable[LakeFile]) -> dict[str, Newest]:
    found: dict[str, LakeFile] = {}
    for file in files:
        known = found.get(file.system)
        if known is None or file.last_seq > known.last_seq:
            found[file.system] = file
    return {
        system: Newest(seq=file.last_seq, received_at=moment_of(file.last_received_us))
        for system, file in found.items()
    }


def _within(stored: StoredEvent, view: View, since_us: int | None, until_us: int | None) -> bool:
    at_us = stored.event.occurred_us if view is View.OCCURRED else stored.received_us
    return (since_us is None or at_us >= since_us) and (until_us is None or at_us < until_us)


def _may_matter(file: LakeFile, reading: Reading) -> bool:
    """Whether a file can hold rows of the reading's time; labels may lie anywhere, so views that join them need all."""
    if joins_labels(reading):
        return True
    since_us, until_us = _bounds(reading)
    first_us, last_us = file.first_us, file.last_us
    if reading.view is View.RECEIVED:
        first_us, last_us = file.first_received_us, file.last_received_us
    return (since_us is None or last_us >= since_us) and (until_us is None or first_us < until_us)
