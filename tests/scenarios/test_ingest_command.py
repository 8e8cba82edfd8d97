"""`care ingest` as a person or a job runs it: what it says, how it ends, and that nothing acknowledged is lost."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ingest_rooms import SYSTEM, acme, an_offer, kept, lines_of

from careloop.sdk.recorder import Recorder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return acme(tmp_path)


def care(root: Path, *arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from careloop.cli.main import run; run()", *arguments, "--repo", str(root)]
    run = subprocess.run(command, input=stdin, capture_output=True, check=False)
    return subprocess.CompletedProcess(command, run.returncode, run.stdout.decode(), run.stderr.decode())


def care_ingest(root: Path, *arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[str]:
    return care(root, "ingest", "--system", SYSTEM, *arguments, stdin=stdin)


def a_file(folder: Path, content: bytes, name: str = "events.ndjson") -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


def test_good_rows_are_taken_and_each_bad_one_is_told_with_its_line(root: Path, tmp_path: Path) -> None:
    rows = lines_of(an_offer(1), an_offer(2, score=float("inf")), an_offer(1), an_offer(3, system=None, mood="fair"))
    done = care_ingest(root, a_file(tmp_path, rows + b"\nnot json\n"))
    place = tmp_path / "events.ndjson"
    *told, summary = done.stdout.splitlines()
    assert told == [
        f"{place}:2  refused  score: not a finite number",
        f"{place}:6  refused  the row is not JSON: JSON is malformed: invalid character (byte 4)",
        "left out, because the system does not declare it: mood (1)",
    ]
    assert summary.startswith("accepted 2, duplicate 1, refused 2 of 5 events, ")
    assert (done.returncode, done.stderr, kept(root)) == (1, "", ["offer-1", "offer-3"])


def test_a_json_list_and_standard_input_are_taken_as_well(root: Path, tmp_path: Path) -> None:
    whole = a_file(tmp_path, json.dumps([an_offer(1), an_offer(2)]).encode(), "list.json")
    done = care_ingest(root, whole, "-", "--format", "json", stdin=lines_of(an_offer(3), an_offer(2)))
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["schema"], answer["accepted"], answer["duplicates"]) == ("careloop/ingest/v1", 3, 1)
    assert kept(root) == ["offer-1", "offer-2", "offer-3"]


def test_packed_lines_arrow_and_parquet_are_told_apart_by_how_they_begin(root: Path, tmp_path: Path) -> None:
    table = pa.Table.from_pylist([an_offer(n) for n in (4, 5, 6)])
    pq.write_table(table, tmp_path / "old.parquet")
    with pa.ipc.new_file(tmp_path / "day.arrow", table.slice(0, 2).schema) as writer:
        writer.write_table(table.slice(0, 2))
    packed = a_file(tmp_path, gzip.compress(lines_of(an_offer(1), an_offer(2, score="high"))), "events.gz")
    done = care_ingest(root, packed, str(tmp_path / "day.arrow"), str(tmp_path / "old.parquet"))
    assert f"{packed}:2  refused  score: text where a number is wanted" in done.stdout
    assert "accepted 4, duplicate 2, refused 1 of 7 events" in done.stdout
    assert kept(root) == ["offer-1", "offer-4", "offer-5", "offer-6"]


@pytest.mark.parametrize("content", [b"PAR1 and no more", b"ARROW1 and no more", b"\xff\xff\xff\xffno", b"\x1f\x8bno"])
def test_a_file_that_only_begins_like_its_form_ends_with_2(root: Path, tmp_path: Path, content: bytes) -> None:
    done = care_ingest(root, a_file(tmp_path, content), a_file(tmp_path, lines_of(an_offer(1)), "good"))
    assert (done.returncode, kept(root)) == (2, ["offer-1"]), done.stderr
    assert "events.ndjson: " in done.stderr


def test_the_lake_lies_where_care_yaml_says(root: Path, tmp_path: Path) -> None:
    where = root / "care.yaml"
    where.write_text(where.read_text().replace("lake: .care/lake", f"lake: {tmp_path / 'elsewhere'}"))
    done = care_ingest(root, a_file(tmp_path, lines_of(an_offer(1))))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "elsewhere" / "segments").is_dir()
    assert not (root / ".care" / "lake").exists()
    where.write_text(where.read_text().replace(str(tmp_path / "elsewhere"), "gs://bucket/lake"))
    refused = care_ingest(root, a_file(tmp_path, lines_of(an_offer(1))))
    assert refused.returncode == 2
    assert "stores.lake: 'gs://bucket/lake' is neither a folder nor s3://bucket/prefix" in refused.stderr


def test_rows_of_another_system_are_refused(root: Path, tmp_path: Path) -> None:
    done = care_ingest(root, a_file(tmp_path, lines_of(an_offer(1, system="credit-decision"))))
    assert done.returncode == 1
    assert "system: this batch is for 'product-recommender'" in done.stdout


def test_a_file_that_cannot_be_read_ends_with_2_and_the_others_are_taken(root: Path, tmp_path: Path) -> None:
    broken = a_file(tmp_path, b'[{"id":', "broken.json")
    done = care_ingest(root, broken, a_file(tmp_path, lines_of(an_offer(1))))
    assert (done.returncode, kept(root)) == (2, ["offer-1"])
    assert "broken.json: the batch is not JSON" in done.stderr
    missing = care_ingest(root, str(tmp_path / "nothing"), a_file(tmp_path, lines_of(an_offer(2))))
    assert (missing.returncode, kept(root)) == (2, ["offer-1"])


def test_a_system_that_the_repository_does_not_have_is_wrong_usage(root: Path, tmp_path: Path) -> None:
    done = care_ingest(root, a_file(tmp_path, b""), "--system", "unheard-of")
    assert done.returncode == 2
    assert "there is no system 'unheard-of'" in done.stderr


def test_a_line_without_end_is_refused_without_being_held_in_memory(root: Path) -> None:
    done = care_ingest(root, "-", stdin=b"x" * 30_000_000 + b"\n" + lines_of(an_offer(1)))
    assert "-:1  refused  the row is larger than 65,536 bytes" in done.stdout
    assert kept(root) == ["offer-1"]


def test_the_spool_of_an_application_is_fetched_and_twice_is_once(root: Path, tmp_path: Path) -> None:
    recorder = Recorder(SYSTEM, "5.4.1", spool=tmp_path / "spool.ndjson")
    offers = [recorder.inference(prediction="discount") for _ in range(3)]
    recorder.close()
    time.sleep(0.01)
    first, again = (care_ingest(root, str(tmp_path / "spool.ndjson")) for _ in range(2))
    assert (first.returncode, again.returncode) == (0, 0), first.stdout
    assert "accepted 0, duplicate 4" in again.stdout, "three offers, and the census of the end"
    assert kept(root)[:3] == offers


def test_an_ingest_that_is_killed_and_run_again_has_taken_every_row_once(root: Path, tmp_path: Path) -> None:
    rows = 40_000
    path = a_file(tmp_path, lines_of(*(an_offer(n) for n in range(rows))))
    command = [sys.executable, "-c", "from careloop.cli.main import run; run()", "ingest", "--repo", str(root)]
    process = subprocess.Popen([*command, "--system", SYSTEM, path])
    segments = root / ".care" / "lake" / "segments"
    while process.poll() is None and not _more_than_one_batch(segments):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = len(kept(root))
    assert 0 < before < rows
    done = care_ingest(root, path)
    assert f"accepted {rows - before:,}, duplicate {before:,}, refused 0" in done.stdout
    assert kept(root) == [f"offer-{n}" for n in range(rows)]


def _more_than_one_batch(segments: Path) -> bool:
    return any(file.stat().st_size > 3_000_000 for file in segments.glob("events-*"))


def test_r43_what_comes_otherwise_than_declared_shows_in_stats_and_status(root: Path, tmp_path: Path) -> None:
    good = [an_offer(n) for n in range(40)]
    renamed = [{**an_offer(n), "features": {"basket": 1, "category_affinity": 0.5}} for n in range(40, 60)]
    retyped = [{**an_offer(n), "features": {"basket_size": "many"}} for n in range(60, 100)]
    done = care_ingest(root, a_file(tmp_path, lines_of(*good, *renamed, *retyped)))
    assert done.returncode == 1, done.stderr
    stats = care(root, "lake", "stats")
    assert "product-recommender: features.basket is not declared and was left out: 20 of 100 rows (20%)" in stats.stdout
    assert "refused for 'features.basket_size: text where a number is wanted': 40 of 100 rows (40%)" in stats.stdout
    told = json.loads(care(root, "lake", "stats", "--format", "json").stdout)["schema_drift"]
    assert [(one["kind"], one["rows"], one["of"]) for one in told] == [("refused", 40, 100), ("undeclared", 20, 100)]
    status = json.loads(care(root, "status", "--format", "json").stdout)
    owed = [one for one in status["programme"] if one["rule"] == "schema-as-declared"]
    assert len(owed) == 2
    assert {one["file"] for one in owed} == {"systems/product-recommender/system.yaml"}
    assert all(one["owner"] for one in owed)
