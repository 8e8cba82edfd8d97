"""The files of an existing project on disk."""

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from careloop.domain.path_pattern import path_fits

__all__ = ["ProjectFolder"]

_NOT_OURS = frozenset(
    {
        ".care", ".eggs", ".git", ".hg", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".svn", ".tox", ".venv",
        "__pycache__", "build", "dist", "env", "node_modules", "site-packages", "venv", "vendor",
    }
)  # fmt: skip
_LARGEST = 20_000_000


class ProjectFolder:
    """The folder `root`; links to folders are not followed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> tuple[str, ...]:
        """Paths of all files below the root."""
        return self._names

    @cached_property
    def _names(self) -> tuple[str, ...]:
        found = []
        for folder, inner, files in os.walk(self._root):
            inner[:] = sorted(name for name in inner if name not in _NOT_OURS)
            base = Path(folder).relative_to(self._root)
            found += [(base / name).as_posix() for name in files]
        return tuple(sorted(found))

    def read(self, patterns: Iterable[str]) -> Mapping[str, bytes]:
        """Files that fit a pattern."""
        wanted = tuple(patterns)
        return {
            name: raw for name in self.names() if path_fits(name, wanted) and (raw := self._bytes(name)) is not None
        }

    def _bytes(self, name: str) -> bytes | None:
        path = self._root / name
        try:
            return path.read_bytes() if path.is_file() and path.stat().st_size <= _LARGEST else None
        except OSError:
            return None
