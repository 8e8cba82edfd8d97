"""A lake whose Parquet lies in an object store: the same promises, whatever the store does meanwhile (R47, R51)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import msgspec
import pytest
from s3_server import MISSING, Door, make_bucket, s3_behind_a_door
from test_lake import SometimesCompactingLake

from careloop.adapters.lake_depot import LakeDepot, Published
from careloop.adapters.lake_manifest import read_manifest
from careloop.adapters.object_bucket import ObjectBucket
from careloop.adapters.parquet_lake import ParquetLake, open_lake
from careloop.domain.count_plan import Aggregate, CountPlan
from careloop.domain.event import Event
from careloop.errors import Conflict, Refused, Unavailable
from careloop.ports.lake import Engine, Erasure, Lake, Reading
from careloop.testing.contracts.lake import LakeContract
from careloop.testing.contracts.lake_erasure import ErasableLakeContract, LakeToErase
from careloop.testing.event_builders import NOON, an_event

pytestmark = pytest.mark.skipif(MISSING is not None, reason=MISSING or "")
_NAMES = count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with s3_behind_a_door(tmp_path_factory.mktemp("s3") / "server.log") as door:
        yield door


@pytest.fixture
def door(server: Door, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    for name, value in (("ENDPOINT_URL", server.url), ("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    yield server
    server.fault = lambda method, path: None


def an_address(door: Door) -> str:
    name = f"lake-{next(_NAMES)}"
    make_bucket(door, name)
    return f"s3://{name}/ours"


def a_bucket(address: str) -> ObjectBucket:
    """That gives up soon."""
    return ObjectBucket(address, answer_s=0.2, retries=2, retry_s=5)


def a_lake(address: str, folder: Path, *, kept_bytes: int = 2**30) -> ParquetLake:
    return open_lake(folder, depot=LakeDepot(a_bucket(address), folder, kept_bytes=kept_bytes))


def some(first: int, last: int) -> list[Event]:
    return [an_event(n, features={"hours": n / 2}, unit=f"u{n}") for n in range(first, last)]


def compacted(lake: ParquetLake) -> int:
    lake.close_segments(even_if_small=True)
    return lake.compact().rows


def ids(lake: Lake) -> list[str]:
    return [each.event.id for each in lake.events(Reading(system="credit", upto=lake.watermark()))]


def counted(lake: Lake) -> list[int]:
    found: list[int] = []
    for engine in Engine:
        with lake.counting(Reading(system="credit", upto=lake.watermark()), engine=engine) as counts:
            found += counts.count(CountPlan(monitor="all", aggregates=(Aggregate(name="n"),))).total()
    return found


def published(address: str) -> Published | None:
    found = ObjectBucket(address).read("manifest.json")
    return None if found is None else msgspec.json.decode(found.content, type=Published)


def forget_copies(folder: Path) -> None:
    shutil.rmtree(folder / "parquet")


class _OnS3:
    @pytest.fixture(autouse=True)
    def _rooms(self, door: Door, tmp_path: Path) -> None:
        self._folders = (tmp_path / str(n) for n in count())
        self._door = door

    def _depot(self, folder: Path) -> LakeDepot:
        return LakeDepot(a_bucket(an_address(self._door)), folder)


class TestSegmentsHereAndParquetThere(_OnS3, LakeContract):
    def make_lake(self) -> Lake:
        folder = next(self._folders)
        return SometimesCompactingLake(folder, segment_bytes=500, depot=self._depot(folder))


class TestErasure(_OnS3, ErasableLakeContract):
    def make_lake(self) -> LakeToErase:
        folder = next(self._folders)
        return open_lake(folder, depot=self._depot(folder))

    def compact(self, lake: LakeToErase) -> None:
        assert isinstance(lake, ParquetLake)
        compacted(lake)


def test_what_was_compacted_is_read_from_the_store_and_checked(door: Door, tmp_path: Path) -> None:
    address = an_address(door)
    lake = a_lake(address, tmp_path)
    lake.append(some(0, 5), now=NOON)
    assert compacted(lake) == 5
    lake.append(some(5, 7), now=NOON)
    there = published(address)
    assert there is not None
    assert there.manifest == read_manifest(tmp_path)
    forget_copies(tmp_path)
    assert ids(lake) == [f"event-{n}" for n in range(7)]
    forget_copies(tmp_path)
    assert counted(lake) == [7, 7]
    assert lake.stats().systems[0].size > 0
    (file,) = there.manifest.files
    found = a_bucket(address).read(file.path)
    assert found is not None
    a_bucket(address).replace(file.path, b"PAR1", tag=found.tag)
    assert counted(lake) == [7, 7], "the copy here is sound"
    forget_copies(tmp_path)
    with pytest.raises(Refused, match="is not what the lake's manifest says"):
        counted(lake)


def test_while_the_store_is_down_events_are_taken_and_later_compacted(door: Door, tmp_path: Path) -> None:
    address = an_address(door)
    lake = a_lake(address, tmp_path)
    lake.append(some(0, 2), now=NOON)
    compacted(lake)
    door.fault = lambda method, path: "dropped"
    assert lake.append(some(2, 4), now=NOON).accepted == 2
    with pytest.raises(Unavailable, match="out of reach"):
        compacted(lake)
    assert lake.append(some(3, 6), now=NOON).duplicates == (0,)
    assert ids(lake) == [f"event-{n}" for n in range(6)]
    forget_copies(tmp_path)
    with pytest.raises(Unavailable, match="out of reach"):
        counted(lake)
    lake.close()
    lake = a_lake(address, tmp_path)
    assert lake.watermark() == 6
    door.fault = lambda method, path: None
    assert compacted(lake) == 4
    assert counted(lake) == [6, 6]
    assert ids(a_lake(address, tmp_path / "elsewhere")) == [f"event-{n}" for n in range(6)]


@pytest.mark.parametrize("kind", ["500", "dropped", "slow", "unheard"])
@pytest.mark.parametrize("spared", range(6))
def test_a_fault_at_any_request_is_survived_or_told_and_nothing_is_half_there(
    door: Door, tmp_path: Path, kind: str, spared: int
) -> None:
    """The store fails for good after so many requests; then it is whole again."""
    address = an_address(door)
    lake = a_lake(address, tmp_path)
    lake.append(some(0, 3), now=NOON)
    compacted(lake)
    lake.append(some(3, 6), now=NOON)
    before = len(door.asked)
    door.fault = lambda method, path: kind if len(door.asked) - before > spared else None
    try:
        assert compacted(lake) == 3
        told = False
    except Unavailable:
        told = True
    door.fault = lambda method, path: None
    there = published(address)
    assert there is not None
    assert there.manifest.compacted_upto in (3, 6)
    assert told or there.manifest.compacted_upto == 6
    other = a_lake(address, tmp_path / "elsewhere")
    assert ids(other) == [f"event-{n}" for n in range(there.manifest.compacted_upto)]
    other.close()
    lake.append(some(5, 8), now=NOON)
    compacted(lake)
    assert ids(lake) == [f"event-{n}" for n in range(8)]
    after = published(address)
    assert after is not None
    assert (after.writer, after.manifest) == (there.writer, read_manifest(tmp_path))
    forget_copies(tmp_path)
    assert counted(lake) == [8, 8]


def test_one_failure_among_the_requests_is_tried_again_without_a_word(door: Door, tmp_path: Path) -> None:
    address = an_address(door)
    lake = a_lake(address, tmp_path)
    failed: set[tuple[str, str]] = set()

    def once(method: str, path: str) -> str | None:
        if (method, path) in failed or (method == "PUT" and path.endswith("manifest.json")):
            return None
        failed.add((method, path))
        return "500"

    door.fault = once
    lake.append(some(0, 3), now=NOON)
    assert compacted(lake) == 3
    assert len(failed) >= 3
    assert counted(lake) == [3, 3]


def test_a_publication_of_which_nothing_was_heard_is_taken_up_later(door: Door, tmp_path: Path) -> None:
    address = an_address(door)
    lake = a_lake(address, tmp_path)
    lake.append(some(0, 3), now=NOON)
    heard_of: list[str] = []

    def deaf_after_the_manifest(method: str, path: str) -> str | None:
        if method == "PUT" and path.endswith("manifest.json"):
            heard_of.append(path)
            return "unheard"
        return "dropped" if heard_of else None

    door.fault = deaf_after_the_manifest
    with pytest.raises(Unavailable):
        compacted(lake)
    assert read_manifest(tmp_path).compacted_upto == 0
    door.fault = lambda method, path: None
    assert ids(lake) == ["event-0", "event-1", "event-2"]
    assert compacted(lake) == 0, "it had happened"
    assert read_manifest(tmp_path).compacted_upto == 3
    assert lake.append(some(2, 4), now=NOON).duplicates == (0,)
    assert counted(lake) == [4, 4]


def test_a_second_lake_at_the_same_address_reads_and_may_not_write(door: Door, tmp_path: Path) -> None:
    address = an_address(door)
    first, other = a_lake(address, tmp_path / "a"), tmp_path / "b"
    first.append(some(0, 3), now=NOON)
    compacted(first)
    second = a_lake(address, other)
    assert ids(second) == ["event-0", "event-1", "event-2"]
    assert second.append(some(2, 4), now=NOON).duplicates == (0,)
    with pytest.raises(Conflict, match="another lake writes to s3://"):
        compacted(second)
    second.take_over()
    assert second.compact().rows == 1
    assert counted(second) == [4, 4]
    first.append(some(9, 10), now=NOON)
    with pytest.raises(Conflict, match="another lake writes"):
        compacted(first)
    with pytest.raises(Conflict, match="another lake writes"):
        first.take_over()
    assert counted(second) == [4, 4]


def test_an_erased_row_is_in_no_object_any_more(door: Door, tmp_path: Path) -> None:
    address = an_address(door)
    lake = a_lake(address, tmp_path)
    lake.append(some(0, 3), now=NOON)
    compacted(lake)
    before = set(a_bucket(address).names("parquet"))
    forget_copies(tmp_path)
    assert lake.erase(Erasure(system="credit", unit="u1")).rows == 1
    after = set(a_bucket(address).names("parquet"))
    assert len(after) == 1
    assert not before & after
    forget_copies(tmp_path)
    assert ids(lake) == ["event-0", "event-2"]
    assert lake.append(some(1, 2), now=NOON).duplicates == (0,)


def test_a_lake_in_a_folder_moves_to_a_store_when_one_is_declared(door: Door, tmp_path: Path) -> None:
    here = open_lake(tmp_path)
    here.append(some(0, 3), now=NOON)
    compacted(here)
    here.append(some(3, 4), now=NOON)
    here.close()
    address = an_address(door)
    lake = a_lake(address, tmp_path)
    compacted(lake)
    forget_copies(tmp_path)
    assert counted(lake) == [4, 4]


def test_copies_beyond_the_bound_go_once_nobody_used_them_for_an_hour(door: Door, tmp_path: Path) -> None:
    address = an_address(door)
    lake = a_lake(address, tmp_path, kept_bytes=1)
    lake.append(some(0, 3), now=NOON)
    compacted(lake)
    assert list(tmp_path.rglob("*.parquet"))
    for path in tmp_path.rglob("*.parquet"):
        os.utime(path, (1, 1))
    compacted(lake)
    assert list(tmp_path.rglob("*.parquet")) == []
    assert counted(lake) == [3, 3]
