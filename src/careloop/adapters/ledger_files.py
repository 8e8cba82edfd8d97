"""The files around a ledger's database: its keys, its newest checkpoint, and the anchor that remembers for it.

A database that was rolled back or swapped looks healthy from inside. The anchor is a signed checkpoint kept elsewhere;
a ledger that is shorter than its anchor, or differs from it, refuses to run. Source: LEDGER 5, 6.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from careloop.adapters.durable_file import locked_folder, write_together
from careloop.adapters.signing_keys import load_signer, load_verifier
from careloop.errors import InvalidInput, NotFound, Refused, Unavailable
from careloop.ledger.checkpoint import read_checkpoint, sign_checkpoint
from careloop.ledger.merkle import Nodes, tree_root
from careloop.ledger.note import Signer, Verifier
from careloop.ports.ledger import Checkpoint

__all__ = ["Head", "KeyPair", "LedgerFiles", "files_of", "keys_of", "own_key", "read_kept"]


KeyPair: TypeAlias = tuple[Verifier, Signer]
"""The public and the secret half of a log's key."""

Head: TypeAlias = tuple[int, bytes]
"""Size and root of a log."""


@dataclass(frozen=True, slots=True)
class LedgerFiles:
    """Where everything that belongs to one ledger lies."""

    database: Path
    checkpoint: Path
    anchor: Path
    """The signed checkpoint kept apart from the database: best on another disk."""
    key: Path
    """Secret, mode 0600."""
    public_key: Path

    def publish(self, head: Head, owner: KeyPair, *, durable: Callable[[], Head | None] = lambda: None) -> KeyPair:
        """Bring checkpoint file and anchor up to this size and root; neither goes back, whoever else does the same.

        When they are behind, `durable` makes all that was committed durable and says up to where; None when that is
        `head`. When they are not, somebody else did so for a longer log. Signed with the key that counts now, which is
        given back: somebody may have changed it since it was read.
        """
        with locked_folder(self.checkpoint.parent):
            verifier, signer = self._now(owner)
            kept = self.kept(verifier)
            behind = [path for path, found in kept.items() if found is None or found.size < head[0]]
            if behind:
                head = durable() or head
                note = sign_checkpoint(*head, signer).note.encode()
                write_together(dict.fromkeys(behind, note))
        return verifier, signer

    def _now(self, owner: KeyPair) -> KeyPair:
        verifier = load_verifier(self.public_key)
        return owner if verifier == owner[0] else (verifier, own_key(self, verifier))

    def kept(self, key: Verifier) -> dict[Path, Checkpoint | None]:
        """What checkpoint file and anchor say. Read before the log: an append meanwhile only makes the log longer."""
        return {path: read_kept(path, key) for path in (self.checkpoint, self.anchor)}

    def check(self, kept: Mapping[Path, Checkpoint | None], size: int, nodes: Nodes, key: Verifier) -> None:
        """Raise `Refused`, saying how to recover, when the log is behind or forked from what was once signed."""
        for path, found in kept.items():
            if found is None:
                if size and path == self.anchor and read_kept(path, key) is None:  # not even one that came meanwhile
                    raise Refused(f"the ledger's anchor {path} is gone", hint=_recovery(size))
            elif found.size > size:
                raise Refused(
                    f"the ledger has {size} entries, but {path} proves that it had {found.size}",
                    hint=_recovery(found.size),
                )
            elif tree_root(found.size, nodes) != found.root:
                raise Refused(
                    f"the ledger's first {found.size} entries are not those that {path} was signed for",
                    hint=_recovery(found.size),
                )


def files_of(database: Path, anchor: Path | None = None) -> LedgerFiles:
    """The usual places beside the database; `anchor` moves the anchor, for instance to another disk."""
    folder = database.parent
    return LedgerFiles(
        database=database,
        checkpoint=folder / "checkpoint",
        anchor=anchor or folder / "anchor",
        key=folder / "keys" / "ledger.key",
        public_key=folder / "ledger.pub",
    )


def read_kept(path: Path, key: Verifier) -> Checkpoint | None:
    """The checkpoint in a file, None when there is no file; raises `Refused` when it is not one that the log signed."""
    try:
        note = path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Refused(f"{path} is not a signed checkpoint") from error
    try:
        return _checkpoint_of(note, key)
    except (InvalidInput, Refused) as error:
        raise Refused(f"{path}: {error.message}", hint=_recovery(0)) from error


def keys_of(files: LedgerFiles, *, read_only: bool) -> tuple[Verifier, Signer | None]:
    """The log's key as it is now, both halves of the same; the secret one only for who writes."""
    if read_only:
        return load_verifier(files.public_key), None
    with locked_folder(files.checkpoint.parent):
        verifier = load_verifier(files.public_key)
        return verifier, own_key(files, verifier)


def own_key(files: LedgerFiles, verifier: Verifier) -> Signer:
    """The log's secret key; raises `Unavailable` for whoever does not own it, `Refused` for another's."""
    try:
        signer = load_signer(files.key)
    except NotFound as error:
        raise Unavailable(
            f"{error.message}: only the owner of a ledger's key can write to it", hint="Open it for reading only."
        ) from error
    if signer.verifier != verifier:
        raise Refused(f"{files.public_key} is not the public half of {files.key}")
    return signer


@lru_cache(maxsize=8)
def _checkpoint_of(note: str, key: Verifier) -> Checkpoint:
    """As `read_checkpoint`; the same few notes are looked at with every commit."""
    return read_checkpoint(note, key)


def _recovery(size: int) -> str:
    return (
        f"Stop writing. Restore the database from a backup that holds at least {size} entries. If there is none, keep "
        "the anchor as evidence and accept the loss openly: `care ledger recover --accept-loss --reason TEXT`."
    )
