"""Closed segments become Parquet files; the manifest's replacement is the one moment in which that happens.

Writers are not kept waiting for it: whoever took the old manifest still finds the segments, or starts over when they
are gone. A crash before it leaves files that nobody names, which the next compaction removes; a crash after it leaves
segments whose rows everybody passes over, which the next compaction removes too. So no event is ever lost or counted
twice. With an object store behind the lake, what is published there is that moment, and the manifest here follows.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from careloop.adapters.durable_file import sync_folder
from careloop.adapters.event_tables import categorical, table_of
from careloop.adapters.lake_depot import LakeDepot
from careloop.adapters.lake_manifest import LakeFile, Manifest, read_manifest, write_manifest
from careloop.adapters.seen_ids import key_of, runs_to_merge, write_run
from careloop.adapters.segment_frames import Frame, decode_events
from careloop.adapters.segment_store import SegmentFile, SegmentStore
from careloop.domain.event import StoredEvent
from careloop.domain.event_values import moment_of
from careloop.errors import Conflict, Unavailable
from careloop.ports.lake import Compacted

__all__ = ["alone", "compact", "sweep", "write_parquet"]

_PASS_BYTES = 64 * 2**20
"""Segments are taken together up to this size, so that memory stays bounded and files do not become tiny."""


def compact(folder: Path, segments: SegmentStore, depot: LakeDepot | None = None) -> Compacted:
    """Compact every closed segment of the lake in `folder`; raises `Conflict` while another compaction runs."""
    done = Compacted(segments=0, rows=0, files=0, upto=read_manifest(folder).compacted_upto)
    try:
        with alone(folder):
            if depot is not None:
                depot.catch_up()
            sweep(folder, segments)
            for group in _passes(segments.files()[:-1]):
                found = _compact(folder, group, depot)
                done = Compacted(
                    segments=done.segments + found.segments,
                    rows=done.rows + found.rows,
                    files=done.files + found.files,
                    upto=found.upto,
                )
                sweep(folder, segments)
            if depot is not None:
                depot.sweep(read_manifest(folder))
    except (OSError, pa.ArrowException) as error:
        raise Unavailable(f"the lake cannot be compacted: {error}", hint="Nothing is lost; try again.") from error
    return done


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other compactions and erasures from running; raises `Conflict` while one does."""
    handle = os.open(folder / "compaction.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict("another compaction of this lake is running") from error
        yield
    finally:
        os.close(handle)


def _passes(closed: Sequence[SegmentFile]) -> Iterator[list[SegmentFile]]:
    group: list[SegmentFile] = []
    for segment in closed:
        if group and sum(each.size for each in group) + segment.size > _PASS_BYTES:
            yield group
            group = []
        group.append(segment)
    if group:
        yield group


def _compact(folder: Path, group: Sequence[SegmentFile], depot: LakeDepot | None) -> Compacted:
    manifest = read_manifest(folder)
    frames = [frame for segment in group for frame in segment.frames()]
    if not frames:
        return Compacted(segments=0, rows=0, files=0, upto=manifest.compacted_upto)
    stored = [
        each
        for frame in frames
        if frame.next_seq > manifest.compacted_upto + 1
        for each in decode_events(frame)
        if each.seq > manifest.compacted_upto
    ]
    files = _write_files(folder, stored)
    following = _manifest_with(folder, manifest, frames, stored, files)
    if depot is not None:
        depot.publish(following)
    write_manifest(folder, following)
    return Compacted(segments=len(group), rows=len(stored), files=len(files), upto=frames[-1].next_seq - 1)


def _write_files(folder: Path, stored: Sequence[StoredEvent]) -> list[LakeFile]:
    parts: dict[tuple[str, str], list[StoredEvent]] = {}
    for each in stored:
        date = moment_of(each.event.occurred_us).date().isoformat()
        parts.setdefault((each.event.system, date), []).append(each)
    if not stored:
        return []
    name = f"{stored[0].seq:020d}-{stored[-1].seq:020d}.parquet"
    return [_write_file(folder, part, name, system=system, date=date) for (system, date), part in sorted(parts.items())]


def _write_file(folder: Path, part: Sequence[StoredEvent], name: str, *, system: str, date: str) -> LakeFile:
    path = f"parquet/system={system}/date={date}/{name}"
    table = table_of(part)
    write_parquet(table, folder / path)
    occurred = [each.event.occurred_us for each in part]
    return LakeFile(
        path=path,
        system=system,
        date=date,
        rows=len(part),
        first_seq=part[0].seq,
        last_seq=part[-1].seq,
        first_us=min(occurred),
        last_us=max(occurred),
        first_received_us=part[0].received_us,
        last_received_us=part[-1].received_us,
        sha256=hashlib.sha256((folder / path).read_bytes()).hexdigest(),
        size=(folder / path).stat().st_size,
    )


def write_parquet(table: pa.Table, path: Path) -> None:
    """Durably and as a whole. zstd; a dictionary for few distinct texts only; floats split by byte, which decodes
    several times faster."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}.new")
    floats = {field.name: "BYTE_STREAM_SPLIT" for field in table.schema if pa.types.is_floating(field.type)}
    pq.write_table(table, beside, compression="zstd", use_dictionary=categorical(table), column_encoding=floats or None)
    handle = os.open(beside, os.O_RDWR)
    try:
        os.fchmod(handle, 0o600)
        os.fsync(handle)
    finally:
        os.close(handle)
    beside.replace(path)
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        sync_folder(folder)


def _manifest_with(
    folder: Path, old: Manifest, frames: Sequence[Frame], stored: Sequence[StoredEvent], files: Sequence[LakeFile]
) -> Manifest:
    return Manifest(
        compacted_upto=max(old.compacted_upto, frames[-1].next_seq - 1),
        received_us=max(old.received_us, frames[-1].received_us),
        files=(*old.files, *files),
        id_runs=_runs_with(folder, old.id_runs, stored),
    )


def _runs_with(folder: Path, runs: Sequence[str], stored: Sequence[StoredEvent]) -> tuple[str, ...]:
    """The runs of ids with those of the stored events added; small runs are merged."""
    if not stored:
        return tuple(runs)
    merged = runs_to_merge([folder / run for run in runs], len(stored))
    kept = tuple(runs[: len(runs) - len(merged)])
    name = f"ids/{stored[-1].seq:020d}-{len(merged)}.npy"
    (folder / "ids").mkdir(exist_ok=True, mode=0o700)
    write_run(folder / name, (key_of(each.event) for each in stored), merged)
    return (*kept, name)


def sweep(folder: Path, segments: SegmentStore) -> None:
    """Remove what no manifest names any more, or not yet: compacted segments, and files of a cut-short compaction."""
    manifest = read_manifest(folder)
    with segments.exclusive():
        files = segments.files()
    for segment, following in pairwise(files):
        if following.first_seq <= manifest.compacted_upto + 1:
            segment.path.unlink()
    named = {folder / file.path for file in manifest.files} | {folder / run for run in manifest.id_runs}
    for found in [*(folder / "parquet").glob("system=*/date=*/*"), *(folder / "ids").glob("*")]:
        if found not in named:
            found.unlink()
