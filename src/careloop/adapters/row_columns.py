"""Columns of files of rows as plain values, for measures that need the rows themselves."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from careloop.adapters.row_tables import read_rows

__all__ = ["column_values", "digest_of_files"]


def column_values(files: Sequence[Path], names: Sequence[str] | None = None) -> dict[str, list[object]]:
    """The named columns, or all, of all files one after the other. Raises `NotFound` and `InvalidInput`."""
    found: dict[str, list[object]] = {}
    for file in files:
        table = read_rows(file, names)
        for name in table.column_names:
            found.setdefault(name, []).extend(table[name].to_pylist())
    return found


def digest_of_files(files: Sequence[Path]) -> str:
    """`sha256:` of one file's bytes; of several, of the list of their digests in the order given."""
    each = [_digest(file) for file in files]
    if len(each) == 1:
        return f"sha256:{each[0]}"
    listed = "".join(one + "\n" for one in each)
    return f"sha256:{sha256(listed.encode()).hexdigest()}"


def _digest(file: Path) -> str:
    seen = sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            seen.update(block)
    return seen.hexdigest()
