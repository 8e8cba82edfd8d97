"""What the export says about itself, its list of digests and its manifest, held against what is in it."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from care_verify.container import Members
from care_verify.decoding import canonical
from care_verify.findings import Problem, ProblemKind
from care_verify.notes import Checkpoint

__all__ = ["MANIFEST", "README", "SCHEMA", "SUMS", "against_sums", "manifest_of"]

SCHEMA: Final = "careloop/ledger-export/v2"
MANIFEST: Final = "manifest.json"
README: Final = "README.txt"
SUMS: Final = "SHA256SUMS"


def manifest_of(checkpoint: Checkpoint, *, key: str, rotations: Sequence[int], disclosures: int) -> bytes:
    """The manifest that belongs to an export with this checkpoint, key, key changes and disclosed values."""
    return canonical(
        {
            "schema": SCHEMA,
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "key": key,
            "rotations": list(rotations),
            "disclosures": disclosures,
        }
    )


def against_sums(members: Members) -> list[Problem]:
    """Where the files differ from the list of digests, which must be complete, in order and in its one form."""
    listed = _read(members.get(SUMS) or b"")
    if listed is None:
        return [Problem(ProblemKind.FILE_ALTERED, SUMS)]
    found = {name: _digest(content) for name, content in members.items() if name != SUMS}
    return [
        *(Problem(ProblemKind.FILE_MISSING, name) for name in listed.keys() - found.keys()),
        *(Problem(ProblemKind.FILE_ADDED, name) for name in found.keys() - listed.keys()),
        *(Problem(ProblemKind.FILE_ALTERED, n) for n in listed.keys() & found.keys() if listed[n] != found[n]),
    ]


def _read(content: bytes) -> Mapping[str, str] | None:
    rows = [line.partition("  ") for line in content.decode(errors="replace").removesuffix("\n").split("\n")]
    listed = {name: digest for digest, _, name in rows}
    again = "".join(f"{listed[name]}  {name}\n" for name in sorted(listed))
    return listed if again.encode() == content else None


def _digest(content: bytes | None) -> str:
    return "" if content is None else sha256(content).hexdigest()
