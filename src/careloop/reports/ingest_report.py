"""What became of a batch of events, as JSON for machines and as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from careloop import __version__
from careloop.domain.event_report import IngestReport

__all__ = ["IngestedFile", "ingest_json", "ingest_lines", "total_of"]

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class IngestedFile:
    """One file of events."""

    name: str
    lines: bool
    """Whether its rows are lines, counted from 1; else items of a list, counted from 0."""
    report: IngestReport


def total_of(files: Sequence[IngestedFile]) -> IngestReport:
    """All files as one batch."""
    total = IngestReport()
    for file in files:
        total = total.plus(file.report)
    return total


def ingest_json(
    report: IngestReport,
    *,
    files: Sequence[IngestedFile] = (),
    commit: str | None = None,
    standards_digest: str | None = None,
) -> dict[str, Any]:
    """The answer of `POST /api/v1/events` and of `care ingest`; `refused` lists at most a thousand rows a file."""
    refused: list[Mapping[str, Any]] = [{"index": row.index, "reason": row.reason} for row in report.refused]
    if files:
        refused = [
            {"file": file.name, "index": row.index, "line": row.index + 1 if file.lines else None, "reason": row.reason}
            for file in files
            for row in file.report.refused
        ]
    return {
        "schema": "careloop/ingest/v1",
        "careloop_version": __version__,
        "standards_digest": standards_digest,
        "commit": commit,
        "rows": report.rows,
        "accepted": report.accepted,
        "duplicates": report.duplicates,
        "marked": report.marked,
        "refused_rows": report.refused_rows,
        "refused": refused,
        "reasons": dict(sorted(report.reasons.items())),
        "dropped": dict(sorted(report.dropped.items())),
        "last_seq": report.last_seq,
    }


def ingest_lines(files: Sequence[IngestedFile], *, seconds: float) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style: the first refused rows of each file, what was left out, and the sum."""
    for file in files:
        for row in file.report.refused[:_SHOWN]:
            place = row.place or (f"{file.name}:{row.index + 1}" if file.lines else f"{file.name}[{row.index}]")
            yield "must", f"{place}  refused  {row.reason}"
        if file.report.refused_rows > _SHOWN:
            yield "grey", f"    and {file.report.refused_rows - _SHOWN:,} more refused rows in {file.name}"
    total = total_of(files)
    if total.refused_rows > _SHOWN:
        most = sorted(total.reasons.items(), key=lambda reason: (-reason[1], reason[0]))[:_SHOWN]
        yield "should", f"refused most often: {', '.join(f'{reason} ({n:,})' for reason, n in most)}"
    if total.dropped:
        names = ", ".join(f"{name} ({n:,})" for name, n in sorted(total.dropped.items()))
        yield "should", f"left out, because the system does not declare it: {names}"
    if total.marked:
        yield "grey", f"{total.marked:,} of drills or made up: kept, never counted as real"
    counted = f"accepted {total.accepted:,}, duplicate {total.duplicates:,}, refused {total.refused_rows:,}"
    yield "summary", f"{counted} of {total.rows:,} events, {seconds:.1f} s"
