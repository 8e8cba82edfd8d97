"""Stores of time series keep the port's promises: a fake, and a real Prometheus (R46)."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from prometheus_server import MISSING, free_port, openmetrics, prometheus_server

from careloop.adapters.prometheus_range import PrometheusRange
from careloop.errors import CareloopError, InvalidInput, Refused, Unavailable
from careloop.ports.range_query import RangeQuery
from careloop.testing.contracts.range_query import KEPT, START, RangeQueryContract
from careloop.testing.range_query_fake import RangeQueryFake

NAME = "systems/shop/system.yaml: views.conversion"
ALONE: dict[str, Any] = {"since": START, "upto": START + 600, "step_s": 300}


class TestFake(RangeQueryContract):
    def make_source(self) -> RangeQuery:
        fake = RangeQueryFake()
        for (metric, region), samples in KEPT.items():
            fake.put(metric, [(at, None if math.isnan(value) else value) for at, value in samples], region=region)
        return fake


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prometheus_server(tmp_path_factory.mktemp("prometheus"), past=openmetrics(KEPT)) as url:
        yield url


@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
class TestRealServer(RangeQueryContract):
    @pytest.fixture(autouse=True)
    def _of_the_server(self, served: str) -> None:
        self._url = served

    def make_source(self) -> RangeQuery:
        return PrometheusRange(self._url, name=NAME)

    @pytest.mark.parametrize(
        ("query", "told"),
        [
            ("sum by (region (care_conversion)", "cannot run the query: .*parse error"),
            ("care_conversion[5m]", "cannot run the query: .*must be Scalar or instant Vector"),
            ("care_conversion * on (x) care_conversion", "cannot run the query: .*many-to-many|duplicate series"),
        ],
    )
    def test_a_query_that_cannot_be_run_is_told_with_its_place(self, query: str, told: str) -> None:
        with pytest.raises(InvalidInput, match=rf"views\.conversion: .*({told})"):
            self.make_source().answer(query, **ALONE)

    def test_a_quotient_without_traffic_is_no_number_which_is_not_0(self) -> None:
        (found,) = self.make_source().answer("sum(care_quotient * 0) / sum(care_quotient * 0)", **ALONE).series
        assert [value for _, value in found.samples] == [None, None, None]

    def test_a_number_is_a_line_of_its_own(self) -> None:
        (found,) = self.make_source().answer("42", **ALONE).series
        assert (dict(found.labels), [value for _, value in found.samples]) == ({}, [42.0, 42.0, 42.0])

    def test_a_server_that_went_away_is_out_of_reach(self, tmp_path: Path) -> None:
        with prometheus_server(tmp_path) as url:
            source = PrometheusRange(url, name=NAME)
            assert source.answer("up", **ALONE).series == ()
        with pytest.raises(Unavailable, match=r"http://127\.0\.0\.1:\d+ cannot be reached"):
            source.answer("up", **ALONE)


# --- what a real one does seldom: proxies, old and slow ones, what is none at all -------------------------------------


@contextmanager
def answering(said: bytes, status: int = 200, *, drip_s: float = 0.0, seen: list[Any] | None = None) -> Iterator[str]:
    """A server that gives one answer to everything, a byte at a time where it drips."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if seen is not None:
                seen.append((self.path, parse_qs(form), self.headers.get("Authorization")))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            try:
                for part in [said] if not drip_s else [said[n : n + 1] for n in range(len(said))]:
                    self.wfile.write(part)
                    time.sleep(drip_s)
            except OSError:
                return

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def matrix(*series: Any, **more: Any) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": list(series)}, **more}).encode()


def failed(kind: str, words: str) -> bytes:
    return json.dumps({"status": "error", "errorType": kind, "error": words}).encode()


@pytest.mark.parametrize(
    ("status", "said", "expected", "told"),
    [
        (
            503,
            failed("timeout", "query timed out in expression evaluation"),
            Unavailable,
            "answers 503: query timed out",
        ),
        (503, b"<html>no backend</html>", Unavailable, "answers 503: <html>no backend"),
        (502, b"", Unavailable, "answers 502: nothing"),
        (429, b"slow down", Unavailable, "answers 429: slow down"),
        (422, failed("execution", "query processing would load too many samples"), InvalidInput, "too many samples"),
        (400, failed("bad_data", "parse error"), InvalidInput, "cannot run the query: parse error"),
        (401, b"who are you", Refused, "lets nobody in: it answers 401"),
        (403, failed("forbidden", "no"), Refused, "lets nobody in: it answers 403"),
        (404, b"404 page not found", InvalidInput, "answers 404: 404 page not found"),
        (302, b"", InvalidInput, "answers 302"),
        (200, b"<html>Sign in</html>", InvalidInput, "does not speak the interface of Prometheus"),
        (200, b'{"status": "success"}', InvalidInput, "is not one of query_range"),
        (200, b"[]", InvalidInput, "is not one of query_range"),
        (200, failed("bad_data", "x"), InvalidInput, "is not one of query_range"),
        (
            200,
            b'{"status":"success","data":{"resultType":"vector","result":[]}}',
            InvalidInput,
            "answers with a vector",
        ),
        (200, matrix({"metric": {}, "histograms": [[1, {}]]}), InvalidInput, "answers with histograms"),
        (200, matrix({"metric": {}, "values": [[1, "one"]]}), InvalidInput, "a series .* cannot be read"),
        (200, matrix({"metric": {}, "values": [[1]]}), InvalidInput, "a series .* cannot be read"),
        (200, matrix(7), InvalidInput, "a series .* cannot be read"),
    ],
)
def test_what_is_no_answer_is_told_and_whose_fault_it_is(
    status: int, said: bytes, expected: type[CareloopError], told: str
) -> None:
    with answering(said, status) as url, pytest.raises(expected, match=told):
        PrometheusRange(url, name=NAME).answer("up", **ALONE)


def test_an_answer_that_drips_ends_the_patience() -> None:
    slow = matrix({"metric": {}, "values": [[START, "1"]] * 5})
    with answering(slow, drip_s=0.05) as url, pytest.raises(Unavailable, match="did not end its answer"):
        PrometheusRange(url, name=NAME, patience_s=0.2).answer("up", **ALONE)


def test_a_server_that_says_nothing_ends_the_patience() -> None:
    with answering(b"xx", drip_s=2.0) as url, pytest.raises(Unavailable, match=r"cannot be reached: .*timed out"):
        PrometheusRange(url, name=NAME, patience_s=0.2).answer("up", **ALONE)


def test_an_answer_of_too_many_bytes_is_refused_before_it_is_whole() -> None:
    with answering(b" " * (33 << 20)) as url, pytest.raises(InvalidInput, match="more than 32 MiB"):
        PrometheusRange(url, name=NAME).answer("up", **ALONE)


def test_infinities_are_no_numbers_and_remarks_are_kept() -> None:
    told = matrix({"metric": {}, "values": [[1, "+Inf"], [2, "-Inf"], [3.0, "NaN"], [4, "0"]]}, warnings=["half away"])
    with answering(told) as url:
        found = PrometheusRange(url, name=NAME).answer("up", **ALONE)
    assert found.series[0].samples == ((1, None), (2, None), (3, None), (4, 0.0))
    assert found.warnings == ("half away",)


@pytest.mark.parametrize(
    ("shown", "header"),
    [
        ({}, None),
        ({"secret": "t0ken"}, "Bearer t0ken"),
        ({"user": "care", "secret": "pass"}, "Basic Y2FyZTpwYXNz"),
    ],
)
def test_the_server_is_asked_as_its_interface_says_and_shown_who_asks(shown: dict[str, str], header: str) -> None:
    seen: list[Any] = []
    with answering(matrix(), seen=seen) as url:
        PrometheusRange(f"{url}/prefix/", name=NAME, patience_s=7, **shown).answer("sum(x)", **ALONE)
    ((path, form, sent),) = seen
    assert (path, sent) == ("/prefix/api/v1/query_range", header)
    assert form == {
        "query": ["sum(x)"],
        "start": [str(START)],
        "end": [str(START + 600)],
        "step": ["300"],
        "timeout": ["7s"],
    }


@pytest.mark.parametrize("said", [b"you sent s3cret-word", failed("bad_data", "s3cret-word is no user")])
def test_an_error_does_not_repeat_the_secret(said: bytes) -> None:
    with answering(said, 400) as url, pytest.raises(InvalidInput) as raised:
        PrometheusRange(url, name=NAME, secret="s3cret-word").answer("up", **ALONE)
    assert "s3cret-word" not in raised.value.message


def test_nobody_at_the_address_is_out_of_reach() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        PrometheusRange(f"http://127.0.0.1:{free_port()}", name=NAME).answer("up", **ALONE)
