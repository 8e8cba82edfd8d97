"""What the inside asks of the evidence ledger: append records, read them back, prove that they are there.

The nouns that cross this port live here as well. Rules about them (what a valid record is, how its bytes are made) are
in `careloop.ledger`. SQLite fills the port today; PostgreSQL and HTTP fill the same shape. Source: LEDGER 1-5, 13.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias, TypedDict, Unpack

__all__ = [
    "Actor",
    "ActorKind",
    "BlobRef",
    "Checkpoint",
    "Entry",
    "Json",
    "Ledger",
    "Receipt",
    "Record",
    "Selection",
    "Subject",
    "Where",
]

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"
"""A value that can stand in a record: no fractions (a decimal is a string), integers below 2^53."""


class ActorKind(StrEnum):
    """What sort of actor did it."""

    PERSON = "person"
    SERVICE = "service"
    """A job with its own identity, such as a CI runner."""
    AUTOMATION = "automation"
    """careloop acting by itself under an approved plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did it: one person or service, known by issuer and subject together."""

    iss: str
    """Who vouches for the name: an OIDC issuer, or the governance repository."""
    sub: str
    kind: ActorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What the record is about, with its digest where it is an artefact."""

    name: str
    digest: str | None = None
    """`sha256:…`, `sha512:…` or `gitCommit:…` in lower-case hex; None for what has no bytes, such as a system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobRef:
    """A larger document that is kept beside the log and bound to it by its digest."""

    sha256: str
    """64 lower-case hex digits."""
    size: int
    """Bytes."""
    media: str
    """Media type, such as `application/vnd.dsse.envelope+json`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One statement of fact that somebody wants to be held to: who did what, to which thing, when."""

    id: str
    """UUIDv7 chosen by the caller: sending the same record twice records it once."""
    type: str
    """Name in the registry of record types, such as `gate.decision`."""
    actor: Actor
    occurred_at: datetime
    """When it happened, aware UTC."""
    data: Mapping[str, Json]
    subject: tuple[Subject, ...] = ()
    controls: tuple[str, ...] = ()
    """Requirements that this is evidence for, with their edition: `iso42001:2023/A.6.2.4`."""
    refs: tuple[str, ...] = ()
    """Ids of earlier records, or addresses of documents."""
    redactable: Mapping[str, str] = field(default_factory=dict)
    """Field -> salted commitment `sha256:…`; the value itself is never in the log."""
    blobs: tuple[BlobRef, ...] = ()
    v: int = 1
    """Version of this type's schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A record in its place in the log."""

    index: int
    """Position, from 0; the only order there is."""
    recorded_at: datetime
    """When the ledger took it, aware UTC; never earlier than that of the entry before."""
    skew_ms: int
    """How far the recorder's clock was behind the entry before, in ms rounded up; 0 when it was not."""
    record: Record
    body: bytes
    """The canonical bytes: exactly what the tree's leaf hashes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The ledger's acknowledgement: the record is durable, at this place, in a tree of this size and root."""

    id: str
    index: int
    leaf_hash: bytes
    """32 bytes."""
    size: int
    """Tree size right after the commit that carried the record."""
    root: bytes
    """32 bytes."""
    recorded_at: datetime
    skew_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The log's signed statement of its size and root."""

    origin: str
    size: int
    root: bytes
    """32 bytes."""
    note: str
    """The whole signed note (C2SP tlog-checkpoint), ready to be shown to others."""


class Where(TypedDict, total=False):
    """The filters of a query; those that are given must all hold."""

    type: str
    subject: str
    """Name of a subject."""
    actor: tuple[str, str]
    """Issuer and subject."""
    since: datetime
    """Recorded at or after."""
    until: datetime
    """Recorded before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The filters of a query as one value, for adapters; a misspelt filter cannot be made."""

    type: str | None = None
    subject: str | None = None
    actor: tuple[str, str] | None = None
    since: datetime | None = None
    until: datetime | None = None

    def holds_for(self, entry: Entry) -> bool:
        """Whether an entry passes every filter."""
        record = entry.record
        return (
            (self.type is None or record.type == self.type)
            and (self.subject is None or any(s.name == self.subject for s in record.subject))
            and (self.actor is None or (record.actor.iss, record.actor.sub) == self.actor)
            and (self.since is None or entry.recorded_at >= self.since)
            and (self.until is None or entry.recorded_at < self.until)
        )


class Ledger(Protocol):
    """The append-only log of one organisation.

    Every call raises `Unavailable` when the store is out of reach; whoever needed it is then closed.
    """

    @property
    def origin(self) -> str:
        """Name of the log, as its checkpoints say it."""

    @property
    def key(self) -> str:
        """Public key of the log as a C2SP verifier key: name+hash+base64."""

    def append(self, records: Sequence[Record], *, recorded_at: datetime) -> tuple[Receipt, ...]:
        """Record all of them, in this order, or none; return when they are durable.

        `recorded_at` is the caller's clock, aware UTC. Safe to repeat: the same id with the same content returns the
        first receipt. Raises `Conflict` when an id is taken by other content and `InvalidInput` naming the field.
        """

    def size(self) -> int:
        """Number of entries."""

    def head(self) -> Checkpoint:
        """The newest signed checkpoint."""

    def entry(self, index: int) -> Entry:
        """One entry by its index; raises `NotFound`."""

    def entries(self, start: int, end: int) -> Iterator[Entry]:
        """Entries start <= index < end, in order; raises `NotFound` when the range leaves the log."""

    def query(self, *, upto: int | None = None, **where: Unpack[Where]) -> Iterator[Entry]:
        """Entries that pass every filter, in order, below index `upto` (the size now, when not given)."""

    def prove(self, index: int, size: int) -> tuple[bytes, ...]:
        """Inclusion proof (RFC 6962 audit path) of an entry in the tree of that size; raises `NotFound`."""

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Proof (RFC 6962) that the tree of size `new` begins with the tree of size `old`; raises `NotFound`."""

    def put_blob(self, content: bytes, *, media: str) -> BlobRef:
        """Keep a document beside the log, durably; the same bytes twice are kept once."""

    def get_blob(self, sha256: str) -> bytes:
        """A document by its digest, checked against it; raises `NotFound`, or `Refused` when altered."""

    def close(self) -> None:
        """Release the store."""
