"""The lake in a folder: events become durable in segments, and lie in Parquet once those were compacted.

Layout: `manifest.json`; `segments/events-<first ingest_seq>.ndjson`; `parquet/system=S/date=D/<first>-<last>.parquet`;
`ids/` with what tells a duplicate. The manifest is the truth: a reader takes Parquet up to `compacted_upto` and
segments from there on. Nothing in it names the folder's own place, so the folder can be moved or copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from careloop.adapters.event_tables import absent_columns, events_of, table_of
from careloop.adapters.group_commit import GroupCommit
from careloop.adapters.lake_compaction import compact
from careloop.adapters.lake_manifest import MANIFEST, LakeFile, Manifest, read_manifest
from careloop.adapters.lake_relation import counting_over
from careloop.adapters.numpy_counts import NumpyCounts
from careloop.adapters.seen_ids import SeenIds, key_of
from careloop.adapters.segment_frames import Frame, decode_events, encode_frame, encode_lines
from careloop.adapters.segment_store import SegmentFile, SegmentStore, closed_segment
from careloop.domain.event import Event, StoredEvent
from careloop.domain.event_columns import FIXED_COLUMNS
from careloop.domain.event_rows import View, columns_of, event_rows
from careloop.domain.event_values import microseconds, moment_of
from careloop.errors import CareloopError, Unavailable
from careloop.ports.count_engine import CountEngine
from careloop.ports.lake import Appended, Compacted, Engine, Fence, Reading, Segment

__all__ = ["ParquetLake", "open_lake"]

_SEGMENT_BYTES = 64 * 2**20
_ATTEMPTS = 5
"""How often a reader starts over because a compaction moved the files under it."""


def open_lake(folder: Path, *, segment_bytes: int = _SEGMENT_BYTES) -> ParquetLake:
    """The lake in a folder, made when it is not there. A segment is closed once it holds `segment_bytes`."""
    return ParquetLake(folder, segment_bytes=segment_bytes)


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
    segments: list[SegmentFile]
    last_seq: int


class ParquetLake:
    """`Lake` and `CompactableLake` over the files of one folder; threads and processes may share it."""

    def __init__(self, folder: Path, *, segment_bytes: int) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._segments = SegmentStore(folder / "segments")
        self._commits: GroupCommit[_Batch, Appended] = GroupCommit(self._commit)
        self._manifest_seen: tuple[int, ...] | None = None
        self._seen = SeenIds()
        self._next_seq = 1
        self._received_us = 0
        with self._segments.exclusive():
            self._catch_up()

    # --- writing ------------------------------------------------------------------------------------------------------

    def append(self, events: Sequence[Event], *, now: datetime) -> Appended:
        """Take events; returns once they are on the disk. Threads that come together share one flush."""
        kept = list(events)
        return self._commits.submit(_Batch(kept, list(map(key_of, kept)), encode_lines(kept), microseconds(now)))

    def _commit(self, batches: Sequence[_Batch]) -> Sequence[Appended | CareloopError]:
        with self._segments.exclusive():
            self._catch_up()
            frames: list[Frame] = []
            taken: set[bytes] = set()
            answers = [self._place(batch, frames, taken) for batch in batches]
            self._write(frames)
            self._seen.add(taken)
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

    def _write(self, frames: Sequence[Frame]) -> None:
        if not frames:
            return
        if self._segments.tail_bytes >= self._segment_bytes:
            self._segments.start_segment(self._next_seq)
        self._segments.append(b"".join(map(encode_frame, frames)), next_seq=self._next_seq)
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
        return self._snapshot().last_seq

    def close(self) -> None:
        """Let go of the files."""
        self._segments.close()

    def _catch_up(self) -> None:
        """Learn what other processes wrote or compacted. Call it with the lock held."""
        manifest_now = _identity(self._folder / MANIFEST)
        if manifest_now != self._manifest_seen or self._manifest_seen is None:
            manifest = read_manifest(self._folder)
            self._seen = SeenIds([self._folder / run for run in manifest.id_runs])
            self._next_seq, self._received_us = manifest.compacted_upto + 1, manifest.received_us
            self._segments.rewind()
            self._manifest_seen = manifest_now
        for frame in self._segments.catch_up():
            if frame.next_seq > self._next_seq:
                self._seen.add(key_of(each.event) for each in decode_events(frame))
            self._next_seq = max(self._next_seq, frame.next_seq)
            self._received_us = max(self._received_us, frame.received_us)

    # --- reading ------------------------------------------------------------------------------------------------------

    def _snapshot(self) -> _Snapshot:
        with self._segments.exclusive():
            self._catch_up()
            return _Snapshot(read_manifest(self._folder), self._segments.files(), self._next_seq - 1)

    def _newer(self, snapshot: _Snapshot, reading: Reading) -> list[StoredEvent]:
        """Events of the system that are not in Parquet yet."""
        after = snapshot.manifest.compacted_upto
        return [
            each
            for segment in snapshot.segments
            for frame in segment.frames()
            if frame.next_seq > after and frame.first_seq <= reading.upto
            for each in decode_events(frame)
            if after < each.seq <= reading.upto and each.event.system == reading.system
        ]

    def _parts(self, reading: Reading) -> tuple[list[LakeFile], list[StoredEvent]]:
        """Parquet files and newer events that together are what the reading sees."""
        for _ in range(_ATTEMPTS):
            snapshot = self._snapshot()
            try:
                newer = self._newer(snapshot, reading)
            except FileNotFoundError:
                continue
            files = [f for f in snapshot.manifest.files if f.system == reading.system and f.first_seq <= reading.upto]
            return files, newer
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
                if each.seq <= reading.upto and _within(each, reading.view, since_us, until_us):
                    yield each
        yield from (each for each in newer if _within(each, reading.view, since_us, until_us))

    def _read(self, file: LakeFile) -> pa.Table:
        try:
            return pq.ParquetFile(self._folder / file.path).read()
        except (OSError, pa.ArrowException) as error:
            raise Unavailable(f"{file.path} of the lake cannot be read: {error}") from error

    @contextmanager
    def counting(self, reading: Reading, *, engine: Engine = Engine.DUCKDB) -> Iterator[CountEngine]:
        """The events as rows to be counted."""
        if engine is Engine.IN_PROCESS:
            whole = Reading(system=reading.system, upto=reading.upto)
            since_us, until_us = _bounds(reading)
            rows = event_rows(self.events(whole), reading.view, since_us=since_us, until_us=until_us)
            yield NumpyCounts(columns_of(rows, reading.columns or FIXED_COLUMNS.values()))
        else:
            files, newer = self._parts(reading)
            kept = [self._folder / file.path for file in files if _may_matter(file, reading)]
            declared = [column for column in reading.columns if column.name not in FIXED_COLUMNS]
            with counting_over(kept, absent_columns(table_of(newer), declared), reading) as counts:
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
        return compact(self._folder, self._segments)


def _identity(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return ()
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _generation(file: LakeFile) -> str:
    return Path(file.path).name


def _bounds(reading: Reading) -> tuple[int | None, int | None]:
    since, until = reading.since, reading.until
    return None if since is None else microseconds(since), None if until is None else microseconds(until)


def _within(stored: StoredEvent, view: View, since_us: int | None, until_us: int | None) -> bool:
    at_us = stored.event.occurred_us if view is View.OCCURRED else stored.received_us
    return (since_us is None or at_us >= since_us) and (until_us is None or at_us < until_us)


def _may_matter(file: LakeFile, reading: Reading) -> bool:
    """Whether a file can hold rows of the reading's time; labels may lie anywhere, so views that join them need all."""
    if reading.view is not View.RECEIVED:
        return True
    since_us, until_us = _bounds(reading)
    return (since_us is None or file.last_received_us >= since_us) and (
        until_us is None or file.first_received_us < until_us
    )
