"""The records of an export: which line is which leaf of the tree, and what the rest of the check must know about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from care_verify.container import Members
from care_verify.decoding import Malformed, read_canonical
from care_verify.tree import leaf_hash

__all__ = [
    "DSSE",
    "RECORDS_IN_A_FILE",
    "TIMESTAMP",
    "Facts",
    "Line",
    "Record",
    "all_lines",
    "blob_name",
    "entries_name",
    "lines_of",
    "read_record",
]

RECORDS_IN_A_FILE: Final = 256
DSSE: Final = "application/vnd.dsse.envelope+json"
TIMESTAMP: Final = "application/timestamp-reply"
_FOLDERS: Final = {DSSE: ("attestations", ".dsse.json"), TIMESTAMP: ("timestamps", ".tsr")}
_TOLD: Final = {"attestation.key", "checkpoint.anchored", "ledger.forked", "ledger.key_rotated", "ledger.redacted"}


@dataclass(frozen=True, slots=True)
class Line:
    """What stands for a leaf: its own bytes, others in their place, or nothing."""

    index: int
    body: bytes | None
    fits: bool


@dataclass(frozen=True, slots=True)
class Record:
    """The parts of a record that other checks need."""

    index: int
    id: str
    type: str
    blobs: tuple[tuple[str, str], ...]
    """Digest and media type of each document it names."""
    redactable: Mapping[str, str]
    """Field -> commitment."""
    data: Mapping[str, Any]
    """What it says, where other checks need it; empty for all other types, so that a long log fits into memory."""


@dataclass(slots=True)
class Facts:
    """What the records that could be read say about keys, documents and erasures."""

    told: list[Record] = field(default_factory=list)
    """Records about keys and erasures, in order."""
    blobs: dict[str, str] = field(default_factory=dict)
    """Name in the archive -> digest."""
    commitments: set[str] = field(default_factory=set)

    def take(self, record: Record) -> None:
        """Remember what matters of one more record."""
        if record.type in _TOLD:
            self.told.append(record)
        self.blobs |= {blob_name(digest, media): digest for digest, media in record.blobs}
        self.commitments |= set(record.redactable.values())

    def of_type(self, kind: str) -> Iterator[Record]:
        """Records of one type, in order."""
        return (record for record in self.told if record.type == kind)


def entries_name(first: int) -> str:
    """Where the 256 records from `first` on stand."""
    return f"entries/{first:012d}.jsonl"


def blob_name(digest: str, media: str) -> str:
    """Where a document stands."""
    folder, suffix = _FOLDERS.get(media, ("blobs", ""))
    return f"{folder}/{digest}{suffix}"


def all_lines(members: Members) -> Iterator[bytes]:
    """Every line of every file of records, in order of their names."""
    for name in sorted(name for name in members if name.startswith("entries/")):
        yield from _lines(members[name])


def lines_of(members: Members, leaves: Sequence[bytes]) -> Iterator[Line]:
    """For each leaf what stands for it.

    A line that is a leaf stands for it, wherever in its file it is, so long as the order is kept; lines between two
    such, that are none, stand for the leaves between them, as far as they reach.
    """
    for first in range(0, len(leaves), RECORDS_IN_A_FILE):
        expected = leaves[first : first + RECORDS_IN_A_FILE]
        found = _placed(_lines(members.get(entries_name(first))), expected)
        for at in range(len(expected)):
            body, fits = found.get(at, (None, False))
            yield Line(first + at, body, fits)


def read_record(index: int, body: bytes) -> Record:
    """The parts that matter; raises `Malformed` when the bytes are no record in canonical form."""
    value = read_canonical(body)
    try:
        kind, data = _text(value["type"]), dict(value["data"])
        return Record(
            index=index,
            id=_text(value["id"]),
            type=kind,
            blobs=tuple((_text(ref["sha256"]), _text(ref["media"])) for ref in value["blobs"]),
            redactable={name: _text(commitment) for name, commitment in value["redactable"].items()},
            data=data if kind in _TOLD else {},
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Malformed(f"record {index}: not a record: {error!r}") from error


def _placed(lines: Sequence[bytes], leaves: Sequence[bytes]) -> dict[int, tuple[bytes, bool]]:
    hashes = [leaf_hash(line) for line in lines]
    if hashes == list(leaves):
        return {at: (line, True) for at, line in enumerate(lines)}
    places = {leaf: at for at, leaf in enumerate(leaves)}
    found: dict[int, tuple[bytes, bool]] = {}
    spare: list[bytes] = []
    last = -1
    for line, leaf in zip(lines, hashes, strict=True):
        at = places.get(leaf, -1)
        if at <= last:
            spare.append(line)
            continue
        found |= {gap: (other, False) for gap, other in zip(range(last + 1, at), spare, strict=False)}
        found[at], last, spare = (line, True), at, []
    return found | {gap: (other, False) for gap, other in zip(range(last + 1, len(leaves)), spare, strict=False)}


def _lines(content: bytes | None) -> list[bytes]:
    return (content or b"").removesuffix(b"\n").split(b"\n") if content else []


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value
