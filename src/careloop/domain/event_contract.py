"""What events of one system may say: each row is admitted as it will be kept, or refused with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple

from careloop.domain.counts import bucket_of
from careloop.domain.event import Event, EventKind, Scalar
from careloop.domain.event_sent import SentDecoder, decoder_of
from careloop.domain.event_values import (
    EventValueError,
    Reader,
    answer,
    count,
    flag,
    instant,
    milliseconds,
    reader_of,
    real,
    rule_ids,
    sort_of,
    text,
    weight,
)
from careloop.domain.not_assessable import ProtectedBasis
from careloop.domain.system import EventField, EventSchema

__all__ = [
    "NO_BASIS",
    "Admitted",
    "EventContract",
    "EventTerms",
    "Refusal",
    "admit",
    "admit_sent",
    "finished",
    "readers_of",
]

_STORED_BASES: Final = (ProtectedBasis.PERMITTED, ProtectedBasis.SURVEY, ProtectedBasis.PROXY)
NO_BASIS: Final = "no basis for protected attributes"
"""Told behind the name of a field that is declared and yet left out."""


class Admitted(NamedTuple):
    """An event that fits, and the names of fields that were left out of it."""

    event: Event
    dropped: tuple[str, ...]


class Refusal(str):
    """Why a row is refused, and whose row it is as far as that can be told."""

    __slots__ = ("system",)
    system: str | None

    def __new__(cls, reason: str, system: str | None) -> Refusal:
        """The reason, which begins with the field."""
        made = super().__new__(cls, reason)
        made.system = system
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class EventContract:
    """The declared fields of one system, ready to be checked."""

    system: str
    parts: Mapping[str, Mapping[str, Reader | None]]
    """Part -> field -> its reader; None where the system has no basis to keep it (SEMANTICS 17)."""
    decode: SentDecoder
    """What reads its rows of JSON that fit to the letter."""
    schema: str
    """Digest of the declaration."""
    kept: tuple[tuple[str, frozenset[str]], ...]
    """Part and the fields that answers can have in it."""
    most_per_minute: int | None = None

    @classmethod
    def of(cls, system: str, schema: EventSchema | None) -> EventContract:
        """The contract of a system's declaration; without one, no field is declared."""
        declared = schema or EventSchema()
        plain = {"features": declared.features, "segment": declared.segment}
        parts: dict[str, dict[str, Reader | None]] = {
            part: {name: reader_of(field) for name, field in fields.items()} for part, fields in plain.items()
        }
        parts["business"] = {name: reader_of(field, fixed=True) for name, field in declared.business.items()}
        parts["groups"] = {
            name: reader_of(field) if _may_keep(field, declared.protected_basis) else None
            for name, field in declared.groups.items()
        }
        fields = {**plain, "groups": declared.groups, "business": declared.business}
        return cls(
            system=system,
            parts=parts,
            decode=decoder_of(system, fields, parts),
            schema=sha256(declared.model_dump_json().encode()).hexdigest()[:16],
            kept=tuple((part, frozenset(n for n, read in readers.items() if read)) for part, readers in parts.items()),
            most_per_minute=declared.most_per_minute,
        )


def _may_keep(field: EventField, basis: ProtectedBasis | None) -> bool:
    return basis in _STORED_BASES or (basis is not None and not field.personal)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTerms:
    """What rows of a batch are judged by."""

    contracts: Mapping[str, EventContract]
    """By system."""
    release_of: Callable[[str, str], str | None]
    """System and release as sent (a lock digest, an alias) to the lock digest; None when it is not known."""
    latest_us: int
    """An event that occurred later than this is refused: now, and the skew that clocks are allowed."""
    system: str | None = None
    """The system whose batch it is: rows may leave theirs out, and none may name another."""


def admit(row: object, terms: EventTerms) -> Admitted | str:
    """The event that a row says, or the reason why it is refused, which begins with the field."""
    try:
        return _admit(row, terms)
    except EventValueError as wrong:
        named = terms.system or (row.get("system") if isinstance(row, dict) else None)
        return Refusal(str(wrong), named if isinstance(named, str) and named in terms.contracts else None)


def admit_sent(raw: Any, terms: EventTerms, contract: EventContract) -> Admitted | str | None:
    """The event that the bytes of a row say, if it is one of the contract's system that fits to the letter.

    None when it is not: `admit` is to be asked. Else the same as what that would say.
    """
    kept = contract.decode(raw, alone=terms.system == contract.system)
    if kept is None:
        return None
    kept["system"] = contract.system
    try:
        return Admitted(finished(kept, terms), ())
    except EventValueError as wrong:
        return Refusal(str(wrong), contract.system)


def _admit(row: object, terms: EventTerms) -> Admitted:
    if not isinstance(row, dict):
        raise EventValueError(f"a row is an object, not {sort_of(row)}")
    contract = _contract(row.get("system"), terms)
    kind = _kind(row.get("kind"))
    readers, required = _FIELDS[kind]
    parts = contract.parts if kind is _INFERENCE else _NO_PARTS
    kept: dict[str, Any] = {"system": contract.system, "kind": kind}
    dropped: list[str] = []
    for name, value in row.items():
        if value is None:
            continue
        found = readers.get(name)
        if found is None:
            if name in parts:
                kept[name] = _part(name, value, parts[name], dropped)
            elif name not in ("system", "kind"):
                dropped.append(str(name))
            continue
        target, read = found
        try:
            kept[target] = read(value)
        except EventValueError as wrong:
            raise EventValueError(f"{name}: {wrong}") from None
    for name, target in required:
        if target not in kept:
            raise EventValueError(f"{name}: is missing")
    return Admitted(finished(kept, terms), tuple(dropped))


def _kind(named: object) -> EventKind:
    found = _KINDS.get(named) if isinstance(named, str) else None
    if found is None:
        raise EventValueError("kind: is missing" if named is None else f"kind: not one of {', '.join(EventKind)}")
    return found


def readers_of(kind: EventKind) -> tuple[Mapping[str, tuple[str, Reader]], tuple[tuple[str, str], ...]]:
    """The fields that events of a kind have by themselves, each with the field of `Event` and its reader; and those of
    them that must be there."""
    return _FIELDS[kind]


def finished(kept: dict[str, Any], terms: EventTerms) -> Event:
    """The event of fields that were read one by one: what needs more than one field, or the batch.

    Raises `EventValueError`. `kept` has the fields of `Event`, those that must be there among them.
    """
    if kept["occurred_us"] > terms.latest_us:
        raise EventValueError("occurred_at: lies in the future")
    if "inference_id" in kept and kept["kind"] in _LABELS:
        if kept.get("matured_us", 0) > terms.latest_us:
            raise EventValueError("matured_at: lies in the future")
        if "label" not in kept and "value" not in kept:
            raise EventValueError("label: needs a label or a value")
    release = terms.release_of(kept["system"], kept["release"])
    if release is None:
        raise EventValueError("release: is not known for this system")
    kept["release"] = release
    kept["bucket"] = bucket_of(kept.get("unit") or kept["id"])
    return Event(**kept)


def _contract(named: object, terms: EventTerms) -> EventContract:
    system = terms.system if named is None else named
    if system is None:
        raise EventValueError("system: is missing")
    if terms.system is not None and system != terms.system:
        raise EventValueError(f"system: this batch is for '{terms.system}'")
    contract = terms.contracts.get(system) if isinstance(system, str) else None
    if contract is None:
        raise EventValueError("system: is not known")
    return contract


def _part(part: str, given: object, declared: Mapping[str, Reader | None], dropped: list[str]) -> dict[str, Scalar]:
    if not isinstance(given, dict):
        raise EventValueError(f"{part}: an object with the declared fields, not {sort_of(given)}")
    kept: dict[str, Any] = {}
    name = ""
    try:
        for name, value in given.items():
            read = declared.get(name)
            if read is None:
                dropped.append(f"{part}.{name} ({NO_BASIS})" if name in declared else f"{part}.{name}")
            elif value is not None:
                kept[name] = read(value)
    except EventValueError as wrong:
        raise EventValueError(f"{part}.{name}: {wrong}") from None
    return kept


_INFERENCE: Final = EventKind.INFERENCE
_LABELS: Final = (EventKind.LABEL, EventKind.OUTCOME)
_NO_PARTS: Final[Mapping[str, Mapping[str, Reader | None]]] = {}
_KINDS: Final = {kind.value: kind for kind in EventKind}
_Fields = dict[str, tuple[str, Reader]]
_ALWAYS: Final[_Fields] = {
    "id": ("id", text),
    "release": ("release", text),
    "occurred_at": ("occurred_us", instant),
    "drill": ("drill", flag),
    "synthetic": ("synthetic", flag),
}
_LABELLED: Final[_Fields] = {
    "inference_id": ("inference_id", text),
    "label": ("label", answer),
    "value": ("value", real),
    "matured_at": ("matured_us", instant),
}
_BY_KIND: Final[dict[EventKind, tuple[_Fields, tuple[str, ...]]]] = {
    EventKind.INFERENCE: (
        {
            "prediction": ("prediction", answer),
            "score": ("score", real),
            "unit": ("unit", text),
            "latency_ms": ("latency_us", milliseconds),
            "sample_rate": ("weight", weight),
            "purpose": ("purpose", text),
            "user_role": ("user_role", text),
        },
        (),
    ),
    EventKind.LABEL: (_LABELLED, ("inference_id",)),
    EventKind.OUTCOME: (_LABELLED, ("inference_id",)),
    EventKind.GUARD: (
        {
            "inference_id": ("inference_id", text),
            "checkpoint": ("checkpoint", text),
            "verdict": ("verdict", text),
            "rules": ("rules", rule_ids),
            "added_us": ("added_us", count),
            "bundle": ("bundle", text),
        },
        ("checkpoint", "verdict"),
    ),
    EventKind.HEARTBEAT: ({"source": ("source", text), "seq": ("source_seq", count)}, ("source", "seq")),
    EventKind.CENSUS: (
        {"source": ("source", text), "seq": ("source_seq", count), "served": ("served", count)},
        ("source", "seq", "served"),
    ),
}


def _table(fields: _Fields, required: tuple[str, ...]) -> tuple[_Fields, tuple[tuple[str, str], ...]]:
    readers = {**_ALWAYS, **fields}
    wanted = ("id", "release", "occurred_at", *required)
    return readers, tuple((name, readers[name][0]) for name in wanted)


_FIELDS: Final = {kind: _table(*rest) for kind, rest in _BY_KIND.items()}
