"""Turn what came in into files that are fast to count, and put the digest of every piece into the ledger first."""

from __future__ import annotations

from datetime import datetime

from careloop.domain.event_values import microseconds
from careloop.ledger.record import uuid7
from careloop.ports.lake import CompactableLake, Compacted, Segment
from careloop.ports.ledger import Actor, Ledger, Record, Subject

__all__ = ["compact_lake"]


def compact_lake(
    lake: CompactableLake, *, ledger: Ledger | None, actor: Actor, now: datetime, even_if_small: bool = True
) -> Compacted:
    """Close the open segment, record every closed one, compact them.

    The record's id comes from the segment's digest, so that a run that was cut short records nothing twice. Without a
    ledger nothing is recorded.
    """
    segments = lake.close_segments(even_if_small=even_if_small)
    if ledger is not None and segments:
        ledger.append([_record(segment, actor, now) for segment in segments], recorded_at=now)
    return lake.compact()


def _record(segment: Segment, actor: Actor, now: datetime) -> Record:
    made_at_ms = microseconds(segment.received_at) // 1000
    return Record(
        id=uuid7(made_at_ms, bytes.fromhex(segment.sha256)[:10]),
        type="ingest.segment",
        actor=actor,
        occurred_at=segment.received_at,
        subject=(Subject(name=segment.name, digest=f"sha256:{segment.sha256}"),),
        data={
            "segment": segment.name,
            "system": segment.systems,
            "first_seq": segment.first_seq,
            "last_seq": segment.last_seq,
            "digest": f"sha256:{segment.sha256}",
            "size": segment.size,
        },
    )
