"""The files of a data set in a folder: found by name and pattern, never outside of it, with true digests (R58)."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from careloop.errors import InvalidInput, NotFound
from careloop.wiring.rows import data_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data" / "parts").mkdir(parents=True)
    (tmp_path / "data" / "rows.csv").write_text("id,age\n1,34\n2,51\n")
    for part in ("b", "a"):
        (tmp_path / "data" / "parts" / f"{part}.csv").write_text(f"id,age\n{ord(part)},20\n")
    (tmp_path / "secret.csv").write_text("id,age\n9,99\n")
    (tmp_path / "data" / "link.csv").symlink_to(tmp_path / "secret.csv")
    return tmp_path / "data"


def test_names_and_patterns_in_order(folder: Path) -> None:
    files = data_folder(folder)
    assert files.names("rows.csv") == ("rows.csv",)
    assert files.names("parts/*.csv") == ("parts/a.csv", "parts/b.csv")
    assert files.names("nothing.csv") == files.names("*.parquet") == ()


@pytest.mark.parametrize("outside", ["../secret.csv", "/etc/hostname", "parts/../../secret.csv"])
def test_what_leads_out_of_the_folder_is_refused(folder: Path, outside: str) -> None:
    with pytest.raises(InvalidInput, match="leads out"):
        data_folder(folder).names(outside)
    with pytest.raises(InvalidInput, match="leads out"):
        data_folder(folder).digest(outside)


def test_a_link_counts_by_where_it_leads(folder: Path) -> None:
    files = data_folder(folder)
    assert "link.csv" not in files.names("*.csv")
    with pytest.raises(InvalidInput, match="leads out"):
        files.digest("link.csv")


def test_the_digest_is_that_of_the_bytes(folder: Path) -> None:
    raw = (folder / "rows.csv").read_bytes()
    assert data_folder(folder).digest("rows.csv") == f"sha256:{sha256(raw).hexdigest()}"
    with pytest.raises(NotFound, match="there is no file"):
        data_folder(folder).digest("gone.csv")
    with pytest.raises(InvalidInput, match="cannot be read"):
        data_folder(folder).digest("parts")


def test_rows_and_values_are_those_of_all_files_named(folder: Path) -> None:
    files = data_folder(folder)
    assert files.values(["parts/a.csv", "parts/b.csv", "rows.csv"], ["id"]) == {"id": [97, 98, 1, 2]}
    rows = files.rows(["rows.csv"])
    assert set(rows.kinds) == {"id", "age"}
    rows.close()
