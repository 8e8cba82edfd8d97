"""Change the log's key openly: recorded in the log, the checkpoint of that moment signed by the old key and the new.

The old key's checkpoints still verify, and lead to the new key; the old secret is gone afterwards. Whatever step a
crash falls on, rotating again finishes what was begun. Source: LEDGER 3, 5; C2SP signed-note (several signatures).
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from careloop.adapters.durable_file import locked_folder, sync_folder, write_durably
from careloop.adapters.ledger_files import LedgerFiles, files_of
from careloop.adapters.signing_keys import load_or_make_signer, load_signer, load_verifier, save_verifier
from careloop.errors import InvalidInput, Unavailable
from careloop.ledger.anchoring import root_from_last
from careloop.ledger.checkpoint import sign_checkpoint
from careloop.ledger.merkle import leaf_hash
from careloop.ledger.note import Signer, join_signatures
from careloop.ports.ledger import Ledger, Record

__all__ = ["rotate_key", "rotations_of"]

_FOLDER: Final = "rotations"


def rotate_key(database: Path, open_it: Callable[[], Ledger], *, record: Record, recorded_at: datetime) -> str:
    """Give the log a new key and return it; `record` is of the type `ledger.key_rotated` and gets both keys.

    `open_it` opens the ledger to write, under the key that counts when it is called. Raises what opening raises, and
    `InvalidInput` for a record of another type.
    """
    if record.type != "ledger.key_rotated":
        raise InvalidInput(f"type: a new key is recorded as ledger.key_rotated, not as {record.type}")
    files = files_of(database)
    coming = files.key.with_name(f"{files.key.name}.next")
    new = load_or_make_signer(coming, name=load_verifier(files.public_key).name)
    if load_verifier(files.public_key) != new.verifier:
        old = load_signer(files.key)
        with closing(open_it()) as ledger:
            _record(ledger, files, record, (old, new), recorded_at)
            with locked_folder(files.checkpoint.parent):  # whoever publishes meanwhile waits, and then signs anew
                head = ledger.head()
                note = join_signatures(head.note, sign_checkpoint(head.size, head.root, new).note)
                for path in (files.checkpoint, files.anchor):
                    write_durably(path, note.encode())
                save_verifier(files.public_key, new.verifier)
                _replace(coming, files.key)
    else:
        _replace(coming, files.key)
    return new.verifier.text


def rotations_of(database: Path) -> Mapping[int, str]:
    """Size of the log -> the checkpoint that both keys signed, for every change of keys."""
    found: dict[int, str] = {}
    try:
        for path in sorted((database.parent / _FOLDER).iterdir()):
            if path.name.isdigit():
                found[int(path.name)] = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Unavailable(f"{database.parent / _FOLDER} cannot be read: {error.strerror}") from error
    return found


def _replace(coming: Path, key: Path) -> None:
    try:
        coming.replace(key)
        sync_folder(key.parent)
    except OSError as error:
        raise Unavailable(f"{key} cannot be replaced: {error.strerror}", hint="Rotate again to finish it.") from error


def _record(
    ledger: Ledger, files: LedgerFiles, record: Record, keys: tuple[Signer, Signer], recorded_at: datetime
) -> None:
    """Record the change, unless an interrupted attempt did, and keep the checkpoint of that moment."""
    old, new = keys
    index = next(
        (e.index for e in ledger.query(type="ledger.key_rotated") if e.record.data.get("to") == new.verifier.text), None
    )
    if index is None:
        said = replace(record, data={**record.data, "from": old.verifier.text, "to": new.verifier.text})
        index = ledger.append([said], recorded_at=recorded_at)[0].index
    size = index + 1
    root = root_from_last(leaf_hash(ledger.entry(index).body), ledger.prove(index, size))
    note = join_signatures(sign_checkpoint(size, root, old).note, sign_checkpoint(size, root, new).note)
    folder = files.database.parent / _FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{folder} cannot be made: {error.strerror}") from error
    write_durably(folder / f"{size:012d}", note.encode())
