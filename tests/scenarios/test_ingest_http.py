"""Events over HTTP: a real server process, posters at once, bad bodies, and a kill in between."""

from __future__ import annotations

import gzip
import http.client
import io
import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from ingest_rooms import HAPPENED, LOCK, Server, a_server, acme, an_offer, kept, lines_of

from careloop.sdk.recorder import Recorder

NDJSON = "application/x-ndjson"
ARROW = "application/vnd.apache.arrow.stream"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return acme(tmp_path_factory.mktemp("http"))


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[Server]:
    with a_server(root) as running:
        yield running


def test_a_batch_half_bad_is_answered_row_by_row(server: Server, root: Path) -> None:
    rows = [an_offer(1), an_offer(2, latency_ms="slow"), an_offer(3, mood="good"), an_offer(4, release="9.9")]
    answer = server.post(json.dumps(rows).encode())
    assert answer.status == 200
    assert {name: answer.body[name] for name in ("accepted", "duplicates", "refused_rows", "dropped")} == {
        "accepted": 2,
        "duplicates": 0,
        "refused_rows": 2,
        "dropped": {"mood": 1},
    }
    assert answer.body["refused"] == [
        {"index": 1, "reason": "latency_ms: text where a number is wanted"},
        {"index": 3, "reason": "release: is not known for this system"},
    ]
    assert answer.body["schema"] == "careloop/ingest/v1"
    assert {"offer-1", "offer-3"} <= set(kept(root))
    again = server.post(json.dumps(rows).encode())
    assert (again.status, again.body["accepted"], again.body["duplicates"]) == (200, 0, 2)


def test_lines_are_taken_as_well_and_nan_is_refused_by_its_field(server: Server) -> None:
    body = lines_of(an_offer(11), an_offer(12, score=float("nan"))) + b"\nnot json\n"
    answer = server.post(body, media=f"{NDJSON}; charset=utf-8")
    assert (answer.status, answer.body["accepted"]) == (200, 1)
    assert [(row["index"], row["reason"].partition(":")[0]) for row in answer.body["refused"]] == [
        (1, "score"),
        (3, "the row is not JSON"),
    ]


def test_a_body_packed_with_gzip_is_taken_and_a_small_one_that_becomes_large_is_not(server: Server) -> None:
    packed = {"Content-Encoding": "gzip"}
    answer = server.post(gzip.compress(lines_of(an_offer(21), an_offer(22))), media=NDJSON, **packed)
    assert (answer.status, answer.body["accepted"]) == (200, 2)
    bomb = gzip.compress(b" " * (200 * 2**20))
    assert len(bomb) < 300_000
    assert server.post(bomb, media=NDJSON, **packed).status == 413


def test_an_arrow_stream_is_taken_and_each_bad_row_of_it_is_told(server: Server, root: Path) -> None:
    table = pa.Table.from_pylist([an_offer(31), an_offer(32, release="9.9"), an_offer(33)])
    content = io.BytesIO()
    with pa.ipc.new_stream(content, table.schema) as writer:
        writer.write_table(table)
    answer = server.post(content.getvalue(), media=ARROW)
    assert (answer.status, answer.body["accepted"]) == (200, 2)
    assert answer.body["refused"] == [{"index": 1, "reason": "release: is not known for this system"}]
    assert {"offer-31", "offer-33"} <= set(kept(root))
    again = server.post(gzip.compress(content.getvalue()), media=ARROW, **{"Content-Encoding": "gzip"})
    assert (again.body["accepted"], again.body["duplicates"]) == (0, 2)


def an_export(*spans: tuple[str, str]) -> bytes:
    """Spans of GenAI calls as an exporter of OpenTelemetry sends them in JSON, each by its id and release."""

    def texts(**given: str) -> list[dict[str, object]]:
        return [{"key": key.replace("__", "."), "value": {"stringValue": value}} for key, value in given.items()]

    made = [
        {
            "traceId": "0af7651916cd43dd8448eb211c80319c",
            "spanId": span,
            "startTimeUnixNano": "1764324000000000000",
            "endTimeUnixNano": "1764324001000000000",
            "attributes": texts(
                gen_ai__operation__name="chat", careloop__release=release, careloop__segment__region="coast"
            ),
        }
        for span, release in spans
    ]
    resource = {"attributes": texts(service__name="product-recommender")}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": made}]}]}).encode()


def test_what_opentelemetry_exports_is_taken_and_answered_as_otlp_asks(server: Server, root: Path) -> None:
    whole = {"Content-Type": "application/json"}
    answer = server.send(
        "POST", "/v1/traces", an_export(("b7ad6b7169203331", "5.4.1"), ("b7ad6b7169203332", "9.9")), whole
    )
    told = {"rejectedSpans": "1", "errorMessage": "release: is not known for this system"}
    assert (answer.status, answer.body) == (200, {"partialSuccess": told})
    packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    again = server.send("POST", "/v1/traces", gzip.compress(an_export(("b7ad6b7169203331", "5.4.1"))), packed)
    assert (again.status, again.body) == (200, {})
    assert kept(root).count("0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331") == 1
    for path, media, status in (("/v1/traces", "text/plain", 415), ("/v1/metrics", "application/json", 400)):
        assert server.send("POST", path, b"nothing", {"Content-Type": media}).status == status


def test_a_batch_of_which_nothing_was_taken_is_no_success(server: Server) -> None:
    assert server.post(b'[{"id": "x"}]').status == 422
    assert server.post(b"[]").status == 200


@pytest.mark.parametrize(
    ("request_line", "body", "headers", "status"),
    [
        ("POST /api/v1/events", b"[1", {"Content-Type": "application/json"}, 400),
        ("POST /api/v1/events", b"[]", {"Content-Type": "text/csv"}, 415),
        ("POST /api/v1/events", b"[]", {"Content-Type": NDJSON, "Content-Encoding": "br"}, 415),
        ("POST /api/v1/events", b"[]", {"Content-Type": NDJSON, "Content-Encoding": "gzip"}, 400),
        ("POST /api/v1/events", b"[]", {"Content-Type": ARROW}, 400),
        ("POST /api/v2/events", b"[]", {"Content-Type": NDJSON}, 404),
        ("GET /api/v1/events", None, {}, 405),
    ],
)
def test_a_request_that_is_no_batch_is_told_why(
    server: Server, request_line: str, body: bytes | None, headers: dict[str, str], status: int
) -> None:
    method, path = request_line.split()
    answer = server.send(method, path, body, headers)
    assert answer.status == status
    assert answer.body["error"]


def test_a_body_that_is_too_large_is_refused_before_it_was_read(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    connection.putrequest("POST", "/api/v1/events")
    connection.putheader("Content-Type", NDJSON)
    connection.putheader("Content-Length", str(9 * 2**20))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_body_of_unsaid_length_is_refused_once_it_is_too_large(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    chunks = iter([b" " * 2**20] * 8 + [b" "])
    connection.request("POST", "/api/v1/events", body=chunks, headers={"Content-Type": NDJSON}, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_posters_at_once_are_each_answered_for_their_own_rows(server: Server, root: Path) -> None:
    answers: dict[int, tuple[int, int]] = {}

    def post(number: int) -> None:
        rows = [an_offer(1000 + number * 10 + n) for n in range(10)] + [an_offer(999)]
        answer = server.post(lines_of(*rows), media=NDJSON)
        answers[number] = (answer.body["accepted"], answer.body["duplicates"])

    threads = [threading.Thread(target=post, args=(n,)) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers.values()) == [(10, 1)] * 23 + [(11, 0)]
    found = [one for one in kept(root) if one in {f"offer-{n}" for n in range(999, 1240)}]
    assert len(found) == len(set(found)) == 241


def test_what_was_acknowledged_is_there_after_the_server_was_killed(tmp_path: Path) -> None:
    root = acme(tmp_path)
    acknowledged: list[str] = []
    with a_server(root) as server:

        def post_until_it_dies() -> None:
            for number in range(100_000):
                try:
                    answer = server.post(lines_of(*(an_offer(number * 5 + n) for n in range(5))), media=NDJSON)
                except (OSError, http.client.HTTPException):
                    return
                assert answer.status == 200
                acknowledged.extend(f"offer-{number * 5 + n}" for n in range(5))
                if number == 30:
                    half_way.set()

        half_way = threading.Event()
        poster = threading.Thread(target=post_until_it_dies)
        poster.start()
        assert half_way.wait(60)
        kill_with_workers(server)
        poster.join()
    assert len(acknowledged) >= 150
    assert set(acknowledged) <= set(kept(root))


def kill_with_workers(server: Server) -> None:
    """SIGKILL to the server and to the worker processes that it started."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    for pid in (server.process.pid, *map(int, children)):
        os.kill(pid, signal.SIGKILL)
    server.process.wait()


def test_a_system_over_its_quota_is_told_when_to_come_again_and_nothing_of_it_is_taken(tmp_path: Path) -> None:
    root = acme(tmp_path)
    declared = root / "systems" / "product-recommender" / "system.yaml"
    text = declared.read_text()
    assert "\nevents:\n" in text
    declared.write_text(text.replace("\nevents:\n", "\nevents:\n  most_per_minute: 10\n"))
    with a_server(root) as server:
        assert server.post(lines_of(*(an_offer(n) for n in range(30))), media=NDJSON).status == 200
        busy = server.post(lines_of(an_offer(30), an_offer(31)), media=NDJSON)
        assert busy.status == 429
        assert 60 <= int(busy.headers["retry-after"]) <= 121
        assert "more than 10 events a minute" in busy.body["error"]
        assert len(kept(root)) == 30


def test_a_token_must_be_sent_where_one_is_set(tmp_path: Path) -> None:
    with a_server(acme(tmp_path), CARELOOP_INGEST_TOKEN="correct horse") as server:
        body = lines_of(an_offer(1))
        assert server.post(body, media=NDJSON).status == 401
        assert server.post(body, media=NDJSON, Authorization="Bearer wrong").status == 401
        assert server.post(body, media=NDJSON, Authorization="Bearer correct horse").body["accepted"] == 1


def test_an_application_records_through_the_sdk(server: Server, root: Path) -> None:
    recorder = Recorder("product-recommender", LOCK, url=f"{server.url}/api/v1/events")
    offer = recorder.inference(prediction="discount", segment={"region": "coast"}, occurred_at=HAPPENED)
    recorder.label(offer, label="bought", occurred_at=HAPPENED)
    recorder.inference(prediction="x" * 500)
    recorder.close()
    assert (recorder.recorded.sent, recorder.recorded.refused, recorder.recorded.lost) == (4, 1, 0), "and the census"
    assert offer in kept(root)
