"""The files of a data set, by names relative to its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from careloop.ports.row_files import RowFiles

__all__ = ["DataFiles"]


class DataFiles(Protocol):
    """Files below one folder; nothing is written, and nothing outside of the folder is read."""

    def names(self, pattern: str) -> tuple[str, ...]:
        """The files that a name or a pattern of shells means, in order; `InvalidInput` for one that leads out."""

    def digest(self, name: str) -> str:
        """`sha256:` of a file's bytes. `NotFound` when it is not there, `InvalidInput` when it cannot be read."""

    def rows(self, names: Sequence[str]) -> RowFiles:
        """The rows of these files, to be counted; whoever asked closes them."""

    def values(self, names: Sequence[str], columns: Sequence[str]) -> Mapping[str, Sequence[object]]:
        """The values of some columns of these files."""
