"""The evidence ledger in PostgreSQL, for when many processes or hosts append: chosen by `ledger: postgresql://…`.

Keys, checkpoint and anchor stay in files of each host that may append; the anchor of one host proves the log against
all others. Source: LEDGER 4-6.
"""

from contextlib import closing
from pathlib import Path

from careloop.adapters.durable_file import locked_folder, sync_folder
from careloop.adapters.ledger_files import LedgerFiles, files_of, keys_of
from careloop.adapters.log_verification import verify_tables
from careloop.adapters.postgres_tables import PostgresTables
from careloop.adapters.signing_keys import load_or_make_signer, load_verifier, save_verifier
from careloop.adapters.stored_ledger import StoredLedger
from careloop.errors import CareloopError, NotFound, Refused, Unavailable
from careloop.ledger.note import Verifier
from careloop.ledger.verify import Verification

__all__ = ["open_postgres_ledger", "postgres_files", "verify_postgres_ledger"]


def postgres_files(folder: Path) -> LedgerFiles:
    """Where keys, checkpoint and anchor of a ledger lie whose tables are elsewhere."""
    return files_of(folder / "ledger.postgresql")


def open_postgres_ledger(
    url: str, folder: Path, *, origin: str, create: bool = False, read_only: bool = False
) -> StoredLedger:
    """Open the ledger at a PostgreSQL address; its files are in `folder` (usually `.care`).

    As `sqlite_ledger.open_ledger`: `create` makes tables and keys when there are none; only the owner of the log key
    can write. Raises `NotFound`, `Unavailable`, and `Refused` when the log is damaged, behind or forked.
    """
    files = postgres_files(folder)
    if create and not read_only:
        _create(url, files, origin)
    tables = PostgresTables(url, read_only=read_only)
    try:
        with tables.answering():
            tables.origin()
        verifier, signer = keys_of(files, read_only=read_only)
        ledger = StoredLedger(tables, files, verifier=verifier, signer=signer)
        ledger.begin(origin)
    except CareloopError:
        tables.close()
        raise
    return ledger


def verify_postgres_ledger(url: str, folder: Path, *, trust: Verifier | None = None) -> Verification:
    """Everything that is wrong with the ledger; `trust` is its key when you hold it from elsewhere."""
    files = postgres_files(folder)
    key = trust or load_verifier(files.public_key)
    with closing(PostgresTables(url, read_only=True)) as tables:
        return verify_tables(tables, files, key)


def _create(url: str, files: LedgerFiles, origin: str) -> None:
    folder = files.database.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{folder} cannot be used: {error.strerror}") from error
    with locked_folder(folder), closing(PostgresTables(url, read_only=False)) as tables:
        is_there = _holds_one(tables)
        if not is_there and (files.checkpoint.exists() or files.anchor.exists()):
            raise Refused(f"{tables.place} holds no ledger, though its checkpoint is here", hint="Restore a backup.")
        if is_there and not files.key.exists():
            raise Unavailable(
                f"{tables.place} holds a ledger whose key is not here: only its owner can write to it",
                hint=f"Copy {files.key.name} and {files.public_key.name} from where it was made, or use its API.",
            )
        signer = load_or_make_signer(files.key, name=origin)
        if not files.public_key.exists():
            save_verifier(files.public_key, signer.verifier)
        tables.lay_out(origin)
        sync_folder(folder)


def _holds_one(tables: PostgresTables) -> bool:
    try:
        with tables.answering():
            tables.origin()
    except NotFound:
        return False
    return True
