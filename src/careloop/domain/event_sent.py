"""Rows of JSON that fit a system's declaration to the letter, decoded at once into events.

Most rows do. Whatever is unusual about a row (a field too many, a type that does not fit, a null where none is
expected) makes this say nothing, and the row is judged field by field by `careloop.domain.event_contract`, which alone
refuses, and gives the reason. So this may be strict without being unfair, and must never take what that would refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Protocol, Union

import msgspec
from msgspec import Meta

from careloop.domain.event import EventKind
from careloop.domain.event_values import (
    MAX_DECLARED_TEXT,
    MAX_TEXT,
    EventValueError,
    Reader,
    answer,
    instant,
    milliseconds,
    weight,
)
from careloop.domain.system import EventField, EventType

__all__ = ["SentDecoder", "decoder_of"]


class SentDecoder(Protocol):
    """Reads rows of one system."""

    def __call__(self, raw: Any, *, alone: bool) -> dict[str, Any] | None:
        """Bytes of one row to the fields of `Event` that it says; None when it needs to be judged field by field.

        `alone`: the batch is of this system only, so that rows may leave it out.
        """


_WORD: Final[Any] = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
_TYPES: Final[Mapping[EventType, Any]] = {
    EventType.NUMBER: float,
    EventType.INTEGER: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)],
    EventType.BOOLEAN: bool,
    EventType.CATEGORY: _WORD,
    EventType.TEXT: Annotated[str, Meta(min_length=1, max_length=MAX_DECLARED_TEXT)],
}
_ANSWER: Final[Any] = Union[str, int, float, bool, None]  # noqa: UP007 (made at run time, for msgspec)
_KINDS: Final = {kind.value: kind for kind in EventKind}
_TURNED: Final[Mapping[str, tuple[str, Reader]]] = {
    "occurred_at": ("occurred_us", instant),
    "matured_at": ("matured_us", instant),
    "latency_ms": ("latency_us", milliseconds),
    "sample_rate": ("weight", weight),
    "prediction": ("prediction", answer),
    "label": ("label", answer),
}
"""Fields that are kept under another name or in another form."""


def decoder_of(
    system: str, declared: Mapping[str, Mapping[str, EventField]], readers: Mapping[str, Mapping[str, Reader | None]]
) -> SentDecoder:
    """The decoder of a system whose parts declare these fields; `readers` says which may be kept, and how."""
    always: list[Any] = [
        ("id", _WORD),
        ("release", _WORD),
        ("occurred_at", str),
        ("system", Literal[system] | None, None),
    ]
    always += [(mark, bool, False) for mark in ("drill", "synthetic")]
    rest: list[Any] = [("prediction", _ANSWER, None)]
    rest += [(name, float | None, None) for name in ("score", "latency_ms", "sample_rate")]
    rest += [(name, _WORD | None, None) for name in ("unit", "purpose", "user_role")]
    for part, fields in declared.items():
        kept = {name: field for name, field in fields.items() if readers[part][name] is not None}
        rest.append((part, _part_type(part, kept) | None, None))
    labelled: list[Any] = [("inference_id", _WORD), ("label", _ANSWER, None), ("value", float | None, None)]
    labelled.append(("matured_at", str | None, None))
    types = [_struct("Inference", [*always, *rest], tag="inference")]
    types += [_struct(kind.title(), [*always, *labelled], tag=kind) for kind in ("label", "outcome")]
    decode = msgspec.json.Decoder(Union[tuple(types)]).decode  # noqa: UP007 (made at run time)
    business = readers["business"]

    def read(raw: Any, *, alone: bool) -> dict[str, Any] | None:
        try:
            kept: dict[str, Any] = msgspec.to_builtins(decode(raw))
            return _turned(kept, business) if alone or "system" in kept else None
        except (msgspec.DecodeError, EventValueError, UnicodeError, RecursionError):
            return None

    return read


def _turned(kept: dict[str, Any], business: Mapping[str, Reader | None]) -> dict[str, Any]:
    """The fields as `Event` has them. Raises `EventValueError`."""
    kept["kind"] = _KINDS[kept["kind"]]
    for name, (target, read) in _TURNED.items():
        if name in kept:
            kept[target] = read(kept.pop(name))
    for name, value in kept.get("business", {}).items():
        kept["business"][name] = business[name](value)  # type: ignore[misc]  # None only where no field was declared
    return kept


def _part_type(part: str, fields: Mapping[str, EventField]) -> Any:
    """Fields may be named as no attribute can be."""
    rows = [(f"f{at}", _type_of(field) | None, None) for at, field in enumerate(fields.values())]
    return _struct(part.title(), rows, rename={f"f{at}": name for at, name in enumerate(fields)})


def _struct(name: str, rows: list[Any], **options: Any) -> Any:
    if "tag" in options:
        options["tag_field"] = "kind"
    required = [row for row in rows if len(row) == 2]
    optional = [row for row in rows if len(row) == 3]
    return msgspec.defstruct(
        f"Sent{name}", [*required, *optional], forbid_unknown_fields=True, omit_defaults=True, gc=False, **options
    )


def _type_of(field: EventField) -> Any:
    if field.type is EventType.CATEGORY and field.values:
        return Literal[tuple(field.values)]
    return _TYPES[field.type]
