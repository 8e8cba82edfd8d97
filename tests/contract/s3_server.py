"""A real server that speaks S3 (moto), in the environment that `tools/fetch_servers.py` builds, behind a door that can
be shut, made slow, or made to lie about what happened."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

__all__ = ["MISSING", "Door", "make_bucket", "s3_behind_a_door"]

HOME = Path(__file__).resolve().parents[2] / ".cache" / "peers" / "moto"
MISSING = None if (HOME / "whole").is_file() else "no moto here: `make setup` fetches it where a registry is in reach"
Fault = Callable[[str, str], str | None]
"""Method and path to what goes wrong: `500`, `slow`, `dropped` (before it is done), `unheard` (done, not answered)."""


class Door:
    """Every request passes through here; `fault` says what becomes of it."""

    def __init__(self, server_port: int) -> None:
        self.fault: Fault = lambda method, path: None
        self.slow_s = 0.3
        self.asked: list[tuple[str, str]] = []
        self._behind = server_port
        self._web = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._web.daemon_threads = True
        threading.Thread(target=self._web.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._web.server_port}"

    def close(self) -> None:
        """Nobody answers any more."""
        self._web.shutdown()
        self._web.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                door.asked.append((self.command, self.path))
                fault = door.fault(self.command, self.path)
                if fault == "slow":
                    time.sleep(door.slow_s)
                if fault == "dropped":
                    self.close_connection = True
                    return
                status, headers, content = (500, [], b"") if fault == "500" else self._passed_on(body)
                if fault == "unheard":
                    self.close_connection = True
                    return
                with suppress(ConnectionError):
                    self._answer(status, headers, content)

            do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 (names of http.server)

            def _passed_on(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
                with closing(http.client.HTTPConnection("127.0.0.1", door._behind)) as behind:
                    behind.request(self.command, self.path, body, dict(self.headers))
                    answer = behind.getresponse()
                    return answer.status, answer.getheaders(), answer.read()

            def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

        return Handler


@contextmanager
def s3_behind_a_door(log: Path) -> Iterator[Door]:
    """A server without buckets, and the door before it; both end with the block."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(HOME / "bin" / "python"), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as told:
        server = subprocess.Popen(command, stdout=told, stderr=told, env=os.environ | {"AWS_DEFAULT_REGION": "x"})
    door = None
    try:
        _answers(f"http://127.0.0.1:{port}/moto-api/", server)
        door = Door(port)
        yield door
    finally:
        if door is not None:
            door.close()
        server.kill()
        server.wait()


def make_bucket(door: Door, name: str) -> None:
    """Make a bucket."""
    urlopen(Request(f"{door.url}/{name}", method="PUT")).close()


def _answers(url: str, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            urlopen(url).close()
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the S3 server ended by itself")
