"""The recorder never stands in the application's way: what it cannot send it keeps, spools or counts."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from careloop.adapters.event_post import EventPost
from careloop.adapters.event_spool import EventSpool
from careloop.errors import InvalidInput, Unavailable, UsageError
from careloop.sdk.recorder import Recorder, RecorderLimits
from careloop.sdk.waiting_events import WaitingEvents

NOBODY = "http://127.0.0.1:9/api/v1/events"


@contextmanager
def a_lake_that_says(status: int, answer: Mapping[str, Any]) -> Iterator[tuple[str, list[bytes]]]:
    """An HTTP server with one answer, and what it was sent."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api/v1/events", bodies
        server.shutdown()


def spooled(path: Path) -> list[dict[str, Any]]:
    """What lies in a spool, but for the census with which a recorder says farewell."""
    rows = [json.loads(line) for line in path.read_bytes().splitlines()]
    return [row for row in rows if row["kind"] != "census"]


def test_events_are_written_with_id_time_system_and_release(tmp_path: Path) -> None:
    recorder = Recorder("credit", "sha256:1", spool=tmp_path / "spool")
    answer = recorder.inference(prediction="approve", features={"age": 41})
    recorder.label(answer, label="repaid")
    recorder.close()
    inference, label = spooled(tmp_path / "spool")
    assert (inference["kind"], inference["system"], inference["release"]) == ("inference", "credit", "sha256:1")
    assert (label["inference_id"], inference["id"]) == (answer, answer)
    assert inference["occurred_at"].endswith("+00:00")
    assert (recorder.recorded.spooled, recorder.recorded.sent) == (3, 0), "the census is one of them"


def test_the_lake_is_sent_lines_and_its_refusals_are_counted() -> None:
    with a_lake_that_says(200, {"refused_rows": 1}) as (url, bodies):
        recorder = Recorder("credit", "v1", url=url)
        for _ in range(3):
            recorder.inference(prediction="approve")
        recorder.close()
    assert sum(len(body.splitlines()) for body in bodies) == 4, "three answers and the census"
    assert (recorder.recorded.sent, recorder.recorded.refused) == (4, len(bodies))


def test_what_the_lake_does_not_take_goes_to_the_spool(tmp_path: Path) -> None:
    recorder = Recorder("credit", "v1", url=NOBODY, spool=tmp_path / "spool")
    recorder.inference(prediction="approve")
    recorder.close()
    assert len(spooled(tmp_path / "spool")) == 1


def test_without_a_spool_it_waits_until_the_lake_is_back() -> None:
    recorder = Recorder("credit", "v1", url=NOBODY)
    recorder.inference(prediction="approve")
    recorder.flush()
    assert (recorder.recorded.sent, recorder.recorded.lost) == (0, 0)
    recorder.close()


def test_what_is_no_json_is_counted_and_raises_nothing(tmp_path: Path) -> None:
    recorder = Recorder("credit", "v1", spool=tmp_path / "spool")
    recorder.inference(score=float("nan"))
    recorder.inference(prediction=object())
    recorder.close()
    assert recorder.recorded.lost == 2


def test_many_threads_lose_nothing(tmp_path: Path) -> None:
    recorder = Recorder("credit", "v1", spool=tmp_path / "spool")
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda n: recorder.inference(prediction=n), range(2_000)))
    recorder.close()
    found = [row["id"] for row in spooled(tmp_path / "spool")]
    assert len(found) == 2_000
    assert set(found) == set(ids)


def test_a_recorder_needs_somewhere_to_send_to() -> None:
    with pytest.raises(UsageError):
        Recorder("credit", "v1")
    with pytest.raises(InvalidInput):
        EventPost("ftp://lake")


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_an_answer_that_says_nothing_about_the_rows_is_tried_again(status: int) -> None:
    with a_lake_that_says(status, {}) as (url, _), pytest.raises(Unavailable):
        EventPost(url).send([b"{}"])


def test_a_batch_that_was_refused_for_good_is_not_sent_for_ever() -> None:
    with a_lake_that_says(422, {"refused_rows": 2}) as (url, _):
        assert EventPost(url).send([b"{}", b"{}"]) == 2
    with a_lake_that_says(400, {}) as (url, _):
        assert EventPost(url).send([b"{}", b"{}"]) == 2


def test_a_torn_line_in_the_spool_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    path.write_bytes(b'{"id": "torn')
    EventSpool(path).send([b'{"id": "whole"}'])
    assert path.read_bytes().splitlines() == [b'{"id": "torn', b'{"id": "whole"}']


def test_a_spool_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        EventSpool(tmp_path / "no" / "such" / "folder").send([b"{}"])


def test_importing_the_recorder_loads_nothing_heavy() -> None:
    program = "import sys; import careloop.sdk.recorder; print(*sorted({n.partition('.')[0] for n in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pydantic", "numpy", "duckdb", "pyarrow", "yaml", "typer", "msgspec", "cryptography"} & set(loaded)


def test_a_process_that_just_ends_still_hands_its_events_over(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from careloop.sdk.recorder import Recorder; "
        "Recorder('credit', 'v1', spool=Path(sys.argv[1])).inference(prediction='approve')"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "spool")], check=True)
    assert len(spooled(tmp_path / "spool")) == 1


def test_r47_what_lay_in_the_spool_is_sent_once_the_lake_is_back(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    away = Recorder("credit", "v1", url=NOBODY, spool=spool)
    first = away.inference(prediction="approve")
    away.close()
    assert [row["id"] for row in spooled(spool)] == [first]
    with a_lake_that_says(200, {"refused_rows": 0}) as (url, bodies):
        back = Recorder("credit", "v1", url=url, spool=spool)
        second = back.inference(prediction="refuse")
        back.close()
    sent = [json.loads(line)["id"] for body in bodies for line in body.splitlines() if b'"census"' not in line]
    assert sorted(sent) == sorted([first, second])
    assert not list(tmp_path.iterdir()), "nothing is left that would be sent again"
    assert back.recorded.sent == len(b"".join(bodies).split(b"\n")) + len(bodies) - 1


def test_a_spool_that_is_refused_half_way_keeps_the_rest(tmp_path: Path) -> None:
    spool = EventSpool(tmp_path / "spool")
    spool.send([str(n).encode() for n in range(10)])
    taken: list[bytes] = []

    def some(lines: Sequence[bytes]) -> int:
        if len(taken) == 4:
            raise Unavailable("gone again")
        taken.extend(lines)
        return 0

    with pytest.raises(Unavailable):
        spool.drain(some, batch=2)
    spool.send([b"10"])
    everything: list[bytes] = []

    def keep(lines: Sequence[bytes]) -> int:
        everything.extend(lines)
        return 0

    while spool.drain(keep, batch=3)[0]:
        pass
    assert everything == [str(n).encode() for n in range(11)], "some twice, which the lake tells by id, none lost"


def test_only_one_process_drains_a_spool_and_writers_go_on(tmp_path: Path) -> None:
    spool = EventSpool(tmp_path / "spool")
    spool.send([b"1", b"2"])
    inside: list[tuple[int, int]] = []

    def meanwhile(lines: Sequence[bytes]) -> int:
        inside.append(EventSpool(tmp_path / "spool").drain(lambda _: 0, batch=1))
        EventSpool(tmp_path / "spool").send([b"3"])
        return 0

    assert spool.drain(meanwhile, batch=5) == (2, 0)
    assert inside == [(0, 0)]
    assert (tmp_path / "spool").read_bytes() == b"3\n"


def test_a_full_spool_takes_nothing_and_the_loss_is_counted(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    limits = RecorderLimits(most_spooled_bytes=2_000, heartbeat_s=0)
    recorder = Recorder("credit", "v1", spool=spool, limits=limits)
    for _ in range(5):
        recorder.inference(prediction="x" * 300)
        recorder.flush()
    recorder.close()
    kept = len(spooled(spool))
    assert spool.stat().st_size <= 2_000
    assert 0 < kept < 5
    assert (recorder.recorded.spooled, recorder.recorded.lost) == (kept, 5 - kept)


def test_memory_is_bounded_in_events_and_in_bytes_and_the_oldest_go() -> None:
    waiting = WaitingEvents(most_events=3, most_bytes=100)
    assert [waiting.add(bytes([n])) for n in range(4)] == [0, 0, 0, 1]
    assert waiting.add(b"x" * 99) == 2, "two small ones made room for its bytes"
    assert waiting.add(b"x" * 101) == 1, "too large for an empty queue"
    assert waiting.take(5) == [b"\3", b"x" * 99]
    waiting.back()
    assert len(waiting) == 2
    assert waiting.take(1) == [b"\3"]
    assert waiting.take_all() == [b"\3", b"x" * 99], "a batch on its way is not forgotten"
    assert len(waiting) == 0


def test_the_end_of_a_process_is_not_held_up_by_a_lake_that_hangs(tmp_path: Path) -> None:
    """The server takes the connection and never answers; what was on its way goes to the spool all the same."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        limits = RecorderLimits(timeout_s=3_600, exit_s=0.2)
        recorder = Recorder("credit", "v1", url=url, spool=tmp_path / "spool", limits=limits)
        answer = recorder.inference(prediction="approve")
        recorder.close()
    # at least once: when the connection breaks later, its sender spools the row too, and the lake keeps an id once
    assert {row["id"] for row in spooled(tmp_path / "spool")} == {answer}


def test_m2_a_sample_says_its_rate_and_the_census_how_many_there_were(tmp_path: Path) -> None:
    recorder = Recorder("credit", "v1", spool=tmp_path / "spool", sample_rate=0.25)
    for _ in range(400):
        recorder.inference(prediction="approve")
    recorder.close()
    rows = [json.loads(line) for line in (tmp_path / "spool").read_bytes().splitlines()]
    answers = [row for row in rows if row["kind"] == "inference"]
    assert 40 < len(answers) < 180, "0.25 of 400, give or take seven standard deviations"
    assert {row["sample_rate"] for row in answers} == {0.25}
    assert sum(row["served"] for row in rows if row["kind"] == "census") == 400
    assert recorder.recorded.left_out == 400 - len(answers)


@pytest.mark.parametrize("rate", [0, -0.1, 1.01, float("nan")])
def test_a_rate_that_cannot_be_is_refused(rate: float, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="sample_rate"):
        Recorder("credit", "v1", spool=tmp_path / "spool", sample_rate=rate)


def test_a_forked_worker_sends_its_own_events_and_not_those_of_its_parent(tmp_path: Path) -> None:
    """As servers do that load the application and then fork."""
    program = (
        "import os, sys; from pathlib import Path; from careloop.sdk.recorder import Recorder\n"
        "recorder = Recorder('credit', 'v1', spool=Path(sys.argv[1]))\n"
        "recorder.inference(prediction='parent')\n"
        "child = os.fork()\n"
        "recorder.inference(prediction='child' if child == 0 else 'parent')\n"
        "recorder.close()\n"
        "os._exit(0) if child == 0 else os.waitpid(child, 0)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "spool")], check=True)
    assert sorted(row["prediction"] for row in spooled(tmp_path / "spool")) == ["child", "parent", "parent"]


def test_what_comes_after_the_end_is_counted_as_lost(tmp_path: Path) -> None:
    recorder = Recorder("credit", "v1", spool=tmp_path / "spool")
    recorder.close()
    recorder.inference(prediction="approve")
    assert recorder.recorded.lost == 1
