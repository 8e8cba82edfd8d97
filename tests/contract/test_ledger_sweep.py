"""The quick check of a whole ledger finds all that the thorough one finds (issue 6, R51)."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from ledger_rooms import an_intruder, opened

from careloop.adapters.ledger_files import files_of, read_kept
from careloop.adapters.log_sweep import sweep
from careloop.adapters.log_verification import verify_tables
from careloop.adapters.signing_keys import load_verifier
from careloop.adapters.sqlite_tables import SqliteTables
from careloop.ledger.verify import Notice, NoticeKind, Verification
from careloop.testing.contracts.ledger import NOON, a_record


def a_long_ledger(folder: Path) -> None:
    """23 entries in commits of several sizes, some late, some not in ASCII, one with a blob."""
    with opened(folder, create=True) as ledger:
        blob = ledger.put_blob(b"an attestation", media="application/json")
        for first, count in ((0, 1), (1, 1), (2, 5), (7, 1), (8, 8), (16, 3), (19, 4)):
            records = [
                a_record(n, system="Prüfung 🏦" if n % 5 == 0 else f"s{n}", blobs=(blob,) if n == 7 else ())
                for n in range(first, first + count)
            ]
            ledger.append(records, recorded_at=NOON + timedelta(seconds=-1 if first == 16 else first))


def swept(folder: Path, *, level: int, worth_processes: int = 1000) -> Verification | None:
    files = files_of(folder / "ledger.sqlite")
    key = load_verifier(files.public_key)
    checkpoint = read_kept(files.checkpoint, key)
    assert checkpoint is not None
    with closing(SqliteTables(files.database, read_only=True)) as tables, tables.snapshot():
        return sweep(
            tables, checkpoint, read_kept(files.anchor, key), range_level=level, worth_processes=worth_processes
        )


@pytest.mark.parametrize("level", [0, 1, 2, 3, 4, 5, 14])
def test_ranges_of_any_length_join_into_the_same_answer(tmp_path: Path, level: int) -> None:
    a_long_ledger(tmp_path)
    found = swept(tmp_path, level=level)
    assert found is not None
    assert (found.sound, found.size, found.checked) == (True, 23, 23)
    assert found.notices == tuple(Notice(n, NoticeKind.CLOCK_SKEW) for n in (16, 17, 18))


def test_other_processes_give_the_same_answer(tmp_path: Path) -> None:
    a_long_ledger(tmp_path)
    assert swept(tmp_path, level=2, worth_processes=1) == swept(tmp_path, level=14)


EDITS = [
    "UPDATE entry SET body = replace(body, 'high', 'lowx') WHERE idx = 9",
    "UPDATE entry SET type = 'gate.decision' WHERE idx = 22",
    "UPDATE entry SET id = 'x' WHERE idx = 4",
    "UPDATE entry SET recorded_at = '2020' WHERE idx = 3",
    "UPDATE entry SET idx = -1 WHERE idx = 0",
    "DELETE FROM subject WHERE idx = 1",
    "INSERT INTO subject VALUES ('systems/other', 4)",
    "DELETE FROM entry WHERE idx = 22",
    "DELETE FROM entry WHERE idx = 8",
    "UPDATE blob SET data = x'00'",
    "DELETE FROM blob",
    "UPDATE node SET hash = zeroblob(32) WHERE level = 0 AND pos = 21",
    "UPDATE node SET hash = zeroblob(32) WHERE level = 2 AND pos = 1",
    "UPDATE node SET hash = zeroblob(32) WHERE level = 4 AND pos = 0",
    "DELETE FROM node WHERE level = 3 AND pos = 1",
    "INSERT INTO node VALUES (70, 1, x'00')",
    "INSERT INTO node VALUES (0, 23, x'00')",
    "UPDATE head SET root = zeroblob(32) WHERE size = 8",
    "UPDATE head SET root = zeroblob(32) WHERE size = 23",
    "DELETE FROM head WHERE size = 23",
    "INSERT INTO head VALUES (99, zeroblob(32))",
]


@pytest.mark.parametrize("edit", EDITS)
def test_the_quick_check_says_nothing_of_a_ledger_that_anything_is_wrong_with(tmp_path: Path, edit: str) -> None:
    a_long_ledger(tmp_path)
    with an_intruder(tmp_path) as db:
        db.execute(edit)
    for level in (0, 2, 14):
        assert swept(tmp_path, level=level) is None
    files = files_of(tmp_path / "ledger.sqlite")
    with closing(SqliteTables(files.database, read_only=True)) as tables:
        assert verify_tables(tables, files, load_verifier(files.public_key)).problems
