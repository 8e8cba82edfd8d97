"""Check the ledger in a SQLite file from end to end; works on one that refuses to open, and writes nothing."""

from contextlib import closing
from pathlib import Path

from careloop.adapters.ledger_files import files_of
from careloop.adapters.log_verification import verify_tables
from careloop.adapters.signing_keys import load_verifier
from careloop.adapters.sqlite_tables import SqliteTables
from careloop.errors import NotFound
from careloop.ledger.note import Verifier
from careloop.ledger.verify import Verification

__all__ = ["verify_sqlite_ledger"]


def verify_sqlite_ledger(
    path: Path | str, *, anchor: Path | None = None, trust: Verifier | None = None
) -> Verification:
    """Everything that is wrong with the ledger at `path`; `trust` is its key when you hold it from elsewhere.

    Raises `NotFound` when there is no ledger, and `Refused` when SQLite itself cannot read the file.
    """
    files = files_of(Path(path), anchor)
    if not files.database.is_file():
        raise NotFound(f"no ledger at {files.database}")
    key = trust or load_verifier(files.public_key)
    with closing(SqliteTables(files.database, read_only=True)) as tables:
        return verify_tables(tables, files, key)
