"""Rows are taken out of the lake's Parquet files: each file that holds some is written anew without them.

The manifest's replacement is the one moment in which they go; the old files are removed right after, and again by the
next compaction should that be cut short. Pieces of torn writes, which nobody was ever told of, are removed as well,
since they may hold anybody's rows.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from careloop.adapters.lake_compaction import alone, sweep, write_parquet
from careloop.adapters.lake_depot import LakeDepot
from careloop.adapters.lake_manifest import LakeFile, Manifest, read_manifest, write_manifest
from careloop.adapters.segment_store import SegmentStore
from careloop.domain.event_values import microseconds, moment_of
from careloop.errors import Unavailable
from careloop.ports.lake import Erased, Erasure, LakeStats, SystemStats

__all__ = ["erase", "stats_of"]

_EDITION = re.compile(r"(?:\.e(\d+))?\.parquet$")


def erase(
    folder: Path, segments: SegmentStore, which: Erasure, *, depot: LakeDepot | None = None, rehearse: bool
) -> Erased:
    """Take the rows out of the compacted files of the lake in `folder`. Raises `Conflict` while it is compacted."""
    rows, spans = 0, list[int]()
    after: dict[str, LakeFile | None] = {}
    try:
        with alone(folder):
            if depot is not None and not rehearse:
                depot.catch_up()
            manifest = read_manifest(folder)
            files = [file for file in manifest.files if file.system == which.system]
            if depot is not None:
                depot.at_hand(files)
            answers = _answers_to(folder, files, which.unit)
            for file in files:
                kept, went = _parted(folder / file.path, which, answers) if _may_hold(file, which) else (None, ())
                if kept is None or not len(went):
                    continue
                rows += len(went)
                spans += [_bound(went, pc.min), _bound(went, pc.max)]
                after[file.path] = None if rehearse or not len(kept) else _rewritten(folder, file, kept)
            if not rehearse:
                _put_in_place(folder, segments, _without(manifest, after), depot=depot)
    except (OSError, pa.ArrowException) as error:
        raise Unavailable(f"rows cannot be erased: {error}", hint="Try again; nothing is half gone.") from error
    return Erased(
        rows=rows,
        files=len(after),
        first=moment_of(min(spans)) if spans else None,
        last=moment_of(max(spans)) if spans else None,
        upto=manifest.compacted_upto,
    )


def _may_hold(file: LakeFile, which: Erasure) -> bool:
    return which.occurred_before is None or file.first_us < microseconds(which.occurred_before)


def _answers_to(folder: Path, files: Sequence[LakeFile], unit: str | None) -> pa.Array:
    """Ids of the answers to a person, wherever they lie."""
    if unit is None:
        return pa.array([], pa.string())
    found = []
    for file in files:
        table = pq.ParquetFile(folder / file.path).read(columns=["id", "unit"])
        found += table.filter(pc.equal(table["unit"], unit))["id"].chunks
    return pa.chunked_array(found, pa.string()).combine_chunks()


def _parted(path: Path, which: Erasure, answers: pa.Array) -> tuple[pa.Table, pa.Table]:
    """The rows of a file that stay, and those that go."""
    table = pq.ParquetFile(path).read()
    goes: Any = pa.array([True] * len(table))
    if which.unit is not None:
        about = pc.is_in(table["inference_id"], value_set=answers)
        goes = pc.or_(pc.fill_null(pc.equal(table["unit"], which.unit), False), pc.fill_null(about, False))
    if which.occurred_before is not None:
        before = pa.scalar(which.occurred_before, table.schema.field("occurred_at").type)
        goes = pc.and_(goes, pc.less(table["occurred_at"], before))
    if which.purpose is not None:
        goes = pc.and_(goes, pc.fill_null(pc.equal(table["purpose"], which.purpose), False))
    if which.purposes_not:
        kept = pc.is_in(table["purpose"], value_set=pa.array(which.purposes_not))
        goes = pc.and_(goes, pc.invert(pc.fill_null(kept, False)))
    return table.filter(pc.invert(goes)), table.filter(goes)


def _without(manifest: Manifest, after: dict[str, LakeFile | None]) -> Manifest:
    files = [after.get(file.path, file) for file in manifest.files]
    return msgspec.structs.replace(manifest, files=tuple(file for file in files if file))


def _put_in_place(folder: Path, segments: SegmentStore, manifest: Manifest, *, depot: LakeDepot | None) -> None:
    if depot is not None:
        depot.publish(manifest)
    with segments.exclusive():
        write_manifest(folder, manifest)
    shutil.rmtree(folder / "segments" / "torn", ignore_errors=True)
    sweep(folder, segments)
    if depot is not None:
        depot.sweep(manifest, thoroughly=True)


def _rewritten(folder: Path, file: LakeFile, table: pa.Table) -> LakeFile:
    edition = _EDITION.search(file.path)
    assert edition is not None
    path = f"{file.path[: edition.start()]}.e{int(edition[1] or 0) + 1}.parquet"
    write_parquet(table, folder / path)
    return msgspec.structs.replace(
        file,
        path=path,
        rows=len(table),
        first_us=_bound(table, pc.min),
        last_us=_bound(table, pc.max),
        sha256=hashlib.sha256((folder / path).read_bytes()).hexdigest(),
        size=(folder / path).stat().st_size,
    )


def _bound(table: pa.Table, of: Any) -> int:
    return int(of(table["occurred_at"].cast(pa.int64())).as_py())


def stats_of(folder: Path, segments: SegmentStore, *, watermark: int) -> LakeStats:
    """What lies in the lake in `folder`."""
    manifest = read_manifest(folder)
    by_system: dict[str, list[LakeFile]] = {}
    for file in manifest.files:
        by_system.setdefault(file.system, []).append(file)
    return LakeStats(
        watermark=watermark,
        compacted_upto=manifest.compacted_upto,
        waiting_bytes=sum(file.size for file in segments.files()),
        systems=tuple(
            SystemStats(
                system=system,
                rows=sum(file.rows for file in files),
                files=len(files),
                size=sum(file.size or (folder / file.path).stat().st_size for file in files),
                first=moment_of(min(file.first_us for file in files)),
                last=moment_of(max(file.last_us for file in files)),
            )
            for system, files in sorted(by_system.items())
        ),
    )
