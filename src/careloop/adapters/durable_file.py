"""Put a small file in place so that a power cut leaves either the old one or the new one, never half of either."""

import os
from pathlib import Path

from careloop.errors import Unavailable

__all__ = ["sync_folder", "write_durably"]


def write_durably(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write beside, flush to the disk, rename, flush the folder; raises `Unavailable` when the disk will not."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
