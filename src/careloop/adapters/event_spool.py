"""Keep events in a local file while the lake is away, and hand them over later; `care ingest` reads the file too."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from careloop.errors import Unavailable

__all__ = ["EventSpool"]

_SUFFIX: Final = ".sending"


class EventSpool:
    """An `EventSink` that appends to a file of JSON lines; several processes may share it.

    `most_bytes` bounds the file; a batch that would pass it is not taken. What is being handed over lies beside it, in
    a file that ends in `.sending`.
    """

    def __init__(self, path: Path, *, most_bytes: int = 1 << 30) -> None:
        self._path = path
        self._sending = path.with_name(path.name + _SUFFIX)
        self._most_bytes = most_bytes

    def send(self, lines: Sequence[bytes]) -> int:
        """Append the lines, durably. A torn last line of a killed process is ended, so that it spoils no other.

        Raises `Unavailable` when the file cannot be written or is full; nothing of the batch is then kept.
        """
        try:
            with _locked(self._path) as handle:
                size = os.lseek(handle, 0, os.SEEK_END)
                torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
                content = b"\n" * torn + b"".join(line + b"\n" for line in lines)
                if size + len(content) > self._most_bytes:
                    raise Unavailable(
                        f"{self._path} is full: {size:,} of {self._most_bytes:,} bytes",
                        hint="bring the lake back, or read the file with `care ingest` and remove it",
                    )
                _write_all(handle, content, undo_to=size)
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be written: {error.strerror}") from error
        return 0

    def drain(self, send: Callable[[Sequence[bytes]], int], *, batch: int) -> tuple[int, int]:
        """Hand over what lies here, oldest first; returns how many lines were sent and how many refused for good.

        One process drains at a time, the others return at once. Cut short it sends some lines again, which the lake
        tells by their ids. Raises `Unavailable` as `send` does; what was not sent stays.
        """
        sent = refused = 0
        with suppress(FileNotFoundError, BlockingIOError), self._taken() as handle:
            with os.fdopen(os.dup(handle), "rb") as file:
                for lines in _batches(file, batch):
                    refused += send(lines)
                    sent += len(lines)
            self._sending.unlink()
        return sent, refused

    @contextmanager
    def _taken(self) -> Iterator[int]:
        """The file that is handed over, locked; `FileNotFoundError` when there is none."""
        if not self._sending.exists():
            with _locked(self._path, create=False):
                if not self._sending.exists():
                    self._path.rename(self._sending)
        with _locked(self._sending, create=False, wait=False) as handle:
            yield handle


@contextmanager
def _locked(path: Path, *, create: bool = True, wait: bool = True) -> Iterator[int]:
    """A file under its lock; again from the start when it was moved away while we waited for the lock."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_APPEND | (os.O_CREAT if create else 0), 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if _still_there(path, handle):
                yield handle
                return
        finally:
            os.close(handle)


def _still_there(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _write_all(handle: int, content: bytes, *, undo_to: int) -> None:
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    except OSError:
        with suppress(OSError):
            os.ftruncate(handle, undo_to)
        raise


def _batches(file: Iterator[bytes], most: int) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for line in file:
        if text := line.strip():
            batch.append(text)
        if len(batch) == most:
            yield batch
            batch = []
    if batch:
        yield batch
