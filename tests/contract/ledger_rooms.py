"""A small SQLite ledger in a folder, and what is wrong with it: shared by the tests of its storage."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from careloop.adapters.sqlite_ledger import open_ledger
from careloop.adapters.sqlite_ledger_verification import verify_sqlite_ledger
from careloop.adapters.stored_ledger import StoredLedger
from careloop.ledger.verify import Problem
from careloop.testing.contracts.ledger import NOON, a_record

ORIGIN = "acme.example/care/dev"


def opened(folder: Path, *, create: bool = False, read_only: bool = False) -> StoredLedger:
    return open_ledger(folder / "ledger.sqlite", origin=ORIGIN, create=create, read_only=read_only)


def filled(folder: Path, count: int = 5) -> Path:
    """A closed ledger with a blob at entry 1."""
    with opened(folder, create=True) as ledger:
        blob = ledger.put_blob(b"an attestation", media="application/json")
        for number in range(count):
            record = a_record(number, blobs=(blob,) if number == 1 else ())
            ledger.append([record], recorded_at=NOON + timedelta(seconds=number))
    return folder


def problems(folder: Path) -> tuple[Problem, ...]:
    return verify_sqlite_ledger(folder / "ledger.sqlite").problems


@contextmanager
def an_intruder(folder: Path) -> Iterator[sqlite3.Connection]:
    """Somebody with the database file and the wish to change it: the guards are dropped first."""
    with closing(sqlite3.connect(folder / "ledger.sqlite", isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        yield db
