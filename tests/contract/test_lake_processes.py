"""Real processes: one that is killed loses nothing it acknowledged, and several at once do not disturb each other."""

import signal
import subprocess
import sys
from pathlib import Path

from careloop.adapters.parquet_lake import open_lake
from careloop.ports.lake import Lake, Reading

WRITER = Path(__file__).with_name("lake_writer.py")


def a_writer(folder: Path, first: int, *, batches: int, size: int, mode: str = "keep") -> "subprocess.Popen[str]":
    command = [sys.executable, str(WRITER), str(folder), str(first), str(batches), str(size), mode]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def kept(lake: Lake) -> dict[str, int]:
    events = list(lake.events(Reading(system="credit", upto=lake.watermark())))
    found = {each.event.id: each.seq for each in events}
    assert len(found) == len(events)
    assert [each.seq for each in events] == list(range(1, len(events) + 1))
    return found


def said(output: str) -> list[tuple[int, int, int]]:
    """Start, accepted and last sequence of each batch that was acknowledged; a line cut off by the kill is not."""
    lines = [line.split() for line in output.splitlines(keepends=True) if line.endswith("\n")]
    return [(int(start), int(accepted), int(last)) for start, accepted, last in lines]


def test_a_process_killed_amid_its_work_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    acknowledged: dict[str, int] = {}
    for turn, (patience, mode) in enumerate([(1, "keep"), (9, "compact"), (25, "keep"), (31, "compact")]):
        writer = a_writer(tmp_path, turn * 10_000_000, batches=100_000, size=7, mode=mode)
        assert writer.stdout is not None
        heard = "".join(writer.stdout.readline() for _ in range(patience))
        writer.send_signal(signal.SIGKILL)
        rest, _ = writer.communicate()
        for start, accepted, last in said(heard + rest):
            assert accepted == 7
            acknowledged |= {f"event-{start + n}": last - 6 + n for n in range(7)}
        lake = open_lake(tmp_path)
        found = kept(lake)
        assert acknowledged.items() <= found.items()
        assert len(found) - len(acknowledged) <= 7 * (turn + 1)
        lake.close()
    assert len(acknowledged) >= 7 * 66


def test_a_batch_sent_again_after_the_kill_is_taken_once(tmp_path: Path) -> None:
    writer = a_writer(tmp_path, 0, batches=100_000, size=5)
    assert writer.stdout is not None
    for _ in range(8):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    lake = open_lake(tmp_path)
    before = len(kept(lake))
    lake.close()
    again, _ = a_writer(tmp_path, 0, batches=400, size=5).communicate(timeout=120)
    assert sum(accepted for _, accepted, _ in said(again)) == max(0, 2000 - before)
    lake = open_lake(tmp_path)
    assert len(kept(lake)) == max(2000, before)
    lake.close()


def test_writers_and_a_compaction_interleave_without_loss(tmp_path: Path) -> None:
    writers = [
        a_writer(tmp_path, first, batches=40, size=6, mode=mode)
        for first, mode in ((0, "keep"), (10_000, "compact"), (120, "compact"))
    ]
    outputs = [writer.communicate(timeout=120)[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    rows = [row for output in outputs for row in said(output)]
    lake = open_lake(tmp_path)
    found = kept(lake)
    overlap = {f"event-{n}" for n in range(120, 240)}
    assert len(found) == 3 * 240 - len(overlap)
    assert sum(accepted for _, accepted, _ in rows) == len(found)
    assert overlap <= found.keys()
    lake.close()
