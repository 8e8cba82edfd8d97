"""A departure of events from their declaration in words: which field, declared and seen, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from careloop.domain.event_contract import NO_BASIS
from careloop.domain.monitor import Monitor
from careloop.domain.schema_drift import DriftKind, SchemaDrift
from careloop.domain.system import EventField, EventSchema

__all__ = ["ToldDrift", "told_drift"]

_NOT_DECLARED: Final = "not declared"
_BY_FORMAT: Final = "as the format of events has it"
_RELEASE: Final = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldDrift:
    """One departure in words."""

    drift: SchemaDrift
    field: str
    """The field as it is written in a row, such as `features.income`; empty when the declaration itself changed."""
    declared: str
    seen: str
    monitors: tuple[str, ...]
    """Ids of the monitors that read the field."""
    remedy: str
    """What to do about it; names of fields and commands between backticks."""


def told_drift(drift: SchemaDrift, *, schema: EventSchema, monitors: Iterable[Monitor]) -> ToldDrift:
    """A drift of the system that declares `schema` and is watched by `monitors`."""
    field, rest = _field_of(drift)
    found = _declared(field, schema)
    declared = _BY_FORMAT if found is None else _in_words(found)
    if field == _RELEASE:
        declared = "the lock digest or the alias of a release on record"
    if drift.kind is DriftKind.UNDECLARED:
        declared = _NOT_DECLARED if found is None else f"{declared}, but with no basis to keep it"
    elif drift.kind is DriftKind.CHANGED:
        declared = f"since then the declaration with the digest {drift.what}"
    return ToldDrift(
        drift=drift,
        field=field,
        declared=declared,
        seen=_seen(drift, rest),
        monitors=tuple(one.id for one in monitors if field and _reads(one, field)),
        remedy=_remedy(drift, field, rest),
    )


def _field_of(drift: SchemaDrift) -> tuple[str, str]:
    """The field, and what else the drift says of it."""
    if drift.kind is DriftKind.CHANGED:
        return "", ""
    if drift.kind is DriftKind.REFUSED:
        field, _, rest = drift.what.partition(": ")
        return (field, rest) if rest and " " not in field else ("", drift.what)
    field, _, rest = drift.what.partition(" (")
    return field, rest.removesuffix(")")


def _declared(field: str, schema: EventSchema) -> EventField | None:
    part, _, name = field.partition(".")
    fields: Mapping[str, EventField] = getattr(schema, part, {}) if name else {}
    return fields.get(name) if isinstance(fields, Mapping) else None


def _in_words(field: EventField) -> str:
    unit = f" in {field.unit}" if field.unit else ""
    values = f": {', '.join(field.values)}" if field.values else ""
    return f"{field.type.value}{unit}{values}"


def _seen(drift: SchemaDrift, rest: str) -> str:
    match drift.kind:
        case DriftKind.REFUSED:
            return f"{rest}; these rows were refused and count nowhere"
        case DriftKind.UNDECLARED:
            return "a value in these rows; it was left out, the rest of the row was kept"
        case DriftKind.VANISHED:
            return "no value in any answer of the last day; it came before"
        case DriftKind.CHANGED:
            return "rows under both declarations; a window across that hour counts both"


def _remedy(drift: SchemaDrift, field: str, rest: str) -> str:
    where = f"`systems/{drift.system}/system.yaml`"
    match drift.kind:
        case DriftKind.REFUSED if field == _RELEASE:
            return "Record that release (`care release`), or send the one that answers; then send the rows again."
        case DriftKind.REFUSED:
            what = f"`{field}`" if field else "these rows"
            return f"Mend {what} in the application and send the rows again, or change `events` in {where}."
        case DriftKind.UNDECLARED if rest == NO_BASIS:
            return f"State `events.protected_basis` in {where} if there is one; else stop sending `{field}`."
        case DriftKind.UNDECLARED:
            part = field.partition(".")[0] if "." in field else "features"
            return f"Declare `{field}` under `events.{part}` in {where}, or stop sending it."
        case DriftKind.VANISHED:
            look = "Look at what the application changed in that hour."
            return f"{look} If `{field}` is gone for good, take it out of {where}."
        case DriftKind.CHANGED:
            return "Nothing, if that was meant: read the windows before and after that hour apart."


def _reads(monitor: Monitor, field: str) -> bool:
    name = field.rpartition(".")[2]
    if field == monitor.of or name in (monitor.of, monitor.by):
        return True
    return field.startswith("business.") and _stem(name) == _stem(monitor.measure.removesuffix("_rate"))


def _stem(name: str) -> str:
    """A field such as `converted` is what a measure such as `conversion_rate` counts."""
    return name[:6] if len(name) >= 6 else name
