"""Whatever the machine does to a ledger in SQLite, no acknowledged entry is lost (LEDGER 4, 5; R16, R51).

An everyday run takes a sample; `make torture` kills a writer 1,000 times and fails every call that touches a file.
"""

import multiprocessing
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from hypothesis import settings

from careloop.adapters.sqlite_ledger import open_ledger
from careloop.adapters.sqlite_ledger_verification import verify_sqlite_ledger
from careloop.testing.contracts.ledger import NOON, a_record

ORIGIN = "acme.example/care/dev"
VICTIM = Path(__file__).with_name("ledger_victim.py")
CALLS = ("openat", "write", "pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "close", "unlink")
FAULTS = ("error=EIO", "error=ENOSPC", "signal=KILL")
EFFORT = settings().max_examples
"""50 on an everyday run, 2,000 in `make torture`."""
STRACE = shutil.which("strace")


def write_until_killed(database: str, first: int, said: Connection) -> None:
    """Append one record after the other and say each only after it was acknowledged; never returns."""
    with open_ledger(Path(database), origin=ORIGIN, create=True) as ledger:
        for number in range(first, first + 100_000):
            receipt = ledger.append([a_record(number)], recorded_at=NOON + timedelta(milliseconds=number))[0]
            said.send((receipt.id, receipt.index))


def acknowledged_before_death(said: Connection) -> dict[str, int]:
    """What a killed writer had said; a word cut short was not said."""
    heard: dict[str, int] = {}
    try:
        while True:
            record_id, index = said.recv()
            heard[record_id] = index
    except (EOFError, OSError):
        return heard


def test_a_writer_killed_again_and_again_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    database = tmp_path / "ledger.sqlite"
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["careloop.adapters.sqlite_ledger", "careloop.testing.contracts.ledger"])
    dice = random.Random(EFFORT)
    acknowledged = kept_before = 0
    rounds = EFFORT // 2
    for number in range(rounds):
        hears, says = processes.Pipe(duplex=False)
        writer = processes.Process(target=write_until_killed, args=(str(database), number * 100_000, says), daemon=True)
        writer.start()
        says.close()
        if number % 5:
            hears.poll(30)  # most die amid their work, some before they have opened anything
        time.sleep(dice.uniform(0, 0.03))
        writer.kill()
        writer.join()
        heard = acknowledged_before_death(hears)
        if not database.exists():
            continue
        with open_ledger(database, origin=ORIGIN, create=True) as ledger:
            size = ledger.size()
            kept = {entry.record.id: entry.index for entry in ledger.entries(kept_before, size)}
        assert heard.items() <= kept.items(), f"round {number} lost what it had acknowledged"
        assert len(kept) <= len(heard) + 1, "only the record under way when it died may be more"
        acknowledged, kept_before = acknowledged + len(heard), size
    outcome = verify_sqlite_ledger(database)
    assert (outcome.sound, outcome.checked) == (True, kept_before)
    assert acknowledged >= rounds // 2, "hardly anything was acknowledged, so hardly anything was tried"


@dataclass(frozen=True)
class Fault:
    """The n-th call of a name, and what becomes of it."""

    call: str
    number: int
    what: str


def strace(database: Path, *options: str, first: int = 0) -> subprocess.CompletedProcess[str]:
    """The victim under strace, its calls in `trace` beside the database's folder."""
    trace = database.parent.parent / "trace"
    command = [str(STRACE), "-f", "-y", "-o", str(trace), "-e", f"trace={','.join(CALLS)}", *options]
    ours = [sys.executable, "-B", str(VICTIM), str(database), str(first)]
    return subprocess.run([*command, *ours], capture_output=True, text=True, check=False)


def calls_on_files(folder: Path, trace: Path) -> list[tuple[str, int]]:
    """Each call that touched the ledger's folder: its name, and its place among the calls of that name."""
    seen: Counter[str] = Counter()
    found = []
    for line in trace.read_text(errors="replace").splitlines():
        if call := re.match(r"\d+ +(\w+)\(", line):
            seen[call[1]] += 1
            if str(folder) in line:
                found.append((call[1], seen[call[1]]))
    return found


def faults_to_try(room: Path, *, made: bool) -> list[Fault]:
    """Every fault at every call of a run that went well; on an everyday run each twenty-third of them."""
    folder = room / "dry" / "ledger"
    folder.mkdir(parents=True)
    if made:
        strace(folder / "ledger.sqlite")
    dry = strace(folder / "ledger.sqlite", first=3 if made else 0)
    if dry.returncode != 0:
        pytest.skip(f"strace cannot follow a process here: {dry.stderr.strip()[:200]}")
    calls = calls_on_files(folder, folder.parent / "trace")
    assert {name for name, _ in calls} >= {"openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "close"}
    every = [Fault(name, number, what) for name, number in calls for what in FAULTS]
    return every if EFFORT > 1_000 else every[:: 23 if made else 37]


@pytest.mark.skipif(STRACE is None, reason="strace is not installed; with it each call that touches a file is failed")
@pytest.mark.parametrize("made", [False, True], ids=["while it is made", "while it is used"])
def test_no_call_that_fails_costs_an_acknowledged_entry(tmp_path: Path, made: bool) -> None:
    odd: list[str] = []
    missed = 0  # calls are numbered by a run without faults; near the end one run may make a call fewer
    faults = faults_to_try(tmp_path, made=made)
    for position, fault in enumerate(faults):
        folder = tmp_path / str(position) / "ledger"
        folder.mkdir(parents=True)
        database = folder / "ledger.sqlite"
        if made:
            shutil.copytree(prepared(tmp_path), folder, dirs_exist_ok=True)
        done = strace(database, "-e", f"inject={fault.call}:{fault.what}:when={fault.number}", first=3 if made else 0)
        expected = {-9, 137} if "KILL" in fault.what else {0, 3}
        if "KILL" in fault.what and done.returncode == 0:
            missed += 1
        elif done.returncode not in expected:
            odd.append(f"{fault}: ended with {done.returncode}: {done.stderr.strip()[-300:]}")
        said = {record: int(index) for record, index in map(str.split, done.stdout.splitlines())}
        odd += [f"{fault}: {flaw}" for flaw in flaws_after(database, said, already=3 if made else 0)]
        shutil.rmtree(folder.parent)
    assert missed <= len(faults) // 50, f"{missed} of {len(faults)} faults never struck"
    assert odd == [], f"{len(odd)} of {len(faults)} faults:\n" + "\n".join(odd[:20])
    assert len(faults) >= 20


def prepared(room: Path) -> Path:
    """A ledger of three entries, made once."""
    folder = room / "prepared"
    if not folder.exists():
        with open_ledger(folder / "ledger.sqlite", origin=ORIGIN, create=True) as ledger:
            ledger.append([a_record(number) for number in range(3)], recorded_at=NOON)
    return folder


def flaws_after(database: Path, said: dict[str, int], *, already: int) -> list[str]:
    """What is wrong with a ledger once the fault is over; it must open, hold all it acknowledged, and go on."""
    try:
        with open_ledger(database, origin=ORIGIN, create=True) as ledger:
            kept = {entry.record.id: entry.index for entry in ledger.entries(0, ledger.size())}
            ledger.append([a_record(99)], recorded_at=NOON + timedelta(hours=1))
    except Exception as error:  # noqa: BLE001  # whatever keeps it from opening again is what is looked for
        return [f"it does not open again: {type(error).__name__}: {error}"]
    outcome = verify_sqlite_ledger(database)
    flaws = [] if outcome.sound else [f"verify finds {outcome.problems}"]
    lost = said.items() - kept.items()
    return flaws + ([f"lost {len(lost)} acknowledged entries"] if lost or len(kept) < already else [])
