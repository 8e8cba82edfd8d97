"""A content-hash cache in the user's cache folder; never inside the repository."""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

__all__ = ["FileCache", "user_cache_folder"]

_KEEP_FILES = 400
"""Results kept at most; the oldest go first."""


def user_cache_folder(environment: dict[str, str]) -> Path:
    """`CARELOOP_CACHE`, else `XDG_CACHE_HOME/careloop`, else `~/.cache/careloop`."""
    if environment.get("CARELOOP_CACHE"):
        return Path(environment["CARELOOP_CACHE"])
    root = environment.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "careloop"


class FileCache:
    """One file a result, named by its key, sealed with its own digest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        """What was kept under a key; null when it is not there or was damaged."""
        try:
            kept = self._path(key).read_bytes()
        except OSError:
            return None
        seal, value = kept[:64], kept[64:]
        return value if hashlib.sha256(value).hexdigest().encode() == seal else None

    def put(self, key: str, value: bytes) -> None:
        """Keep a value; a full disk or a read-only folder only costs the speed."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(value).hexdigest().encode() + value)
            Path(name).replace(self._path(key))
            self._forget_oldest()

    def _path(self, key: str) -> Path:
        return self._folder / hashlib.sha256(key.encode()).hexdigest()

    def _forget_oldest(self) -> None:
        kept = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime)
        for path in kept[:-_KEEP_FILES]:
            path.unlink(missing_ok=True)
