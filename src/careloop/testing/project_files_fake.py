"""A project in memory, for tests."""

from collections.abc import Iterable, Mapping

from careloop.domain.path_pattern import path_fits

__all__ = ["ProjectFilesFake"]


class ProjectFilesFake:
    """A `ProjectFiles` that keeps its files in a dictionary."""

    def __init__(self, files: Mapping[str, bytes | str]) -> None:
        self._files = {path: raw.encode() if isinstance(raw, str) else raw for path, raw in files.items()}

    def names(self) -> tuple[str, ...]:
        """Paths of all files."""
        return tuple(sorted(self._files))

    def read(self, patterns: Iterable[str]) -> Mapping[str, bytes]:
        """Files that fit one of the patterns."""
        wanted = tuple(patterns)
        return {path: self._files[path] for path in self.names() if path_fits(path, wanted)}
