"""A folder on disk whose documents are written whole or not at all."""

from pathlib import Path

from careloop.adapters.durable_file import write_durably
from careloop.errors import Unavailable

__all__ = ["DocumentFolderOnDisk"]


class DocumentFolderOnDisk:
    """Text files below a folder, which may be new."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str) -> str | None:
        """The text of a file; null while there is none."""
        try:
            return (self._root / path).read_bytes().decode("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(f"{self._root / path} cannot be read: {error}") from error

    def write(self, path: str, text: str) -> None:
        """Put a file in place; a power cut leaves the old one or the new one."""
        target = self._root / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"{target.parent} cannot be made: {error.strerror}") from error
        write_durably(target, text.encode())
