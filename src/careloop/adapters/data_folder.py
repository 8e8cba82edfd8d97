"""The files of a data set in a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from glob import has_magic
from hashlib import sha256
from pathlib import Path
from typing import Final

from careloop.errors import InvalidInput, NotFound
from careloop.ports.row_files import RowFiles

__all__ = ["DataFolder"]

_BLOCK: Final = 1 << 20


class DataFolder:
    """`DataFiles` below a folder; `open_rows` and `read_columns` are the engine's."""

    def __init__(
        self,
        folder: Path,
        *,
        open_rows: Callable[[Sequence[Path]], RowFiles],
        read_columns: Callable[[Sequence[Path], Sequence[str]], Mapping[str, Sequence[object]]],
    ) -> None:
        self._folder = folder.resolve()
        self._open_rows, self._read_columns = open_rows, read_columns

    def names(self, pattern: str) -> tuple[str, ...]:
        """Files that the pattern means, by name."""
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            raise InvalidInput(f"'{pattern}' leads out of the folder of the data", hint="name files below --files DIR")
        found = sorted(self._folder.glob(pattern)) if has_magic(pattern) else [self._folder / pattern]
        return tuple(str(one.relative_to(self._folder)) for one in found if one.is_file() and self._inside(one))

    def digest(self, name: str) -> str:
        """SHA-256 of the bytes, read in blocks of a mebibyte."""
        seen = sha256()
        try:
            with self._path(name).open("rb") as stream:
                while block := stream.read(_BLOCK):
                    seen.update(block)
        except FileNotFoundError as error:
            raise NotFound(f"there is no file {self._path(name)}") from error
        except OSError as error:
            raise InvalidInput(f"{self._path(name)} cannot be read: {error.strerror}") from error
        return f"sha256:{seen.hexdigest()}"

    def rows(self, names: Sequence[str]) -> RowFiles:
        """The rows, by an engine that fits their size."""
        return self._open_rows([self._path(name) for name in names])

    def values(self, names: Sequence[str], columns: Sequence[str]) -> Mapping[str, Sequence[object]]:
        """Columns of all files one after the other."""
        return self._read_columns([self._path(name) for name in names], columns)

    def _path(self, name: str) -> Path:
        path = self._folder / name
        if not self._inside(path):
            raise InvalidInput(f"'{name}' leads out of the folder of the data", hint="name files below --files DIR")
        return path

    def _inside(self, path: Path) -> bool:
        """Links count by where they lead."""
        return path.resolve().is_relative_to(self._folder)
