"""Damage to SQLite's write-ahead log is a silent rollback that its own check passes; the anchor tells every one (R51).

An everyday run takes a sample of places, `make torture` some thousands, spread over every frame of the log.
"""

import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings
from ledger_rooms import ORIGIN

from careloop.adapters.ledger_files import files_of
from careloop.adapters.sqlite_ledger import open_ledger
from careloop.adapters.sqlite_ledger_verification import verify_sqlite_ledger
from careloop.errors import CareloopError
from careloop.testing.contracts.ledger import NOON, a_record

COUNT = 4
EFFORT = settings().max_examples
"""50 on an everyday run, 2,000 in `make torture`."""
FILES = ("ledger.sqlite", "ledger.sqlite-wal")


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger as a power cut leaves it: all of its entries are in the write-ahead log, none in the database yet."""
    folder, copy = tmp_path_factory.mktemp("live"), tmp_path_factory.mktemp("crashed") / "care"
    with open_ledger(folder / "ledger.sqlite", origin=ORIGIN, create=True) as ledger:
        for number in range(COUNT):
            ledger.append([a_record(number)], recorded_at=NOON)
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*-shm"))
    assert (copy / "ledger.sqlite-wal").stat().st_size > 10_000
    return copy


def after(folder: Path) -> str:
    """`refused` when the ledger does not open, `told` when verify finds it, `whole` when nothing is lost."""
    try:
        with open_ledger(folder / "ledger.sqlite", origin=ORIGIN) as ledger:
            ids = [entry.record.id for entry in ledger.entries(0, ledger.size())]
    except CareloopError:
        return "refused"
    if not verify_sqlite_ledger(folder / "ledger.sqlite").sound:
        return "told"
    return "whole" if ids == [a_record(number).id for number in range(COUNT)] else "SILENT"


def damaged(crashed: Path, room: Path, edit: Callable[[bytes], bytes | None]) -> str:
    """The answer after an edit of the write-ahead log; None deletes it."""
    folder = room / "care"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(crashed, folder)
    wal = folder / "ledger.sqlite-wal"
    content = edit(wal.read_bytes())
    if content is None:
        wal.unlink()
    else:
        wal.write_bytes(content)
    return after(folder)


def places(length: int) -> Iterator[int]:
    """Offsets to damage: a sample that has both ends."""
    dice = random.Random(length)
    return iter(sorted({0, 1, 31, 32, length - 1, *dice.sample(range(length), EFFORT)}))


def test_an_undamaged_log_is_whole_after_the_crash(crashed: Path, tmp_path: Path) -> None:
    assert damaged(crashed, tmp_path, lambda wal: wal) == "whole"


def test_sqlite_itself_finds_nothing_wrong_with_a_shortened_log(crashed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "care"
    shutil.copytree(crashed, folder)
    wal = (folder / "ledger.sqlite-wal").read_bytes()
    (folder / "ledger.sqlite-wal").write_bytes(wal[: len(wal) // 2])
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT COUNT(*) FROM entry").fetchone()[0] < COUNT
    assert after(folder) == "refused"


def test_every_flipped_byte_is_harmless_or_told(crashed: Path, tmp_path: Path) -> None:
    length = (crashed / "ledger.sqlite-wal").stat().st_size
    seen: Counter[str] = Counter()
    for at in places(length):
        seen[damaged(crashed, tmp_path, lambda wal, at=at: wal[:at] + bytes([wal[at] ^ 0x55]) + wal[at + 1 :])] += 1  # type: ignore[misc]
    assert seen["SILENT"] == 0
    assert seen["refused"] > 0


def test_every_length_that_is_cut_off_is_told(crashed: Path, tmp_path: Path) -> None:
    length = (crashed / "ledger.sqlite-wal").stat().st_size
    seen = Counter(damaged(crashed, tmp_path, lambda wal, at=at: wal[:at]) for at in places(length))  # type: ignore[misc]
    assert seen["SILENT"] == 0
    assert seen["refused"] > 0


@pytest.mark.parametrize("width", [1, 24, 512, 4096])
def test_every_stretch_of_zeros_is_harmless_or_told(crashed: Path, tmp_path: Path, width: int) -> None:
    length = (crashed / "ledger.sqlite-wal").stat().st_size
    dice = random.Random(width)
    every = range(0, length, width)
    starts = dice.sample(every, min(len(every), max(12, EFFORT // 4)))
    seen = Counter(
        damaged(crashed, tmp_path, lambda wal, at=at: wal[:at] + bytes(len(wal[at : at + width])) + wal[at + width :])  # type: ignore[misc]
        for at in starts
    )
    assert seen["SILENT"] == 0
    assert sum(seen.values()) == len(starts)


@pytest.mark.parametrize("edit", [lambda wal: None, lambda wal: b"", lambda wal: bytes(len(wal))])
def test_a_log_that_is_gone_or_empty_or_zero_is_told(
    crashed: Path, tmp_path: Path, edit: Callable[[bytes], bytes | None]
) -> None:
    assert damaged(crashed, tmp_path, edit) == "refused"


def test_files_of_an_older_moment_are_told(crashed: Path, tmp_path: Path) -> None:
    """Database, checkpoint and all restored from yesterday, except the anchor: it is on another disk."""
    away = tmp_path / "disk" / "anchor"
    away.parent.mkdir()
    folder = tmp_path / "care"
    with open_ledger(folder / "ledger.sqlite", origin=ORIGIN, create=True, anchor=away) as ledger:
        ledger.append([a_record(0)], recorded_at=NOON)
    yesterday = shutil.copytree(folder, tmp_path / "yesterday")
    with open_ledger(folder / "ledger.sqlite", origin=ORIGIN, anchor=away) as ledger:
        ledger.append([a_record(1)], recorded_at=NOON)
    shutil.rmtree(folder)
    shutil.copytree(yesterday, folder)
    assert files_of(folder / "ledger.sqlite", away).anchor == away
    with pytest.raises(CareloopError, match="proves that it had 2"):
        open_ledger(folder / "ledger.sqlite", origin=ORIGIN, anchor=away)
