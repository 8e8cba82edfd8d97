"""Keep events in a local file until `care ingest` fetches them: for machines without a way to the lake."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from careloop.errors import Unavailable

__all__ = ["EventSpool"]


class EventSpool:
    """An `EventSink` that appends to a file of JSON lines; several processes may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, lines: Sequence[bytes]) -> int:
        """Append the lines, durably. A torn last line of a killed process is ended, so that it spoils no other."""
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "r+b", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                size = file.seek(0, os.SEEK_END)
                torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
                content = memoryview(b"\n" * torn + b"".join(line + b"\n" for line in lines))
                while content:
                    content = content[file.write(content) or 0 :]
                os.fsync(file.fileno())
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be written: {error.strerror}") from error
        return 0
