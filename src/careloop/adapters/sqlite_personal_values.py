"""Personal values in a SQLite file of their own, beside the ledger's: what is erased leaves no byte in it.

A file of its own, so that a backup of the ledger holds no personal value, and backups of this one can be kept for a
shorter time. Deleted content is overwritten (`secure_delete`), and the rollback journal with it; what a file system or
a disk keeps beneath, nobody can promise. Source: LEDGER 9; SQLite, `secure_delete`.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from careloop.adapters.durable_file import sync_folder
from careloop.errors import Refused, Unavailable
from careloop.ledger.disclosure import Disclosure, read_disclosure

__all__ = ["SqlitePersonalValues"]

_TABLE: Final = "CREATE TABLE IF NOT EXISTS personal (commitment TEXT PRIMARY KEY, line BLOB NOT NULL) STRICT"
_PATIENCE_S: Final = 60


class SqlitePersonalValues:
    """A `PersonalValues` in one file, made when there is none; its owner alone can read it."""

    def __init__(self, database: Path) -> None:
        self._database = database
        with self._answering():
            try:
                database.touch(mode=0o600)
            except OSError as error:
                raise Unavailable(f"{database} cannot be made: {error.strerror}") from error
            self._db = sqlite3.connect(database, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA trusted_schema = OFF")
            self._db.execute("PRAGMA secure_delete = ON")
            self._db.execute("PRAGMA journal_mode = PERSIST")  # overwritten with zeros, not merely unlinked
            self._db.execute("PRAGMA journal_size_limit = 0")
            self._db.execute("PRAGMA synchronous = EXTRA")
            self._db.execute("PRAGMA fullfsync = ON")
            self._db.execute(_TABLE)
        sync_folder(database.parent)

    def keep(self, lines: Sequence[bytes]) -> tuple[str, ...]:
        """Keep all of them or none."""
        read: list[Disclosure] = [read_disclosure(line) for line in lines]
        with self._writing():
            self._db.executemany(
                "INSERT OR IGNORE INTO personal VALUES (?, ?)", [(one.commitment, one.line) for one in read]
            )
        return tuple(one.commitment for one in read)

    def find(self, commitment: str) -> bytes | None:
        """The line of a commitment, held against it."""
        with self._answering():
            row = self._db.execute("SELECT line FROM personal WHERE commitment = ?", (commitment,)).fetchone()
        return None if row is None else self._whole(commitment, row[0])

    def lines(self) -> Iterator[bytes]:
        """Every line, each held against its commitment."""
        with self._answering():
            rows = self._db.execute("SELECT commitment, line FROM personal ORDER BY commitment").fetchall()
        return (self._whole(str(commitment), line) for commitment, line in rows)

    def erase(self, commitments: Sequence[str]) -> int:
        """Erase them; deleted content is overwritten before this returns."""
        with self._writing():
            return sum(
                self._db.execute("DELETE FROM personal WHERE commitment = ?", (one,)).rowcount
                for one in set(commitments)
            )

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    def _whole(self, commitment: str, line: object) -> bytes:
        if not isinstance(line, bytes) or read_disclosure(line).commitment != commitment:
            raise Refused(f"the personal value {commitment} in {self._database} was altered")
        return line

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._answering():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise Unavailable(f"the personal values {self._database} cannot be used: {error}") from error
        except sqlite3.DatabaseError as error:
            raise Refused(f"the personal values {self._database} are damaged: {error}") from error
