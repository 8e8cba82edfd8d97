"""What lies in the lake, and what became of rows that were to go, as JSON and as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from careloop import __version__
from careloop.domain.schema_drift import DriftKind, SchemaDrift
from careloop.ledger.retention import Hold
from careloop.ports.lake import Erased, LakeStats
from careloop.ports.ledger import Receipt
from careloop.status.schema_findings import drift_sentence

__all__ = ["GoneRows", "erasure_lines", "erasures_json", "stats_json", "stats_lines"]


class GoneRows(Protocol):
    """What became of the rows of one system."""

    @property
    def system(self) -> str: ...
    @property
    def purpose(self) -> str | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def erased(self) -> Erased: ...
    @property
    def held_by(self) -> Hold | None: ...
    @property
    def receipt(self) -> Receipt | None: ...


def stats_json(stats: LakeStats, gone: Mapping[str, int], drifts: Sequence[SchemaDrift] = ()) -> dict[str, Any]:
    """`careloop/lake-stats/v1`; `gone` counts by system the rows that were ever erased."""
    return {
        "schema": "careloop/lake-stats/v1",
        "careloop_version": __version__,
        "watermark": stats.watermark,
        "compacted_upto": stats.compacted_upto,
        "waiting_bytes": stats.waiting_bytes,
        "systems": [
            {
                "system": one.system,
                "rows": one.rows,
                "files": one.files,
                "bytes": one.size,
                "first": _stamp(one.first),
                "last": _stamp(one.last),
                "not_recomputable_from_rows": gone.get(one.system, 0),
            }
            for one in stats.systems
        ],
        "schema_drift": [
            {
                "system": drift.system,
                "kind": drift.kind.value,
                "what": drift.what,
                "rows": drift.rows,
                "of": drift.of,
                "since": _stamp(drift.since),
            }
            for drift in drifts
        ],
    }


def stats_lines(
    stats: LakeStats, gone: Mapping[str, int], drifts: Sequence[SchemaDrift] = ()
) -> Iterator[tuple[str, str]]:
    """A line a system, what departs from its declaration, and the sum; each with its style."""
    for one in stats.systems:
        days = f"{one.first:%Y-%m-%d} to {one.last:%Y-%m-%d}"
        yield "plain", f"{one.system}: {one.rows:,} rows in {one.files:,} files, {_size(one.size)}, {days}"
        if gone.get(one.system):
            yield "grey", f"    not recomputable from rows: {gone[one.system]:,} (erased; their counts are kept)"
    for drift in drifts:
        style = "grey" if drift.kind is DriftKind.CHANGED else "should"
        yield style, f"{drift.system}: {drift_sentence(drift)}"
    rows = sum(one.rows for one in stats.systems)
    waiting = stats.watermark - stats.compacted_upto
    yield "summary", f"{rows:,} rows in Parquet; {waiting:,} newer in segments ({_size(stats.waiting_bytes)})"


def erasures_json(done: Sequence[GoneRows], *, rehearsed: bool) -> dict[str, Any]:
    """`careloop/lake-erase/v1`."""
    return {
        "schema": "careloop/lake-erase/v1",
        "careloop_version": __version__,
        "rehearsed": rehearsed,
        "erasures": [
            {
                "system": one.system,
                "purpose": one.purpose,
                "rows": one.erased.rows,
                "first": _stamp(one.erased.first),
                "last": _stamp(one.erased.last),
                "reason": one.reason,
                "held_by": one.held_by.id if one.held_by else None,
                "recorded": one.receipt.index if one.receipt else None,
            }
            for one in done
        ],
    }


def erasure_lines(done: Sequence[GoneRows]) -> Iterator[tuple[str, str]]:
    """A line a system and purpose, and the sum; each with its style."""
    for one in done:
        about = f"{one.system}: {one.erased.rows:,} rows"
        if one.held_by is not None:
            yield "warn", f"{about} kept: legal hold {one.held_by.id} ({one.held_by.reason})"
        elif one.receipt is not None:
            yield "plain", f"{about} erased, {one.reason} (ledger entry {one.receipt.index})"
        elif one.erased.rows:
            yield "plain", f"{about} would be erased, {one.reason}"
        else:
            yield "grey", f"{one.system}: no such rows"
    gone = sum(one.erased.rows for one in done if one.receipt is not None)
    yield "summary", f"{gone:,} rows erased; not recomputable from rows: {gone:,}"


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB" if count >= 2**20 else f"{count / 2**10:,.1f} KiB"
