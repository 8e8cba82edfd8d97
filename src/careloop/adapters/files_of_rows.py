"""What every engine over files of rows has alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from careloop.adapters.row_tables import edges_of, kinds_of, schema_of
from careloop.domain.count_plan import ColumnKind, Predicate
from careloop.domain.counts import Agreement, Tally
from careloop.errors import UsageError
from careloop.ports.row_files import Progress, RowFiles

__all__ = ["FilesOfRows"]


class FilesOfRows:
    """What every engine over files has alike; an engine adds `count_all`. Rows are compared by DuckDB for all."""

    def __init__(self, files: Sequence[Path], told: Progress | None = None) -> None:
        self._files, self._told = tuple(files), told
        self._kinds = kinds_of(schema_of(files))

    @property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """What each column holds."""
        return self._kinds

    @property
    def files(self) -> Sequence[str]:
        """Where the rows lie."""
        return tuple(map(str, self._files))

    def edges(self, column: str, bins: int) -> tuple[float, ...]:
        """Edges of bins of about equal size."""
        return edges_of(self._files, column, bins)

    def distinct(self, names: Sequence[str], where: Sequence[Predicate] = ()) -> Tally:
        """As the port says; raises `UsageError` where DuckDB is not installed."""
        _check_duckdb()
        from careloop.adapters.row_comparison import distinct

        return distinct(self._files, names, where)

    def agreement(
        self, trusted: RowFiles, *, of: str, key: Sequence[str], where: Sequence[Predicate] = ()
    ) -> Agreement:
        """As the port says; raises `UsageError` where DuckDB is not installed."""
        _check_duckdb()
        from careloop.adapters.row_comparison import agreement

        return agreement(self._files, tuple(map(Path, trusted.files)), of=of, key=key, where=where)

    def close(self) -> None:
        """Let go of whatever the engine holds; nothing here."""


def _check_duckdb() -> None:
    if find_spec("duckdb") is None:
        raise UsageError("rows are compared by DuckDB, which is not installed", hint="pip install 'careloop[lake]'")
