"""Check an export from its bytes alone: which records are proven, which are missing, which were altered.

Nothing here trusts the archive. The container is written again and compared; the contents are held against the manifest
and, above all, against the signed checkpoint. Only a key given from outside makes the outcome "authentic".
Source: LEDGER 11.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from careloop.errors import CareloopError, InvalidInput
from careloop.ledger.archive import Unpacked, pack, unpack
from careloop.ledger.canonical import canonical_bytes, read_canonical
from careloop.ledger.checkpoint import read_checkpoint
from careloop.ledger.export_layout import (
    CHECKPOINT,
    KEY,
    MANIFEST,
    blob_name,
    entry_name,
    manifest_of,
    tile_names,
)
from careloop.ledger.merkle import Frontier, leaf_hash
from careloop.ledger.note import Verifier, read_verifier
from careloop.ledger.record import read_entry
from careloop.ports.ledger import Checkpoint

__all__ = ["ExportProblem", "ExportVerification", "RecordState", "RecordVerdict", "verify_export"]

_MAX_RECORDS: Final = 10_000_000


class RecordState(StrEnum):
    """What the export shows about one record."""

    PROVEN = "proven"
    MISSING = "missing"
    ALTERED = "altered"
    UNPROVEN = "unproven"
    """Whole as far as one can see, but the checkpoint that should prove it does not hold."""


class ExportProblem(StrEnum):
    """What is wrong with the export as a whole."""

    CONTAINER_ALTERED = "container_altered"
    BAD_SIGNATURE = "bad_signature"
    BAD_ROOT = "bad_root"
    MANIFEST_ALTERED = "manifest_altered"
    FILE_ALTERED = "file_altered"
    FILE_MISSING = "file_missing"
    FILE_ADDED = "file_added"
    BLOB_MISSING = "blob_missing"


@dataclass(frozen=True, slots=True)
class RecordVerdict:
    """The state of one record."""

    index: int
    id: str | None
    """None when the record cannot be read."""
    state: RecordState


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportVerification:
    """The outcome of checking an export."""

    checkpoint: Checkpoint | None
    """None when its signature does not hold."""
    trusted: bool
    """Whether the signature was checked with a key from outside the export."""
    records: tuple[RecordVerdict, ...]
    problems: tuple[tuple[ExportProblem, str], ...]
    """What is wrong, and the file or fact it concerns."""

    @property
    def sound(self) -> bool:
        """Whether every record is proven and nothing else is wrong."""
        return not self.problems and all(r.state is RecordState.PROVEN for r in self.records)

    @property
    def headline(self) -> str:
        """The first line to show: how much of a proof this is."""
        if not self.sound:
            return "not sound: see the records and problems below"
        return "authentic" if self.trusted else "self-consistent, origin not checked"


def verify_export(archive: bytes, *, trust: Verifier | None = None) -> ExportVerification:
    """Check an export; `trust` is the log's key, obtained by another way.

    Raises `InvalidInput` when the bytes cannot be opened as an archive at all.
    """
    members = unpack(archive)
    problems: list[tuple[ExportProblem, str]] = []
    checkpoint = _checkpoint(members, trust)
    if checkpoint is None:
        problems.append((ExportProblem.BAD_SIGNATURE, CHECKPOINT))
    leaves, holds = _leaves(members, checkpoint)
    if checkpoint is not None and not holds:
        problems.append((ExportProblem.BAD_ROOT, "tile/0"))
    if trust is not None and members.get(KEY) != f"{trust.text}\n".encode():
        problems.append((ExportProblem.FILE_ALTERED, f"{KEY} is not the trusted key"))
    records, blobs = _records(members, leaves, holds=holds)
    problems += [(ExportProblem.BLOB_MISSING, blob) for blob in blobs if _digest(members.get(blob_name(blob))) != blob]
    problems += _against_manifest(members, checkpoint)
    if _repacked(members) != archive:
        problems.append((ExportProblem.CONTAINER_ALTERED, "the ZIP itself"))
    return ExportVerification(
        checkpoint=checkpoint, trusted=trust is not None, records=records, problems=tuple(problems)
    )


def _checkpoint(members: Unpacked, trust: Verifier | None) -> Checkpoint | None:
    note, own = members.get(CHECKPOINT), members.get(KEY)
    try:
        key = trust or read_verifier((own or b"").decode().removesuffix("\n"))
        return read_checkpoint((note or b"").decode(), key)
    except (CareloopError, UnicodeDecodeError):
        return None


def _leaves(members: Unpacked, checkpoint: Checkpoint | None) -> tuple[list[bytes], bool]:
    """Leaf hashes, and whether the checkpoint proves them.

    From the tiles; where those do not hold, from the records themselves, which may hold without them.
    """
    count = sum(name.startswith("entries/") for name in members)
    recomputed = [leaf_hash(members.get(entry_name(index)) or b"") for index in range(count)]
    if checkpoint is None:
        return recomputed, False
    signed = (checkpoint.size, checkpoint.root)
    tiles = b"".join(members.get(name) or b"" for name in tile_names(min(checkpoint.size, _MAX_RECORDS)))
    kept = [tiles[at : at + 32] for at in range(0, len(tiles), 32)]
    if _root(kept) != signed and _root(recomputed) == signed:
        return recomputed, True
    return kept, _root(kept) == signed


def _root(leaves: Sequence[bytes]) -> tuple[int, bytes]:
    tree = Frontier()
    for leaf in leaves:
        tree.add(leaf)
    return tree.size, tree.root()


def _records(members: Unpacked, leaves: Sequence[bytes], *, holds: bool) -> tuple[tuple[RecordVerdict, ...], list[str]]:
    """A verdict for each record, and the digests of the blobs that whole records name."""
    verdicts: list[RecordVerdict] = []
    blobs: dict[str, None] = {}
    for index, leaf in enumerate(leaves):
        body = members.get(entry_name(index), b"")
        if entry_name(index) not in members:
            verdicts.append(RecordVerdict(index, None, RecordState.MISSING))
        elif body is None or leaf_hash(body) != leaf:
            verdicts.append(RecordVerdict(index, _id_of(index, body), RecordState.ALTERED))
        else:
            state = RecordState.PROVEN if holds else RecordState.UNPROVEN
            verdicts.append(RecordVerdict(index, _id_of(index, body), state))
            blobs |= dict.fromkeys(_blobs_of(index, body))
    return tuple(verdicts), list(blobs)


def _id_of(index: int, body: bytes | None) -> str | None:
    try:
        return read_entry(index, body or b"").record.id
    except InvalidInput:
        return None


def _blobs_of(index: int, body: bytes) -> list[str]:
    try:
        return [ref.sha256 for ref in read_entry(index, body).record.blobs]
    except InvalidInput:
        return []


def _against_manifest(members: Unpacked, checkpoint: Checkpoint | None) -> list[tuple[ExportProblem, str]]:
    manifest = members.get(MANIFEST)
    try:
        said = read_canonical(manifest or b"")
    except InvalidInput:
        return [(ExportProblem.MANIFEST_ALTERED, MANIFEST)]
    listed = said.get("files") if isinstance(said, Mapping) else None
    if not isinstance(listed, Mapping):
        return [(ExportProblem.MANIFEST_ALTERED, MANIFEST)]
    found = {name: content for name, content in members.items() if name != MANIFEST}
    problems = [(ExportProblem.FILE_MISSING, name) for name in listed.keys() - found.keys()]
    problems += [(ExportProblem.FILE_ADDED, name) for name in found.keys() - listed.keys()]
    problems += [
        (ExportProblem.FILE_ALTERED, name)
        for name in listed.keys() & found.keys()
        if listed[name] != {"sha256": _digest(found[name]), "size": len(found[name] or b"")}
    ]
    whole = {name: content for name, content in found.items() if content is not None}
    if not problems and checkpoint is not None and canonical_bytes(manifest_of(whole, checkpoint)) != manifest:
        problems.append((ExportProblem.MANIFEST_ALTERED, MANIFEST))
    return sorted(problems)


def _repacked(members: Unpacked) -> bytes | None:
    if any(content is None for content in members.values()):
        return None
    return pack({name: content for name, content in members.items() if content is not None})


def _digest(content: bytes | None) -> str | None:
    return None if content is None else sha256(content).hexdigest()
