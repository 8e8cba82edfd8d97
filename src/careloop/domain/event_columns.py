"""The columns that plans of counts may read: the fixed ones of every event, and those a system declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from careloop.domain.count_plan import Column, ColumnKind
from careloop.domain.system import EventField, EventSchema, EventType
from careloop.errors import InvalidInput

__all__ = [
    "ADDED_US",
    "BUCKET",
    "BUNDLE",
    "CHECKPOINT",
    "DRILL",
    "FIXED_COLUMNS",
    "ID",
    "INFERENCE_ID",
    "INGEST_SEQ",
    "KIND",
    "LABEL",
    "LABELLED_AT",
    "LABEL_COLUMNS",
    "LATENCY_US",
    "MATURED_AT",
    "OCCURRED_AT",
    "PARTS",
    "PREDICTION",
    "PURPOSE",
    "RECEIVED_AT",
    "RELEASE",
    "SCORE",
    "SERVED",
    "SOURCE",
    "SOURCE_SEQ",
    "SYNTHETIC",
    "UNIT",
    "UNIT_OR_ID",
    "USER_ROLE",
    "VALUE",
    "VERDICT",
    "WEIGHT",
    "column_named",
    "declared_columns",
]

PARTS: Final = ("features", "groups", "segment", "business")
"""Parts of an event whose fields the system declares; a field's column is `<part>.<field>`."""

INGEST_SEQ: Final = Column("ingest_seq", ColumnKind.INTEGER)
RECEIVED_AT: Final = Column("received_at", ColumnKind.INSTANT)
OCCURRED_AT: Final = Column("occurred_at", ColumnKind.INSTANT)
LABELLED_AT: Final = Column("labelled_at", ColumnKind.INSTANT)
"""When both the answer and its first label had been received; only in the view by label."""
ID: Final = Column("id", ColumnKind.TEXT)
KIND: Final = Column("kind", ColumnKind.TEXT)
RELEASE: Final = Column("release", ColumnKind.TEXT)
BUCKET: Final = Column("bucket", ColumnKind.INTEGER)
DRILL: Final = Column("drill", ColumnKind.FLAG)
SYNTHETIC: Final = Column("synthetic", ColumnKind.FLAG)
UNIT: Final = Column("unit", ColumnKind.TEXT)
UNIT_OR_ID: Final = Column("unit_or_id", ColumnKind.TEXT)
"""The unit, or the event's id where there is none: what `CountPlan.unit` hashes."""
PREDICTION: Final = Column("prediction", ColumnKind.TEXT)
SCORE: Final = Column("score", ColumnKind.REAL)
LATENCY_US: Final = Column("latency_us", ColumnKind.INTEGER)
WEIGHT: Final = Column("weight", ColumnKind.INTEGER)
"""Answers that the row stands for, in millionths."""
PURPOSE: Final = Column("purpose", ColumnKind.TEXT)
USER_ROLE: Final = Column("user_role", ColumnKind.TEXT)
INFERENCE_ID: Final = Column("inference_id", ColumnKind.TEXT)
LABEL: Final = Column("label", ColumnKind.TEXT)
VALUE: Final = Column("value", ColumnKind.REAL)
MATURED_AT: Final = Column("matured_at", ColumnKind.INSTANT)
LABEL_COLUMNS: Final = frozenset({LABEL, VALUE, MATURED_AT})
"""What an answer only has once somebody gave it a label."""
CHECKPOINT: Final = Column("checkpoint", ColumnKind.TEXT)
VERDICT: Final = Column("verdict", ColumnKind.TEXT)
ADDED_US: Final = Column("added_us", ColumnKind.INTEGER)
BUNDLE: Final = Column("bundle", ColumnKind.TEXT)
SOURCE: Final = Column("source", ColumnKind.TEXT)
SOURCE_SEQ: Final = Column("source_seq", ColumnKind.INTEGER)
SERVED: Final = Column("served", ColumnKind.INTEGER)

FIXED_COLUMNS: Final[Mapping[str, Column]] = {
    column.name: column
    for column in (
        *(INGEST_SEQ, RECEIVED_AT, OCCURRED_AT, LABELLED_AT, ID, KIND, RELEASE, BUCKET, DRILL, SYNTHETIC),
        *(UNIT, UNIT_OR_ID, PREDICTION, SCORE, LATENCY_US, WEIGHT, PURPOSE, USER_ROLE),
        *(INFERENCE_ID, LABEL, VALUE, MATURED_AT, CHECKPOINT, VERDICT, ADDED_US, BUNDLE, SOURCE, SOURCE_SEQ, SERVED),
    )
}
"""Columns that every lake has, by name."""

_KINDS: Final = {
    EventType.NUMBER: ColumnKind.REAL,
    EventType.INTEGER: ColumnKind.INTEGER,
    EventType.TEXT: ColumnKind.TEXT,
    EventType.CATEGORY: ColumnKind.TEXT,
    EventType.BOOLEAN: ColumnKind.FLAG,
}


def declared_columns(schema: EventSchema) -> dict[str, Column]:
    """Columns of the fields a system declares, by name. A business number is whole millionths (`MILLIONTHS`)."""
    parts: tuple[dict[str, EventField], ...] = (schema.features, schema.groups, schema.segment, schema.business)
    return {
        f"{part}.{name}": Column(f"{part}.{name}", _column_kind(part, field))
        for part, fields in zip(PARTS, parts, strict=True)
        for name, field in fields.items()
    }


def _column_kind(part: str, field: EventField) -> ColumnKind:
    if part == "business" and field.type is EventType.NUMBER:
        return ColumnKind.INTEGER
    return _KINDS[field.type]


def column_named(name: str, schema: EventSchema) -> Column:
    """A column by name: `features.age`, `score`; or a bare declared field if only one part has it.

    `InvalidInput` when there is none, or when the bare name stands in two parts.
    """
    declared = declared_columns(schema)
    found = FIXED_COLUMNS.get(name) or declared.get(name)
    if found is not None:
        return found
    parts = [f"{part}.{name}" for part in PARTS if f"{part}.{name}" in declared]
    if len(parts) == 1:
        return declared[parts[0]]
    known = f"it stands in {' and '.join(parts)}" if parts else f"declared are {', '.join(declared) or 'none'}"
    raise InvalidInput(f"events have no single column '{name}'; {known}")
