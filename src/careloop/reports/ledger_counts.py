"""What `care ledger stats`, `append`, `tail` and `fsck` say, as JSON for machines and lines for people."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from careloop import __version__
from careloop.ledger.completeness import Completeness, SourceReport
from careloop.ledger.repair_advice import REPAIR_ADVICE
from careloop.ledger.verify import Verification

__all__ = ["advice_lines", "completeness_json", "completeness_lines", "fsck_json", "missing_lines"]


def completeness_json(found: Completeness, *, origin: str, source: Mapping[str, Any]) -> dict[str, Any]:
    """Counts, rates and what is missing; `source` holds commit and standards_digest."""
    return {
        "schema": "careloop/ledger-stats/v1",
        "careloop_version": __version__,
        **source,
        "origin": origin,
        "size": found.size,
        "body_bytes": found.body_bytes,
        "first_at": _stamp(found.first_at),
        "last_at": _stamp(found.last_at),
        "per_day": None if found.per_day is None else round(found.per_day, 2),
        "skewed": found.skewed,
        "census_at": _stamp(found.census_at),
        "types": dict(found.types),
        "actors": dict(found.actors),
        "sources": [_source_json(one) for one in found.sources],
    }


def completeness_lines(found: Completeness, *, origin: str) -> Iterator[tuple[str, str]]:
    """How much there is, by type and by source; what is missing first."""
    yield from missing_lines(found)
    rate = "" if found.per_day is None else f", {found.per_day:,.1f} a day"
    yield "summary", f"{found.size:,} entries, {found.body_bytes:,} bytes of records in {origin}{rate}"
    if found.first_at is not None:
        yield "detail", f"  from {_stamp(found.first_at)} to {_stamp(found.last_at)}"
    for title, counts in (("by type", found.types), ("by actor", found.actors)):
        if counts:
            yield "", title
        for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            yield "", f"  {count:>9,}  {name}"
    if found.sources:
        yield "", "by source"
    for one in found.sources:
        upto = "" if one.last_seq is None else f", numbered up to {one.last_seq:,}"
        beat = "" if one.heartbeat_at is None else f", last heartbeat {_stamp(one.heartbeat_at)}"
        late = "" if not one.late else f", {one.late:,} came late"
        yield "", f"  {one.records:>9,}  {one.source}{upto}{beat}{late}"
    yield "detail", f"last census: {_stamp(found.census_at) or 'none yet'}"


def missing_lines(found: Completeness) -> Iterator[tuple[str, str]]:
    """What was not recorded: a line for each source that skipped numbers or is silent."""
    for one in found.sources:
        if one.missing_count:
            runs = ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in one.missing[:5])
            more = "" if len(one.missing) <= 5 else ", …"
            yield "must", f"{one.source}: {one.missing_count:,} of {one.last_seq:,} records never came: {runs}{more}"
        if one.silent_s is not None:
            yield (
                "must",
                f"{one.source}: silent for {one.silent_s:,} s, though it promised a word every {one.every_s:,} s",
            )


def fsck_json(
    found: Verification, counted: Completeness | None, *, waiting: Mapping[str, int], source: Mapping[str, Any]
) -> dict[str, Any]:
    """What a deep check found, each problem with advice; `waiting` is what lies in spools, by source."""
    return {
        "schema": "careloop/ledger-fsck/v1",
        "careloop_version": __version__,
        **source,
        "size": found.size,
        "root": found.root.hex() if found.root is not None else None,
        "problems": [
            {"index": one.index, "kind": one.kind.value, "advice": REPAIR_ADVICE[one.kind]} for one in found.problems
        ],
        "sources": None if counted is None else [_source_json(one) for one in counted.sources],
        "waiting": dict(waiting),
    }


def advice_lines(found: Verification) -> Iterator[tuple[str, str]]:
    """What to do, once for each kind of problem."""
    for kind in dict.fromkeys(problem.kind for problem in found.problems):
        yield "", f"  {kind.value}: {REPAIR_ADVICE[kind]}"


def _source_json(one: SourceReport) -> dict[str, Any]:
    return {
        "source": one.source,
        "records": one.records,
        "last_at": _stamp(one.last_at),
        "last_seq": one.last_seq,
        "missing": [list(run) for run in one.missing],
        "missing_count": one.missing_count,
        "heartbeat_at": _stamp(one.heartbeat_at),
        "every_s": one.every_s,
        "silent_s": one.silent_s,
        "late": one.late,
    }


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")
