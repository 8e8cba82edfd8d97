"""The evidence ledger in one SQLite file: durable at every acknowledgement, safe for several processes on one host.

Sequencing happens inside `BEGIN IMMEDIATE`. Source: LEDGER 4-6.
"""

from contextlib import closing
from pathlib import Path

from careloop.adapters.durable_file import locked_folder, sync_folder
from careloop.adapters.ledger_files import LedgerFiles, files_of, keys_of
from careloop.adapters.signing_keys import load_or_make_signer, save_verifier
from careloop.adapters.sqlite_tables import SqliteTables
from careloop.adapters.stored_ledger import StoredLedger
from careloop.errors import CareloopError, NotFound, Refused, Unavailable

__all__ = ["open_ledger"]


def open_ledger(
    path: Path | str, *, origin: str, create: bool = False, read_only: bool = False, anchor: Path | None = None
) -> StoredLedger:
    """Open the ledger whose database is at `path` (usually `.care/ledger.sqlite`).

    `origin` names the log, such as `acme.example/care/dev`, and must be the one it was made with. `create` makes
    database and keys when there are none. `read_only` needs no log key. `anchor` moves the anchor file. Raises
    `NotFound`, `Unavailable`, and `Refused` when the log is damaged, behind or forked from its anchor; the hint says
    how to recover.
    """
    files = files_of(Path(path), anchor)
    if create and not read_only:
        _create(files, origin)
    if not files.database.is_file():
        raise NotFound(f"no ledger at {files.database}", hint="Make one with `care init`, or name the right folder.")
    verifier, signer = keys_of(files, read_only=read_only)
    tables = SqliteTables(files.database, read_only=read_only)
    ledger = StoredLedger(tables, files, verifier=verifier, signer=signer)
    try:
        ledger.begin(origin)
    except CareloopError:
        ledger.close()
        raise
    return ledger


def _create(files: LedgerFiles, origin: str) -> None:
    """Make keys and tables that are not there yet; a database that vanished is not made anew."""
    folder = files.database.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{folder} cannot be used: {error.strerror}") from error
    with locked_folder(folder):
        if not files.database.exists() and (files.checkpoint.exists() or files.anchor.exists()):
            raise Refused(f"{files.database} is gone, though its checkpoint is here", hint="Restore it from a backup.")
        signer = load_or_make_signer(files.key, name=origin)
        if not files.public_key.exists():
            save_verifier(files.public_key, signer.verifier)
        with closing(SqliteTables(files.database, read_only=False)) as tables:
            tables.lay_out(origin)
        sync_folder(folder)
