"""A folder of documents in memory, for tests."""

import posixpath
from collections.abc import Mapping

from careloop.errors import InvalidInput

__all__ = ["DocumentFolderFake"]


class DocumentFolderFake:
    """A `DocumentFolder` that keeps its files in a dictionary."""

    def __init__(self, files: Mapping[str, str] = {}) -> None:
        self.files = dict(files)

    def exists(self, path: str) -> bool:
        """Whether a file is kept under the path, or below it."""
        path = _inside(path)
        return path in self.files or any(name.startswith(f"{path}/") for name in self.files)

    def read(self, path: str) -> str | None:
        """The text of a file; null while there is none."""
        return self.files.get(_inside(path))

    def write(self, path: str, text: str) -> None:
        """Keep a file."""
        self.files[_inside(path)] = text


def _inside(path: str) -> str:
    plain = posixpath.normpath(path)
    if plain.startswith(("../", "/")) or plain == "..":
        raise InvalidInput(f"{path} leads out of the folder", hint="name a path below it")
    return plain
