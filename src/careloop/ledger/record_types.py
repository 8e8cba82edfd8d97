"""The kinds of record there are, what each must say, and how old ones are read today.

The registry is an open mapping: a plug-in adds its own types by passing a larger one. A type only grows: its version
goes up by one with an explicit upcaster from the version before, and every version ever written stays readable.
Source: LEDGER 1, 13.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from careloop.errors import InvalidInput
from careloop.ports.ledger import Json, Record

__all__ = ["STANDARD_TYPES", "RecordType", "Upcaster", "problems_of_type", "registry", "upcast"]

Upcaster: TypeAlias = Callable[[Mapping[str, Json]], Mapping[str, Json]]
"""Turns the data of version v into that of version v + 1."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordType:
    """One kind of record: its name, its newest version and the facts it cannot be without."""

    name: str
    required: frozenset[str]
    """Keys that `data` must have; others are welcome."""
    version: int = 1
    upcasters: Mapping[int, Upcaster] = field(default_factory=dict)
    """Version v -> the function to v + 1, for each v below `version`."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InvalidInput(f"{self.name!r} is not a name of a record type, such as gate.decision")
        if missing := set(range(1, self.version)) ^ self.upcasters.keys():
            raise InvalidInput(f"{self.name}: one upcaster per version below {self.version}: {sorted(missing)}")


def registry(*types: RecordType) -> Mapping[str, RecordType]:
    """A registry of types; raises `InvalidInput` when a name comes twice."""
    names = [t.name for t in types]
    if twice := {name for name in names if names.count(name) > 1}:
        raise InvalidInput(f"defined twice: {', '.join(sorted(twice))}")
    return MappingProxyType({t.name: t for t in types})


def _type(name: str, *required: str) -> RecordType:
    return RecordType(name=name, required=frozenset(required))


STANDARD_TYPES: Final[Mapping[str, RecordType]] = registry(
    _type("alarm.raised", "system", "release", "monitor"),
    _type("approval.given", "request"),
    _type("approval.rejected", "request", "reason"),
    _type("approval.requested", "request", "action", "expires_at"),
    _type("attestation", "predicate_type"),
    _type("attestation.key", "key"),
    _type("authority.taken", "post", "authorities", "reason", "until", "review_due"),
    _type("automation.paused", "reason"),
    _type("automation.resumed", "reason"),
    _type("check.result", "commit", "findings"),
    _type("checkpoint.anchored", "anchor", "size", "root"),
    _type("dataset.preparation_checked", "dataset", "sheet", "commit", "passed", "findings"),
    _type("dataset.provenance_checked", "dataset", "sheet", "commit", "passed", "findings"),
    _type("dataset.quality_checked", "dataset", "sheet", "commit", "passed", "findings"),
    _type("deployment.answered", "environment", "commit", "approved"),
    _type("deployment.asked", "environment", "commit", "callback"),
    _type("deploy.done", "system", "lock", "environment"),
    _type("evidence.hold", "reason", "items"),
    _type("gate.decision", "system", "lock", "decision", "reasons"),
    _type("incident.opened", "system", "severity"),
    _type("ingest.segment", "system", "digest"),
    _type("lake.erased", "system", "rows", "reason"),
    _type("ledger.census", "size", "types", "sources"),
    _type("ledger.forked", "reason", "anchor_size", "anchor_root"),
    _type("ledger.held", "reason", "scope"),
    _type("ledger.hold_released", "reason", "hold"),
    _type("ledger.key_rotated", "from", "to", "reason"),
    _type("ledger.redacted", "record", "fields", "reason"),
    _type("matter.ended", "matter", "reason"),
    _type("matter.granted", "matter", "terms", "request", "by"),
    _type("matter.used", "matter", "request", "order"),
    _type("page.sent", "system"),
    _type("plan.decided", "plan", "decision"),
    _type("plan.executed", "plan", "steps"),
    _type("policy.in_force", "commit"),
    _type("release.emergency", "system", "lock", "environment", "kind", "reason", "until", "review_due"),
    _type("process.run", "process", "evidence", "statement"),
    _type("release.recorded", "system", "lock", "environment"),
    _type("release.revoked", "system", "lock", "environment", "reason"),
    _type("release.standing", "system", "lock", "environment", "request"),
    _type("release.validated", "system", "lock", "report"),
    _type("retrain.requested", "system", "reason"),
    _type("review.cross_functional", "review", "functions", "commit"),
    _type("rollback.verified", "system", "from", "to"),
    _type("safe_state.entered", "system"),
    _type("scorecard.frozen", "window", "digest"),
    _type("source.heartbeat", "source", "seq", "every_s"),
    _type("spool.drained", "source", "records", "since", "until", "chain"),
    _type("treatment.approved", "treatment", "digest", "statement"),
    _type("training.completed", "training", "outcome"),
    _type("window.closed", "system", "digest"),
)
"""The types careloop itself writes."""


def problems_of_type(record: Record, types: Mapping[str, RecordType]) -> list[str]:
    """What a record lacks against the schema of its type, each sentence beginning with the field."""
    kind = types.get(record.type)
    if kind is None:
        return [f"type: {record.type!r} is not a known record type"]
    problems = [f"data.{key}: required by {kind.name}" for key in sorted(kind.required - record.data.keys())]
    if record.v != kind.version:
        problems.append(f"v: {kind.name} is written in version {kind.version}, not {record.v}")
    return problems


def upcast(record: Record, types: Mapping[str, RecordType] = STANDARD_TYPES) -> Record:
    """The record as it would be written today, one version at a time; the stored bytes stay as they are.

    Raises `InvalidInput` for an unknown type, and for a version newer than this careloop knows.
    """
    kind = types.get(record.type)
    if kind is None:
        raise InvalidInput(f"type: {record.type!r} is not a known record type")
    if record.v > kind.version:
        raise InvalidInput(
            f"{record.type} version {record.v} is newer than {kind.version}", hint="Read it with a newer careloop."
        )
    data = record.data
    for version in range(record.v, kind.version):
        data = kind.upcasters[version](data)
    return replace(record, v=kind.version, data=data)
