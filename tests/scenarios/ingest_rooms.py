"""Acme with one known release of its recommender, events that it sends, and a real server in front of its lake."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from careloop.adapters.parquet_lake import open_lake
from careloop.adapters.sqlite_ledger import open_ledger
from careloop.ledger.record import uuid7
from careloop.ports.lake import Reading
from careloop.ports.ledger import Actor, ActorKind, Record

ROOT = Path(__file__).parents[2]
SYSTEM = "product-recommender"
LOCK = "sha256:" + "b" * 64
HAPPENED = "2026-03-31T11:59:00Z"


def acme(folder: Path) -> Path:
    """A copy of the example whose ledger knows release 5.4.1 of the recommender."""
    root = folder / "acme"
    shutil.copytree(ROOT / "examples" / "acme", root)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    record = Record(
        id=uuid7(1, bytes(10)),
        type="release.recorded",
        actor=Actor(iss="acme", sub="ci", kind=ActorKind.SERVICE),
        occurred_at=now,
        data={"system": SYSTEM, "lock": LOCK, "environment": "live", "version": "5.4.1"},
    )
    with open_ledger(root / ".care" / "ledger.sqlite", origin="careloop.local/acme/dev", create=True) as ledger:
        ledger.append([record], recorded_at=now)
    return root


def an_offer(number: int, **changed: Any) -> dict[str, Any]:
    """One ranking as the recommender sends it."""
    row = {
        "id": f"offer-{number}",
        "system": SYSTEM,
        "release": "5.4.1",
        "occurred_at": HAPPENED,
        "kind": "inference",
        "features": {"basket_size": number % 7, "category_affinity": 0.5},
        "segment": {"region": "coast"},
        "business": {"converted": number % 3 == 0},
        "prediction": "discount",
        "latency_ms": 3.5,
    }
    return {**row, **changed}


def lines_of(*rows: object) -> bytes:
    """Rows as JSON lines."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def kept(root: Path) -> list[str]:
    """Ids of the recommender's events in the lake, in their order."""
    with closing(open_lake(root / ".care" / "lake")) as lake:
        return [each.event.id for each in lake.events(Reading(system=SYSTEM, upto=lake.watermark()))]


class Answer(NamedTuple):
    """What the server said."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]


class Server(NamedTuple):
    """A server process and where it listens."""

    process: subprocess.Popen[bytes]
    url: str

    def post(self, body: bytes, *, media: str = "application/json", **headers: str) -> Answer:
        """Post a batch."""
        return self.send("POST", "/api/v1/events", body, {"Content-Type": media, **headers})

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Send any request."""
        request = urllib.request.Request(self.url + path, data=body, headers=dict(headers), method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return Answer(reply.status, json.loads(reply.read()), dict(reply.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, json.loads(error.read()), dict(error.headers))


@contextmanager
def a_server(root: Path, **environment: str) -> Iterator[Server]:
    """A real ASGI server with the ingest application, for a repository."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--no-ws", "--host", "127.0.0.1"]
    command += ["--port", str(port), "careloop.web.ingest:from_environment"]
    given = {**os.environ, "CARELOOP_REPOSITORY": str(root), **environment}
    process = subprocess.Popen(command, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = Server(process, f"http://127.0.0.1:{port}")
    try:
        _wait_for(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(server: Server) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert server.process.poll() is None, "the server ended by itself"
        try:
            server.send("GET", "/api/v1/events", None, {})
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError("the server does not answer")
