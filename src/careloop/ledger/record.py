"""What makes a record fit to be kept, and the one sequence of bytes that stands for it ever after.

`seal` checks a record once, when it comes in, and writes its canonical bytes; those bytes are the leaf of the tree and
are never written again. `read_entry` reads them back. Neither knows a clock: the time of recording is an argument.
Source: LEDGER 1, 2, 12.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from careloop.errors import InvalidInput
from careloop.ledger.canonical import canonical_bytes, instant_text, problems_of_value, read_canonical, read_instant
from careloop.ledger.record_types import STANDARD_TYPES, RecordType, problems_of_type
from careloop.ledger.written import COMMITMENT, DIGEST, MEDIA, SHA256, UUID7, read_shortly, record_of, seal_shortly
from careloop.ports.ledger import Actor, ActorKind, BlobRef, Entry, Json, Record, Subject

__all__ = ["MAX_BODY", "read_entry", "reseal", "same_content", "seal", "uuid7"]

MAX_BODY: Final = 65_535
"""Most bytes in one record: what a C2SP entry bundle can carry, one below 64 KiB."""
_ROOM_FOR_SKEW: Final = 35
_KEYS: Final = frozenset({"v", "id", "type", "subject", "actor", "occurred_at", "recorded_at", "controls", "refs"}) | {
    "data",
    "redactable",
    "blobs",
}


def uuid7(unix_ms: int, random_bytes: bytes) -> str:
    """A time-ordered unique id (RFC 9562, version 7) from a time and ten bytes of randomness.

    `unix_ms` is milliseconds since 1970, 0 <= unix_ms < 2^48. Of the 80 random bits, 74 are used.

    >>> uuid7(0x017F22E279B0, bytes.fromhex("0cc318c4dc0c0c07398f"))
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
    """
    if not 0 <= unix_ms < 2**48:
        raise InvalidInput(f"{unix_ms} ms is outside the range of a UUIDv7")
    if len(random_bytes) != 10:
        raise InvalidInput(f"a UUIDv7 takes 10 random bytes, not {len(random_bytes)}")
    a, b = int.from_bytes(random_bytes[:2]) & 0x0FFF, int.from_bytes(random_bytes[2:]) & (2**62 - 1)
    digits = f"{unix_ms << 80 | 7 << 76 | a << 64 | 2 << 62 | b:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def seal(
    record: Record, *, recorded_at: datetime, skew_ms: int = 0, types: Mapping[str, RecordType] = STANDARD_TYPES
) -> bytes:
    """The bytes of a record, once and for all; raises `InvalidInput` naming every field that is wrong."""
    at_zero = recorded_at.utcoffset() == timedelta(0)
    body = seal_shortly(record, instant_text(recorded_at), skew_ms, types) if at_zero else None
    if body is None:
        problems = _problems_of_record(record) or problems_of_type(record, types) or _unsearchable(record)
        if problems or not at_zero:
            problems += [] if at_zero else ["recorded_at: not an instant in UTC"]
            raise InvalidInput(
                f"record {record.id}: {'; '.join(problems)}", hint="Mend the named fields, then send it again."
            )
        body = canonical_bytes(_as_json(record, recorded_at, skew_ms))
    if len(body) > MAX_BODY - _ROOM_FOR_SKEW:
        raise InvalidInput(
            f"record {record.id}: {len(body)} bytes, and at most {MAX_BODY - _ROOM_FOR_SKEW} fit",
            hint="Put the long part into a blob and keep its digest in the record.",
        )
    return body


def reseal(body: bytes, *, recorded_at: datetime, skew_ms: int) -> bytes:
    """The same record with a later time of recording, for a ledger whose last entry is younger than the given clock."""
    value = _object(read_canonical(body), "$")
    return canonical_bytes({**value, "recorded_at": instant_text(recorded_at), "skew_ms": skew_ms})


def same_content(one: bytes, other: bytes) -> bool:
    """Whether two sealed records say the same, whenever they were recorded."""
    return one == other or _without_recording(one) == _without_recording(other)


def read_entry(index: int, body: bytes) -> Entry:
    """The entry that sealed bytes stand for; raises `InvalidInput` when they are not a record in canonical form.

    The schema of the type is not consulted: an old or unknown type can always be read (see `record_types.upcast`).
    """
    written = read_shortly(body)
    if written is not None:
        at = datetime.fromisoformat(written.recorded_at)
        return Entry(index=index, recorded_at=at, skew_ms=written.skew_ms, record=record_of(written), body=body)
    return _read_at_length(index, body)


def _read_at_length(index: int, body: bytes) -> Entry:
    value = _object(read_canonical(body), "$")
    if unknown := value.keys() - _KEYS - {"skew_ms"}:
        raise InvalidInput(f"{', '.join(sorted(unknown))}: not a field of a record")
    if missing := _KEYS - value.keys():
        raise InvalidInput(f"{', '.join(sorted(missing))}: missing")
    record = _as_record(value)
    skew_ms = _integer(value.get("skew_ms", 0), "skew_ms")
    if skew_ms < 0:
        raise InvalidInput("skew_ms: never negative")
    if problems := _problems_of_record(record):
        raise InvalidInput("; ".join(problems))
    recorded_at = read_instant(value["recorded_at"])
    if canonical_bytes(_as_json(record, recorded_at, skew_ms)) != body:
        raise InvalidInput("not the form in which this record is written")
    return Entry(index=index, recorded_at=recorded_at, skew_ms=skew_ms, record=record, body=body)


def _without_recording(body: bytes) -> dict[str, Json]:
    value = _object(read_canonical(body), "$")
    return {key: item for key, item in value.items() if key not in {"recorded_at", "skew_ms"}}


def _as_json(record: Record, recorded_at: datetime, skew_ms: int) -> dict[str, Json]:
    value: dict[str, Json] = {
        "v": record.v,
        "id": record.id,
        "type": record.type,
        "subject": [{"name": s.name} | ({"digest": s.digest} if s.digest else {}) for s in record.subject],
        "actor": {"iss": record.actor.iss, "sub": record.actor.sub, "kind": record.actor.kind.value},
        "occurred_at": instant_text(record.occurred_at),
        "recorded_at": instant_text(recorded_at),
        "controls": record.controls,
        "refs": record.refs,
        "data": record.data,
        "redactable": record.redactable,
        "blobs": [{"sha256": b.sha256, "size": b.size, "media": b.media} for b in record.blobs],
    }
    return value | {"skew_ms": skew_ms} if skew_ms else value


def _as_record(value: Mapping[str, Json]) -> Record:
    actor = _object(value["actor"], "actor")
    kind = _text(actor.get("kind"), "actor.kind")
    if kind not in set(ActorKind):
        raise InvalidInput(f"actor.kind: {kind!r} is none of {', '.join(ActorKind)}")
    return Record(
        v=_integer(value["v"], "v"),
        id=_text(value["id"], "id"),
        type=_text(value["type"], "type"),
        subject=tuple(_subject(s, f"subject[{i}]") for i, s in enumerate(_list(value["subject"], "subject"))),
        actor=Actor(
            iss=_text(actor.get("iss"), "actor.iss"), sub=_text(actor.get("sub"), "actor.sub"), kind=ActorKind(kind)
        ),
        occurred_at=read_instant(value["occurred_at"]),
        controls=tuple(_text(c, "controls") for c in _list(value["controls"], "controls")),
        refs=tuple(_text(r, "refs") for r in _list(value["refs"], "refs")),
        data=_object(value["data"], "data"),
        redactable={k: _text(v, f"redactable.{k}") for k, v in _object(value["redactable"], "redactable").items()},
        blobs=tuple(_blob(b, f"blobs[{i}]") for i, b in enumerate(_list(value["blobs"], "blobs"))),
    )


def _subject(value: Json, field: str) -> Subject:
    item = _object(value, field)
    digest = item.get("digest")
    return Subject(
        name=_text(item.get("name"), f"{field}.name"),
        digest=None if digest is None else _text(digest, f"{field}.digest"),
    )


def _blob(value: Json, field: str) -> BlobRef:
    item = _object(value, field)
    return BlobRef(
        sha256=_text(item.get("sha256"), f"{field}.sha256"),
        size=_integer(item.get("size"), f"{field}.size"),
        media=_text(item.get("media"), f"{field}.media"),
    )


def _problems_of_record(record: Record) -> list[str]:
    problems: list[str] = []
    if not UUID7.fullmatch(record.id):
        problems.append(f"id: {record.id!r} is not a UUIDv7")
    if record.occurred_at.utcoffset() != timedelta(0):
        problems.append("occurred_at: not an instant in UTC")
    if record.v < 1:
        problems.append("v: versions count from 1")
    names = {"type": record.type, "actor.iss": record.actor.iss, "actor.sub": record.actor.sub}
    names |= {f"subject[{i}].name": s.name for i, s in enumerate(record.subject)}
    names |= {f"controls[{i}]": c for i, c in enumerate(record.controls)}
    names |= {f"refs[{i}]": r for i, r in enumerate(record.refs)}
    for field, name in names.items():
        problems += [f"{field}: empty"] if not name.strip() else problems_of_value(name, field)
    for i, subject in enumerate(record.subject):
        if subject.digest is not None and not DIGEST.fullmatch(subject.digest):
            problems.append(f"subject[{i}].digest: {subject.digest!r} is not sha256:…, sha512:… or gitCommit:… in hex")
    for i, blob in enumerate(record.blobs):
        if not SHA256.fullmatch(blob.sha256) or blob.size < 0 or not MEDIA.fullmatch(blob.media):
            problems.append(f"blobs[{i}]: needs a sha256 in hex, a size in bytes and a media type")
    for name, commitment in record.redactable.items():
        if not COMMITMENT.fullmatch(commitment):
            problems.append(f"redactable.{name}: {commitment!r} is not a commitment sha256:… in hex")
    return problems + problems_of_value(record.redactable, "redactable") + problems_of_value(record.data, "data")


def _unsearchable(record: Record) -> list[str]:
    """Names that some databases cannot hold, and so none is given to be found by."""
    names = {"type": record.type, "actor.iss": record.actor.iss, "actor.sub": record.actor.sub}
    names |= {f"subject[{i}].name": s.name for i, s in enumerate(record.subject)}
    return [f"{field}: holds a NUL character" for field, name in names.items() if "\0" in name]


def _object(value: Json, field: str) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{field}: not an object")
    return value


def _list(value: Json, field: str) -> list[Json]:
    if not isinstance(value, list):
        raise InvalidInput(f"{field}: not a list")
    return value


def _text(value: Json, field: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"{field}: not text")
    return value


def _integer(value: Json, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInput(f"{field}: not an integer")
    return value
