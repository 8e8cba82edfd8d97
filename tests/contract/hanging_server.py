"""A server on this host that takes every request and never comes to the end of an answer."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from enum import StrEnum
from types import TracebackType
from typing import Final, Self

__all__ = ["HangingServer", "Hangs"]

_NOTHING_MORE: Final = 3600.0
_TRICKLE: Final = 0.01


class Hangs(StrEnum):
    """Where it stops; the last two go on, a byte at a time, so that the line is never idle."""

    SILENT = "silent"
    HEAD = "head"
    BODY = "body"
    REFUSAL = "refusal"


class HangingServer:
    """`requests` counts how often it was asked."""

    def __init__(self, hangs: Hangs = Hangs.SILENT) -> None:
        self.requests = 0
        self._hangs, self._over = hangs, threading.Event()
        self._listens = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._serve, daemon=True)]

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._listens.getsockname()[1]}/"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        with suppress(OSError):
            self._listens.shutdown(socket.SHUT_RDWR)
        self._listens.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                line, _ = self._listens.accept()
            except OSError:
                return
            self.requests += 1
            threading.Thread(target=self._hang, args=(line,), daemon=True).start()

    def _hang(self, line: socket.socket) -> None:
        with line, suppress(OSError):
            line.recv(65_536)
            match self._hangs:
                case Hangs.SILENT:
                    self._over.wait(_NOTHING_MORE)
                case Hangs.HEAD:
                    line.sendall(b"HTTP/1.1 200 OK\r\nx-slow: ")
                case Hangs.BODY:
                    line.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
                case Hangs.REFUSAL:
                    line.sendall(b"HTTP/1.1 503 Busy\r\ncontent-length: 1000000\r\n\r\n")
            while not self._over.wait(_TRICKLE):
                line.sendall(b"a")
