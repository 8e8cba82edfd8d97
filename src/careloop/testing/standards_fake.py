"""A standards library in memory, for tests: the files it is given, or a failure on purpose."""

from collections.abc import Mapping

__all__ = ["StandardsFake"]


class StandardsFake:
    """A `StandardsLibrary`; with `failure`, reading it raises that instead."""

    def __init__(self, files: Mapping[str, bytes] = {}, *, failure: Exception | None = None) -> None:
        self._files = dict(files)
        self._failure = failure

    def read_all(self) -> Mapping[str, bytes]:
        """Every file by its path."""
        if self._failure is not None:
            raise self._failure
        return self._files
