"""What an export of the ledger holds and how it is laid out, so that an auditor can check it without us.

`build_export` turns a checkpoint, the entries below it and the blobs they name into one archive: the same ledger always
gives the same bytes. Leaf hashes are kept as C2SP tiles (height 8); they tell an alteration to the exact record.
Source: LEDGER 11; C2SP tlog-tiles.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Final

from careloop.errors import Refused
from careloop.ledger.archive import pack
from careloop.ledger.canonical import canonical_bytes
from careloop.ledger.merkle import Frontier, leaf_hash
from careloop.ports.ledger import Checkpoint, Entry, Json

__all__ = [
    "CHECKPOINT",
    "EXPORT_SCHEMA",
    "KEY",
    "MANIFEST",
    "blob_name",
    "build_export",
    "entry_name",
    "manifest_of",
    "tile_names",
]

EXPORT_SCHEMA: Final = "careloop/ledger-export/v1"
CHECKPOINT: Final = "checkpoint"
KEY: Final = "ledger.pub"
MANIFEST: Final = "manifest.json"
_README: Final = "README.txt"
_TILE_WIDTH: Final = 256

_README_TEXT: Final = """\
Evidence of {origin}, {size} records
======================================================================

This file holds the record of what an organisation decided and did about its AI systems: gate results, approvals,
releases, alarms, rollbacks, incidents, training. It is made so that you can check it yourself, offline.

What is in here
  checkpoint      The log's own signed statement: its name, its length, and one hash (the root) for all of it.
  ledger.pub      The public key that the checkpoint was signed with. Ask for the key by another way as well: a forger
                  would put his own key here.
  entries/        One file a record, in order. The file is, byte for byte, what the root stands for.
  tile/0/         The hash of every record, 32 bytes each, 256 to a tile.
  blobs/          Documents that records refer to, named by their SHA-256: attestations, signatures, results.
  manifest.json   The SHA-256 of every other file here.

How to check it
  With careloop:  care-verify FILE --trust 'KEY'       KEY is the line you were given by another way.
  By hand:        1. hash each record: SHA-256 of a zero byte followed by the file;
                  2. join the hashes two by two into a Merkle tree (RFC 6962, section 2.1);
                  3. compare the root with the third line of the checkpoint (base64);
                  4. check the checkpoint's Ed25519 signature (C2SP signed-note) with the key you trust.

What a clean check means, and what it does not
  It means that these records are the ones the log held when it signed, in this order, none altered or left out.
  It does not say that what a record claims is true, nor that everything that happened was recorded. For the first,
  follow the signatures in blobs/; for the second, ask for the census records and compare them with another source.
"""


def entry_name(index: int) -> str:
    """Where a record stands in the archive."""
    return f"entries/{index:012d}.json"


def blob_name(digest: str) -> str:
    """Where a blob stands in the archive."""
    return f"blobs/{digest}"


def tile_names(size: int) -> list[str]:
    """Names of the leaf tiles of a log of `size` records, in order.

    >>> tile_names(300)
    ['tile/0/000', 'tile/0/001.p/44']
    """
    whole, part = divmod(size, _TILE_WIDTH)
    names = [f"tile/0/{_tile_number(n)}" for n in range(whole)]
    return [*names, f"tile/0/{_tile_number(whole)}.p/{part}"] if part else names


def build_export(checkpoint: Checkpoint, entries: Iterable[Entry], *, key: str, blobs: Mapping[str, bytes]) -> bytes:
    """The archive; raises `Refused` when the entries are not those the checkpoint stands for, or a blob is missing."""
    members = {CHECKPOINT: checkpoint.note.encode(), KEY: f"{key}\n".encode()}
    tree, leaves = Frontier(), bytearray()
    for entry in entries:
        members[entry_name(entry.index)] = entry.body
        leaf = leaf_hash(entry.body)
        tree.add(leaf)
        leaves += leaf
        members |= {blob_name(ref.sha256): _blob(ref.sha256, blobs) for ref in entry.record.blobs}
    if (tree.size, tree.root()) != (checkpoint.size, checkpoint.root):
        raise Refused(
            "the entries are not those that the checkpoint stands for", hint="Run `care ledger verify` to see where."
        )
    width = 32 * _TILE_WIDTH
    for number, name in enumerate(tile_names(tree.size)):
        members[name] = bytes(leaves[number * width : (number + 1) * width])
    members[_README] = _README_TEXT.format(origin=checkpoint.origin, size=checkpoint.size).encode()
    return pack(members | {MANIFEST: canonical_bytes(manifest_of(members, checkpoint))})


def manifest_of(members: Mapping[str, bytes], checkpoint: Checkpoint) -> dict[str, Json]:
    """The list of all other files, with size and digest."""
    return {
        "schema": EXPORT_SCHEMA,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "files": {
            name: {"sha256": sha256(content).hexdigest(), "size": len(content)} for name, content in members.items()
        },
    }


def _blob(digest: str, blobs: Mapping[str, bytes]) -> bytes:
    content = blobs.get(digest)
    if content is None or sha256(content).hexdigest() != digest:
        raise Refused(f"blob {digest} is missing or altered", hint="Run `care ledger verify` to see where.")
    return content


def _tile_number(number: int) -> str:
    groups: Sequence[str] = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups = [f"x{number % 1000:03d}", *groups]
    return "/".join(groups)
