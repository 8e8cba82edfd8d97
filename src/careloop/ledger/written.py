"""The short way between a record and its bytes, for the many records that have nothing unusual about them.

Both ways give nothing when they are not sure, and `record` then goes the long way, which finds the words for what is
wrong; they never take what the long way would refuse. Tests hold the two against each other. msgspec's typed decoder
and encoder do the work: a record that is encoded again into the same bytes was canonical.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final
from unicodedata import is_normalized

import msgspec

from careloop.errors import InvalidInput
from careloop.ledger.canonical import MAX_INTEGER, instant_text, is_simple
from careloop.ledger.record_types import RecordType
from careloop.ports.ledger import Actor, ActorKind, BlobRef, Entry, Record, Subject

__all__ = [
    "COMMITMENT",
    "DIGEST",
    "MEDIA",
    "SHA256",
    "UUID7",
    "WrittenActor",
    "WrittenBlob",
    "WrittenRecord",
    "WrittenSubject",
    "read_shortly",
    "record_of",
    "seal_shortly",
    "written_of",
]

UUID7: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}|gitCommit:(?:[0-9a-f]{40}|[0-9a-f]{64})")
COMMITMENT: Final = re.compile(r"sha256:[0-9a-f]{64}")
SHA256: Final = re.compile(r"[0-9a-f]{64}")
MEDIA: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d\.\d{6}Z", re.ASCII)
_ASTRAL: Final = re.compile(rb"[\xf0-\xf4]")
_NUL: Final = b"\\u0000"
_KINDS: Final = {kind.value: kind for kind in ActorKind}


class WrittenActor(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """`actor` as it is written."""

    iss: str
    sub: str
    kind: str


class WrittenSubject(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One of `subject`."""

    name: str
    digest: str | None = None


class WrittenBlob(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One of `blobs`."""

    sha256: str
    size: int
    media: str


class WrittenRecord(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A whole record as it is written: LEDGER 1, and `skew_ms` where the recorder's clock was behind."""

    v: int
    id: str
    type: str
    subject: tuple[WrittenSubject, ...]
    actor: WrittenActor
    occurred_at: str
    recorded_at: str
    controls: tuple[str, ...]
    refs: tuple[str, ...]
    data: dict[str, Any]
    redactable: dict[str, str]
    blobs: tuple[WrittenBlob, ...]
    skew_ms: int = 0


_WRITE: Final = msgspec.json.Encoder(order="sorted").encode
_READ: Final = msgspec.json.Decoder(WrittenRecord).decode


def read_shortly(body: bytes) -> WrittenRecord | None:
    """The record that bytes are the one canonical form of; None when that is not plain to see."""
    try:
        written = _READ(body)
        if _WRITE(written) != body or not _is_plain_text(body) or not _fits(written):
            return None
        if not (_INSTANT.fullmatch(written.recorded_at) and _INSTANT.fullmatch(written.occurred_at)):
            return None
        datetime.fromisoformat(written.recorded_at)
        datetime.fromisoformat(written.occurred_at)
    except (ValueError, RecursionError):
        return None
    return written


def seal_shortly(record: Record, recorded_at: str, skew_ms: int, types: Mapping[str, RecordType]) -> bytes | None:
    """The bytes of a record with nothing wrong about it; None when that is not plain to see.

    `recorded_at` is as `instant_text` writes it.
    """
    kind = types.get(record.type)
    if kind is None or record.v != kind.version or not kind.required <= record.data.keys():
        return None
    if type(record.data) is not dict or type(record.redactable) is not dict:
        return None
    with suppress(InvalidInput, ValueError, RecursionError, TypeError):
        written = _written(record, recorded_at, skew_ms)
        if _fits(written):
            body = _WRITE(written)
            return body if _is_plain_text(body) and _NUL not in body else None
    return None


def written_of(entry: Entry) -> WrittenRecord:
    """An entry as it is written."""
    return _written(entry.record, instant_text(entry.recorded_at), entry.skew_ms)


def _written(record: Record, recorded_at: str, skew_ms: int) -> WrittenRecord:
    actor = record.actor
    return WrittenRecord(
        v=record.v,
        id=record.id,
        type=record.type,
        subject=tuple([WrittenSubject(s.name, s.digest or None) for s in record.subject]),
        actor=WrittenActor(actor.iss, actor.sub, actor.kind.value),
        occurred_at=instant_text(record.occurred_at),
        recorded_at=recorded_at,
        controls=record.controls,
        refs=record.refs,
        data=record.data,  # type: ignore[arg-type]  # a plain dict is asked for where it matters
        redactable=record.redactable,  # type: ignore[arg-type]  # the same
        blobs=tuple([WrittenBlob(b.sha256, b.size, b.media) for b in record.blobs]),
        skew_ms=skew_ms,
    )


def record_of(written: WrittenRecord) -> Record:
    """The record that was written."""
    actor = written.actor
    return Record(
        v=written.v,
        id=written.id,
        type=written.type,
        subject=tuple([Subject(name=s.name, digest=s.digest) for s in written.subject]),
        actor=Actor(iss=actor.iss, sub=actor.sub, kind=_KINDS[actor.kind]),
        occurred_at=datetime.fromisoformat(written.occurred_at),
        controls=written.controls,
        refs=written.refs,
        data=written.data,
        redactable=written.redactable,
        blobs=tuple([BlobRef(sha256=b.sha256, size=b.size, media=b.media) for b in written.blobs]),
    )


def _is_plain_text(body: bytes) -> bool:
    """Whether all text is in NFC and within the basic plane, where the encoder's order of keys is RFC 8785's.

    A piece of a text in NFC is in NFC itself, so the whole is looked at once.
    """
    return body.isascii() or (not _ASTRAL.search(body) and is_normalized("NFC", body.decode()))


def _fits(written: WrittenRecord) -> bool:
    actor = written.actor
    names = (written.type, actor.iss, actor.sub, *written.controls, *written.refs)
    if not all(type(name) is str and name.strip() for name in names):
        return False
    for subject in written.subject:
        if type(subject.name) is not str or not subject.name.strip():
            return False
        if subject.digest is not None and not DIGEST.fullmatch(subject.digest):
            return False
    return (
        UUID7.fullmatch(written.id) is not None
        and type(written.v) is int
        and 1 <= written.v <= MAX_INTEGER
        and 0 <= written.skew_ms <= MAX_INTEGER
        and actor.kind in _KINDS
        and is_simple(written.data, text_too=False)
        and is_simple(written.redactable, text_too=False)
        and all(COMMITMENT.fullmatch(value) for value in written.redactable.values())
        and all(map(_blob_fits, written.blobs))
    )


def _blob_fits(blob: WrittenBlob) -> bool:
    return (
        SHA256.fullmatch(blob.sha256) is not None
        and type(blob.size) is int
        and 0 <= blob.size <= MAX_INTEGER
        and MEDIA.fullmatch(blob.media) is not None
    )
