"""The recorder never stands in the application's way: what it cannot send it keeps, spools or counts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
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
from careloop.sdk.recorder import Recorder

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
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_events_are_written_with_id_time_system_and_release(tmp_path: Path) -> None:
    recorder = Recorder("credit", "sha256:1", spool=tmp_path / "spool")
    answer = recorder.inference(prediction="approve", features={"age": 41})
    recorder.label(answer, label="repaid")
    recorder.close()
    inference, label = spooled(tmp_path / "spool")
    assert (inference["kind"], inference["system"], inference["release"]) == ("inference", "credit", "sha256:1")
    assert (label["inference_id"], inference["id"]) == (answer, answer)
    assert inference["occurred_at"].endswith("+00:00")
    assert (recorder.recorded.spooled, recorder.recorded.sent) == (2, 0)


def test_the_lake_is_sent_lines_and_its_refusals_are_counted() -> None:
    with a_lake_that_says(200, {"refused_rows": 1}) as (url, bodies):
        recorder = Recorder("credit", "v1", url=url)
        for _ in range(3):
            recorder.inference(prediction="approve")
        recorder.close()
    assert sum(len(body.splitlines()) for body in bodies) == 3
    assert (recorder.recorded.sent, recorder.recorded.refused) == (3, len(bodies))


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
