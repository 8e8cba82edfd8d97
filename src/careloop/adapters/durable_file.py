"""Put a small file in place so that a power cut leaves either the old one or the new one, never half of either."""

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from careloop.errors import Unavailable

__all__ = ["locked_folder", "sync_folder", "write_durably", "write_gently", "write_once", "write_together"]

_AT_ONCE: Final = 4 * 2**20
"""Bytes that are given to the disk at a time."""


def write_durably(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write beside, flush to the disk, rename, flush the folder; raises `Unavailable` when the disk will not."""
    write_together({path: content}, mode=mode)


def write_together(contents: Mapping[Path, bytes], *, mode: int = 0o644) -> None:
    """The same for several files, each folder flushed once: all are in place when this returns, in the order given."""
    path = Path()
    beside = {path: f"{path.parent}/.{path.name}.{os.getpid()}.new" for path in contents}
    try:
        for path, content in contents.items():
            _write_whole(beside[path], content, mode)
        for path in contents:
            os.replace(beside[path], path)  # noqa: PTH105  # a ledger does this at every commit, and Path is slow
        for folder in dict.fromkeys(path.parent for path in contents):
            sync_folder(folder)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from error


def _write_whole(path: str, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def write_gently(path: Path, pieces: Iterable[tuple[int, bytes]], *, mode: int = 0o644) -> None:
    """`write_durably` for a large file, in pieces that say at which byte they belong: a few megabytes at a time are
    flushed, so that whoever flushes a small file of the same disk meanwhile does not wait for all of it."""
    beside = f"{path.parent}/.{path.name}.{os.getpid()}.new"
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        try:
            unflushed = 0
            for start, piece in pieces:
                done = 0
                while done < len(piece):
                    done += os.pwrite(handle, memoryview(piece)[done:], start + done)
                unflushed += len(piece)
                if unflushed >= _AT_ONCE:
                    os.fdatasync(handle)
                    unflushed = 0
            os.fsync(handle)
        finally:
            os.close(handle)
        Path(beside).replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from error


def write_once(path: Path, content: bytes, *, mode: int = 0o644) -> bool:
    """Put a file in place only when it is whole, and never over another; False when there is one already.

    Of two processes that try at once, one is told that it came too late. Makes the folder, for its owner alone.
    """
    beside = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(beside, content, mode=mode)
        try:
            path.hardlink_to(beside)
        except FileExistsError:
            return False
        finally:
            beside.unlink()
        sync_folder(path.parent)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from error
    return True


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; raises `Unavailable` when the disk will not."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise Unavailable(f"{folder} cannot be made durable: {error.strerror}") from error


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Keep other threads and processes that ask for the same out of a folder; raises `Unavailable` where it is gone."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise Unavailable(f"{folder} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        with suppress(OSError):  # let go by itself: a handle that could not be closed would keep the lock
            fcntl.flock(handle, fcntl.LOCK_UN)
        with suppress(OSError):  # nothing was written through it
            os.close(handle)
