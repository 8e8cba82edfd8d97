"""What an export of the ledger holds and how it is laid out, so that an auditor can check it without us.

`build_export` turns a checkpoint, the entries below it and what belongs to them into one archive: the same ledger
always gives the same bytes. Hashes are kept as C2SP tiles (height 8); they tell an alteration to the exact record.
What reads it is the distribution care-verify, which shares no code with this. Source: LEDGER 11; C2SP tlog-tiles.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from careloop.errors import Refused
from careloop.ledger.archive import pack
from careloop.ledger.canonical import canonical_bytes
from careloop.ledger.envelope import ENVELOPE_MEDIA_TYPE, key_id, public_pem, sigstore_bundle
from careloop.ledger.export_readme import readme_text
from careloop.ledger.merkle import EMPTY_ROOT, leaf_hash, node_hash
from careloop.ledger.note import Verifier, read_verifier
from careloop.ports.ledger import Checkpoint, Entry

__all__ = [
    "EXPORT_SCHEMA",
    "TIMESTAMP_MEDIA_TYPE",
    "ExportParts",
    "blob_name",
    "build_export",
    "entries_name",
    "rotation_name",
    "tile_names",
]

EXPORT_SCHEMA: Final = "careloop/ledger-export/v2"
TIMESTAMP_MEDIA_TYPE: Final = "application/timestamp-reply"
"""RFC 3161 section 3.4."""
_TILE_WIDTH: Final = 256
_FOLDERS: Final = {ENVELOPE_MEDIA_TYPE: ("attestations", ".dsse.json"), TIMESTAMP_MEDIA_TYPE: ("timestamps", ".tsr")}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportParts:
    """Everything an export is made of."""

    checkpoint: Checkpoint
    key: str
    """The log's public key in one line."""
    entries: Iterable[Entry]
    """All entries below the checkpoint, in order."""
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    """Digest -> document, for each that an entry names."""
    disclosures: Iterable[bytes] = ()
    """Lines of personal values that are not erased and may be shown."""
    rotations: Mapping[int, str] = field(default_factory=dict)
    """Size of the log -> checkpoint signed by the key before and the key after a change."""


def entries_name(first: int) -> str:
    """Where the 256 records from `first` on stand in the archive, one a line."""
    return f"entries/{first:012d}.jsonl"


def blob_name(digest: str, media: str) -> str:
    """Where a document stands in the archive."""
    folder, suffix = _FOLDERS.get(media, ("blobs", ""))
    return f"{folder}/{digest}{suffix}"


def rotation_name(size: int) -> str:
    """Where the checkpoint of a change of keys stands in the archive."""
    return f"rotations/{size:012d}"


def tile_names(size: int, level: int = 0) -> list[str]:
    """Names of the tiles that hold `size` hashes at a level, in order.

    >>> tile_names(300)
    ['tile/0/000', 'tile/0/001.p/44']
    """
    whole, part = divmod(size, _TILE_WIDTH)
    names = [f"tile/{level}/{_tile_number(n)}" for n in range(whole)]
    return [*names, f"tile/{level}/{_tile_number(whole)}.p/{part}"] if part else names


def build_export(parts: ExportParts) -> bytes:
    """The archive; raises `Refused` when the entries are not those the checkpoint stands for, or a blob is missing."""
    checkpoint = parts.checkpoint
    members = {"checkpoint": checkpoint.note.encode(), "ledger.pub": f"{parts.key}\n".encode()}
    leaves, lines = bytearray(), bytearray()
    for entry in parts.entries:
        leaves += leaf_hash(entry.body)
        lines += entry.body + b"\n"
        members |= _documents(entry, parts.blobs)
        if entry.index % _TILE_WIDTH == _TILE_WIDTH - 1 or entry.index == checkpoint.size - 1:
            members[entries_name(entry.index - entry.index % _TILE_WIDTH)] = bytes(lines)
            lines.clear()
    tiles, root = _tiles(bytes(leaves))
    if (len(leaves) // 32, root) != (checkpoint.size, checkpoint.root):
        raise Refused(
            "the entries are not those that the checkpoint stands for", hint="Run `care ledger verify` to see where."
        )
    members |= tiles
    members |= {rotation_name(size): note.encode() for size, note in parts.rotations.items()}
    shown = sorted(parts.disclosures)
    if shown:
        members["disclosures.jsonl"] = b"".join(line + b"\n" for line in shown)
    members["README.txt"] = readme_text(checkpoint.origin, checkpoint.size).encode()
    members["manifest.json"] = canonical_bytes(
        {
            "schema": EXPORT_SCHEMA,
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "key": parts.key,
            "rotations": sorted(parts.rotations),
            "disclosures": len(shown),
        }
    )
    sums = "".join(f"{sha256(members[name]).hexdigest()}  {name}\n" for name in sorted(members))
    return pack(members | {"SHA256SUMS": sums.encode()})


def _documents(entry: Entry, blobs: Mapping[str, bytes]) -> dict[str, bytes]:
    """What an entry names, and what stock tools need to check it."""
    found: dict[str, bytes] = {}
    for ref in entry.record.blobs:
        content = blobs.get(ref.sha256)
        if content is None or sha256(content).hexdigest() != ref.sha256:
            raise Refused(f"blob {ref.sha256} is missing or altered", hint="Run `care ledger verify` to see where.")
        found[blob_name(ref.sha256, ref.media)] = content
        if ref.media == ENVELOPE_MEDIA_TYPE:
            found[f"attestations/{ref.sha256}.sigstore.json"] = sigstore_bundle(content)
    if entry.record.type == "attestation.key":
        key: Verifier = read_verifier(str(entry.record.data["key"]))
        found[f"keys/{key_id(key)}.pem"] = public_pem(key)
    return found


def _tiles(leaves: bytes) -> tuple[dict[str, bytes], bytes]:
    """Every tile of the tree, and its root."""
    found: dict[str, bytes] = {}
    hashes, level = [leaves[at : at + 32] for at in range(0, len(leaves), 32)], 0
    edge: list[bytes] = []
    while hashes:
        for number, name in enumerate(tile_names(len(hashes), level)):
            found[name] = b"".join(hashes[number * _TILE_WIDTH : (number + 1) * _TILE_WIDTH])
        for _ in range(8):
            if len(hashes) % 2:
                edge.append(hashes.pop())
            hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
        level += 1
    if not edge:
        return found, EMPTY_ROOT
    root, *rest = edge
    for left in rest:
        root = node_hash(left, root)
    return found, root


def _tile_number(number: int) -> str:
    groups: Sequence[str] = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups = [f"x{number % 1000:03d}", *groups]
    return "/".join(groups)
