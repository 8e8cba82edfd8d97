"""The files of the lake: what is torn is cut, what is damaged is refused, what is cut short happens or does not."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from careloop.adapters.lake_manifest import read_manifest
from careloop.adapters.parquet_lake import ParquetLake, open_lake
from careloop.adapters.segment_frames import Frame, decode_events, decode_events_of, encode_lines
from careloop.domain.event import Event
from careloop.errors import Refused, Unavailable
from careloop.ports.lake import Reading
from careloop.testing.event_builders import NOON, an_event


def ids(lake: ParquetLake) -> list[str]:
    return [each.event.id for each in lake.events(Reading(system="credit", upto=lake.watermark()))]


def some(first: int, last: int) -> list[Event]:
    return [an_event(n, features={"hours": n / 2, "job": "clerk"}, score=0.5) for n in range(first, last)]


def compacted(lake: ParquetLake) -> int:
    lake.close_segments(even_if_small=True)
    return lake.compact().rows


def the_segment(folder: Path) -> Path:
    (found,) = folder.glob("segments/events-*.ndjson")
    return found


def test_every_cut_of_the_last_write_is_found_and_cut_off(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    lake = open_lake(whole)
    lake.append(some(0, 2), now=NOON)
    sound = the_segment(whole).stat().st_size
    lake.append(some(2, 3), now=NOON)
    lake.close()
    content = the_segment(whole).read_bytes()
    for end in range(sound, len(content), 11):
        folder = tmp_path / str(end)
        shutil.copytree(whole, folder)
        the_segment(folder).write_bytes(content[:end])
        again = open_lake(folder)
        assert ids(again) == ["event-0", "event-1"]
        assert again.append(some(2, 4), now=NOON).last_seq == 4
        assert ids(again) == ["event-0", "event-1", "event-2", "event-3"]
        assert len(list(folder.glob("segments/torn/*"))) == (end > sound)
        again.close()


def test_a_flipped_byte_before_the_last_write_is_refused_not_repaired(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    for n in range(3):
        lake.append(some(n, n + 1), now=NOON)
    lake.close()
    segment = the_segment(tmp_path)
    content = bytearray(segment.read_bytes())
    content[100] ^= 1
    segment.write_bytes(content)
    with pytest.raises(Refused, match="damaged at byte 0"):
        open_lake(tmp_path)
    assert segment.read_bytes() == content


def test_the_segment_is_text_that_a_person_can_read(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    lake.append(some(0, 3), now=NOON)
    lake.fence(NOON + timedelta(hours=1))
    lake.close()
    lines = the_segment(tmp_path).read_text().splitlines()
    assert [line[:7] for line in lines if line.startswith("#")] == ["#care1 ", "#care1 "]
    assert len([line for line in lines if line.startswith('{"id":"event-')]) == 3


def test_compaction_keeps_every_event_once_and_removes_the_segments(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    lake.append(some(0, 5), now=NOON)
    lake.append([an_event(9, system="shop"), an_event(5, occurred_at="2026-03-30T23:59:59Z")], now=NOON)
    assert compacted(lake) == 7
    lake.append(some(6, 8), now=NOON)
    assert compacted(lake) == 2
    assert ids(lake) == [f"event-{n}" for n in range(8)]
    assert [path.stat().st_size for path in tmp_path.glob("segments/events-*")] == [0]
    folders = {str(path.parent.relative_to(tmp_path)) for path in tmp_path.rglob("*.parquet")}
    assert folders == {
        "parquet/system=credit/date=2026-03-31",
        "parquet/system=credit/date=2026-03-30",
        "parquet/system=shop/date=2026-03-31",
    }
    assert compacted(lake) == 0
    lake.close()


def test_floats_are_split_by_byte_and_only_words_have_a_dictionary(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    lake.append(some(0, 100), now=NOON)
    compacted(lake)
    lake.close()
    (path,) = tmp_path.rglob("*.parquet")
    group = pq.ParquetFile(path).metadata.row_group(0)
    columns = {group.column(i).path_in_schema: group.column(i) for i in range(group.num_columns)}
    assert "BYTE_STREAM_SPLIT" in columns["features.hours"].encodings
    assert "BYTE_STREAM_SPLIT" in columns["score"].encodings
    assert columns["features.job"].has_dictionary_page
    assert not columns["id"].has_dictionary_page
    assert {column.compression for column in columns.values()} == {"ZSTD"}


@pytest.mark.parametrize("moment", ["before the manifest", "after the manifest"])
def test_a_compaction_cut_short_leaves_each_event_in_one_place(tmp_path: Path, moment: str) -> None:
    lake = open_lake(tmp_path / "lake")
    lake.append(some(0, 4), now=NOON)
    lake.close_segments(even_if_small=True)
    shutil.copytree(tmp_path / "lake", tmp_path / "before")
    lake.compact()
    lake.close()
    cut = tmp_path / "cut"
    if moment == "before the manifest":
        shutil.copytree(tmp_path / "before", cut)
        shutil.copytree(tmp_path / "lake" / "parquet", cut / "parquet")
        shutil.copytree(tmp_path / "lake" / "ids", cut / "ids")
    else:
        shutil.copytree(tmp_path / "lake", cut)
        shutil.copytree(tmp_path / "before" / "segments", cut / "segments", dirs_exist_ok=True)
    again = open_lake(cut)
    assert ids(again) == [f"event-{n}" for n in range(4)]
    assert again.append(some(2, 6), now=NOON).duplicates == (0, 1)
    compacted(again)
    assert ids(again) == [f"event-{n}" for n in range(6)]
    assert read_manifest(cut).compacted_upto == 6
    assert len(list(cut.rglob("*.parquet"))) == len(read_manifest(cut).files)
    again.close()


def test_ids_are_known_for_ever_also_when_their_runs_were_merged(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    for n in range(12):
        lake.append(some(n * 10, n * 10 + 10), now=NOON)
        compacted(lake)
    assert len(read_manifest(tmp_path).id_runs) < 9
    lake.close()
    lake = open_lake(tmp_path)
    again = lake.append(some(0, 125), now=NOON)
    assert (again.accepted, again.duplicates) == (5, tuple(range(120)))
    lake.close()


def test_time_and_order_go_on_after_everything_was_compacted(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    lake.append(some(0, 3), now=NOON)
    lake.fence(NOON + timedelta(hours=2))
    compacted(lake)
    lake.close()
    lake = open_lake(tmp_path)
    later = lake.append(some(3, 4), now=NOON)
    assert (later.last_seq, later.received_at) == (4, NOON + timedelta(hours=2))
    lake.close()


def test_a_lake_can_be_moved(tmp_path: Path) -> None:
    lake = open_lake(tmp_path / "here")
    lake.append(some(0, 3), now=NOON)
    compacted(lake)
    lake.append(some(3, 5), now=NOON)
    lake.close()
    shutil.move(tmp_path / "here", tmp_path / "there")
    moved = open_lake(tmp_path / "there")
    assert ids(moved) == [f"event-{n}" for n in range(5)]
    assert moved.append(some(0, 6), now=NOON).accepted == 1
    moved.close()


def test_a_reader_in_another_handle_sees_what_was_taken_and_what_was_compacted(tmp_path: Path) -> None:
    writer, reader = open_lake(tmp_path), open_lake(tmp_path)
    writer.append(some(0, 2), now=NOON)
    assert ids(reader) == ["event-0", "event-1"]
    compacted(writer)
    assert reader.append(some(1, 3), now=NOON).accepted == 1
    assert ids(writer) == ids(reader) == ["event-0", "event-1", "event-2"]
    writer.close()
    reader.close()


def test_threads_that_append_together_each_get_their_own_answer(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    answers: dict[int, int] = {}

    def write(first: int) -> None:
        for n in range(first, first + 20):
            answers[n] = lake.append(some(n, n + 1), now=NOON).last_seq

    threads = [threading.Thread(target=write, args=(t * 100,)) for t in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = list(lake.events(Reading(system="credit", upto=160)))
    assert {each.event.id: each.seq for each in found} == {f"event-{n}": seq for n, seq in answers.items()}
    assert sorted(answers.values()) == list(range(1, 161))
    lake.close()


def test_a_full_disk_refuses_the_batch_and_keeps_what_was_taken(tmp_path: Path) -> None:
    program = f"""
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_lake_parquet import some
from careloop.adapters.parquet_lake import open_lake
from careloop.errors import Unavailable
from careloop.testing.event_builders import NOON
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
lake = open_lake(Path({str(tmp_path)!r}))
lake.append(some(0, 5), now=NOON)
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
try:
    lake.append(some(5, 50), now=NOON)
except Unavailable as error:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(error.message.split()[-2:], lake.append(some(5, 7), now=NOON).last_seq)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "['too', 'large'] 7", run.stderr
    lake = open_lake(tmp_path)
    assert ids(lake) == [f"event-{n}" for n in range(7)]
    lake.close()


def test_a_manifest_or_file_that_is_damaged_is_told_not_guessed(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    lake.append(some(0, 3), now=NOON)
    compacted(lake)
    (parquet,) = tmp_path.rglob("*.parquet")
    parquet.unlink()
    with pytest.raises(Unavailable, match="cannot be read"):
        ids(lake)
    lake.close()
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(Refused, match="damaged"):
        open_lake(tmp_path)


def test_the_events_of_one_system_are_found_among_others_with_their_places() -> None:
    named = an_event(3, system="shop", features={"note": '"system":"credit"'})
    events = [an_event(1), an_event(1, system="shop"), an_event(2), named, an_event(4)]
    frame = Frame(first_seq=10, rows=len(events), received_us=7, payload=encode_lines(events))
    for system in ("credit", "shop", "cred", "other"):
        wanted = [stored for stored in decode_events(frame) if stored.event.system == system]
        assert decode_events_of(frame, system) == wanted
    inner = msgspec.structs.replace(an_event(5), features={"system": "shop"})
    frame = Frame(first_seq=1, rows=2, received_us=7, payload=encode_lines([inner, events[1]]))
    assert [stored.seq for stored in decode_events_of(frame, "shop")] == [2]
    assert [stored.seq for stored in decode_events_of(frame, "credit")] == [1]


def test_a_writer_knows_its_ids_while_another_process_compacts_and_runs_of_ids_stay_few(tmp_path: Path) -> None:
    with closing(open_lake(tmp_path / "lake")) as writer, closing(open_lake(tmp_path / "lake")) as compactor:
        for n in range(40):
            appended = writer.append([an_event(2 * n), an_event(2 * n + 1), an_event(n)], now=NOON)
            assert (appended.accepted, appended.last_seq) == (2, 2 * n + 2), n
            if n % 3:
                compactor.close_segments(even_if_small=True)
            if n % 3 == 2:
                compactor.compact()
        again = writer.append([an_event(n) for n in range(80)], now=NOON)
        assert (again.accepted, len(again.duplicates)) == (0, 80)
        assert writer.newest()["credit"].seq == writer.watermark() == 80
        assert [each.seq for each in writer.events(Reading(system="credit", upto=80))] == list(range(1, 81))
    assert len(read_manifest(tmp_path / "lake").id_runs) <= 4
