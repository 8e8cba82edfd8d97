"""Rows that are erased are in no file any more, whenever it is cut short; the fake and the real lake agree."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from careloop.adapters.lake_manifest import read_manifest
from careloop.adapters.parquet_lake import ParquetLake, open_lake
from careloop.ports.lake import Erasure, Reading
from careloop.testing.contracts.lake_erasure import ErasableLakeContract, LakeToErase
from careloop.testing.event_builders import NOON, an_event
from careloop.testing.lake_fake import LakeFake


class TestLakeFakeForgets(ErasableLakeContract):
    def make_lake(self) -> LakeToErase:
        return LakeFake()

    def compact(self, lake: LakeToErase) -> None:
        """Nothing to do."""


class TestParquetLakeForgets(ErasableLakeContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self._names = (tmp_path / f"lake-{n}" for n in count())

    def make_lake(self) -> LakeToErase:
        return open_lake(next(self._names))

    def compact(self, lake: LakeToErase) -> None:
        assert isinstance(lake, ParquetLake)
        lake.close_segments(even_if_small=True)
        lake.compact()


def filled(folder: Path) -> ParquetLake:
    lake = open_lake(folder)
    for n in range(4):
        lake.append([an_event(2 * n, unit="jane-doe-7"), an_event(2 * n + 1, unit="john")], now=NOON)
        lake.close_segments(even_if_small=True)
        lake.compact()
    return lake


def holding(folder: Path, word: bytes) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and word in path.read_bytes()
    )


def test_no_file_of_the_lake_holds_the_person_any_more(tmp_path: Path) -> None:
    with closing(filled(tmp_path)) as lake:
        torn = tmp_path / "segments" / "torn"
        torn.mkdir()
        (torn / "events-1-5.bytes").write_bytes(b"half a row of jane-doe-7")
        assert len(holding(tmp_path, b"jane-doe-7")) == 5
        assert lake.erase(Erasure(system="credit", unit="jane-doe-7")).rows == 4
        assert holding(tmp_path, b"jane-doe-7") == []
        assert len(holding(tmp_path, b"john")) == 4
        assert {file.rows for file in read_manifest(tmp_path).files} == {1}


def ids(lake: ParquetLake) -> list[str]:
    return [each.event.id for each in lake.events(Reading(system="credit", upto=lake.watermark()))]


def test_cut_short_before_the_manifest_nothing_has_gone_and_repeating_finishes(tmp_path: Path) -> None:
    filled(tmp_path / "lake").close()
    shutil.copytree(tmp_path / "lake", tmp_path / "other")
    with closing(open_lake(tmp_path / "other")) as other:
        other.erase(Erasure(system="credit", unit="jane-doe-7"))
    shutil.copytree(tmp_path / "other" / "parquet", tmp_path / "lake" / "parquet", dirs_exist_ok=True)
    with closing(open_lake(tmp_path / "lake")) as lake:
        assert len(ids(lake)) == 8
        assert lake.erase(Erasure(system="credit", unit="jane-doe-7")).rows == 4
        assert (len(ids(lake)), holding(tmp_path / "lake", b"jane-doe-7")) == (4, [])


def test_cut_short_after_the_manifest_the_old_files_go_with_the_next_erasure_or_compaction(tmp_path: Path) -> None:
    filled(tmp_path / "lake").close()
    before = shutil.copytree(tmp_path / "lake", tmp_path / "before")
    with closing(open_lake(tmp_path / "lake")) as lake:
        lake.erase(Erasure(system="credit", unit="jane-doe-7"))
        erasing: Callable[[], int] = lambda: lake.erase(Erasure(system="credit", unit="jane-doe-7")).rows  # noqa: E731
        compacting: Callable[[], int] = lambda: lake.compact().rows  # noqa: E731
        for again in (erasing, compacting):
            shutil.copytree(before / "parquet", tmp_path / "lake" / "parquet", dirs_exist_ok=True)
            assert len(holding(tmp_path / "lake", b"jane-doe-7")) == 4
            assert (len(ids(lake)), again()) == (4, 0)
            assert holding(tmp_path / "lake", b"jane-doe-7") == []
