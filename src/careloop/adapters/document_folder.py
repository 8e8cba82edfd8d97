"""A folder on disk whose documents are written whole or not at all."""

import os
from pathlib import Path

from careloop.adapters.durable_file import write_durably
from careloop.errors import InvalidInput, Unavailable

__all__ = ["DocumentFolderOnDisk"]


class DocumentFolderOnDisk:
    """Text files below a folder, which may be new."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def exists(self, path: str) -> bool:
        """Whether anything lies at the path, a broken link included."""
        return os.path.lexists(self._inside(path))

    def read(self, path: str) -> str | None:
        """The text of a file; null while there is none."""
        target = self._inside(path)
        try:
            return target.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(f"{target} cannot be read: {error}") from error

    def write(self, path: str, text: str) -> None:
        """Put a file in place; a power cut leaves the old one or the new one."""
        target = self._inside(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"{target.parent} cannot be made: {error.strerror}") from error
        write_durably(target, text.encode())

    def _inside(self, path: str) -> Path:
        """Where a path leads; links on the way count, one at its end does not, for writing puts a file in its place."""
        target = self._root / path
        if not target.parent.resolve().is_relative_to(self._root.resolve()):
            raise InvalidInput(f"{path} leads out of {self._root}", hint="name a path below it")
        return target
