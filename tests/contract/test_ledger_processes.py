"""Real processes: a writer that is killed loses nothing it acknowledged, and two writers do not disturb each other."""

import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

from careloop.adapters.sqlite_ledger import open_ledger
from careloop.adapters.sqlite_ledger_verification import verify_sqlite_ledger
from careloop.testing.contracts.ledger import NOON, a_record

ORIGIN = "acme.example/care/dev"
WRITER = Path(__file__).with_name("ledger_writer.py")


def a_writer(database: Path, first: int, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(WRITER), str(database), str(first), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_writer_killed_amid_its_work_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    database = tmp_path / "ledger.sqlite"
    acknowledged: dict[str, int] = {}
    for round_number, patience in enumerate((1, 17, 60)):
        writer = a_writer(database, round_number * 100_000, 100_000)
        assert writer.stdout is not None
        for _ in range(patience):
            record_id, index = writer.stdout.readline().split()
            acknowledged[record_id] = int(index)
        writer.send_signal(signal.SIGKILL)
        rest, _ = writer.communicate()
        complete = [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        acknowledged |= {record_id: int(index) for record_id, index in map(str.split, complete)}
        with open_ledger(database, origin=ORIGIN) as ledger:
            kept = {entry.record.id: entry.index for entry in ledger.entries(0, ledger.size())}
            assert acknowledged.items() <= kept.items()
            assert len(kept) - len(acknowledged) <= round_number + 1
        assert verify_sqlite_ledger(database).sound
    assert len(acknowledged) >= 78


def test_two_writers_interleave_without_loss(tmp_path: Path) -> None:
    database = tmp_path / "ledger.sqlite"
    writers = [a_writer(database, first, 40) for first in (0, 1000)]
    outputs = [writer.communicate(timeout=120)[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    said = {int(index): record_id for output in outputs for record_id, index in map(str.split, output.splitlines())}
    with open_ledger(database, origin=ORIGIN) as ledger:
        assert said == {entry.index: entry.record.id for entry in ledger.entries(0, 80)}
        assert ledger.head().size == 80
    outcome = verify_sqlite_ledger(database)
    assert (outcome.sound, outcome.checked) == (True, 80)


def test_threads_share_commits_and_each_gets_its_own_receipt(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger.sqlite", origin=ORIGIN, create=True) as ledger:
        found: dict[int, str] = {}

        def write(first: int) -> None:
            for number in range(first, first + 25):
                receipt = ledger.append([a_record(number)], recorded_at=NOON + timedelta(milliseconds=number))[0]
                found[receipt.index] = receipt.id

        threads = [threading.Thread(target=write, args=(n * 100,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == {entry.index: entry.record.id for entry in ledger.entries(0, 200)}
    assert verify_sqlite_ledger(tmp_path / "ledger.sqlite").sound
