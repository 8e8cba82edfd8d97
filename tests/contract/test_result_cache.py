"""Every cache of results keeps the promises of the port; the one on disk survives damage."""

from itertools import count
from pathlib import Path

import pytest

from careloop.adapters.file_cache import FileCache, user_cache_folder
from careloop.ports.result_cache import ResultCache
from careloop.testing.contracts.result_cache import ResultCacheContract
from careloop.testing.result_cache_fake import ResultCacheFake


class TestResultCacheFake(ResultCacheContract):
    def make_cache(self) -> ResultCache:
        return ResultCacheFake()

    def test_one_that_forgets_only_misses(self) -> None:
        cache = ResultCacheFake(forgets=True)
        cache.put("check/1", b"x")
        assert cache.get("check/1") is None


class TestFileCache(ResultCacheContract):
    @pytest.fixture(autouse=True)
    def _a_folder(self, tmp_path: Path) -> None:
        self._folders = (tmp_path / str(number) for number in count())

    def make_cache(self) -> ResultCache:
        return FileCache(next(self._folders))

    @pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "swapped"])
    def test_a_damaged_file_is_a_miss(self, tmp_path: Path, damage: str) -> None:
        cache = FileCache(tmp_path / "cache")
        cache.put("check/1", b"the answer")
        cache.put("check/2", b"another one")
        one, two = sorted((tmp_path / "cache").iterdir(), key=lambda path: path.read_bytes().endswith(b"one"))
        kept = one.read_bytes()
        one.write_bytes(
            {
                "cut": kept[:-1],
                "flipped": kept[:-1] + bytes([kept[-1] ^ 1]),
                "emptied": b"",
                "swapped": two.read_bytes()[:64] + kept[64:],
            }[damage]
        )
        assert cache.get("check/1") is None
        assert cache.get("check/2") == b"another one"

    def test_a_folder_in_the_way_is_a_miss_and_no_error(self, tmp_path: Path) -> None:
        cache = FileCache(tmp_path / "cache")
        cache.put("check/1", b"the answer")
        (kept,) = (tmp_path / "cache").iterdir()
        kept.unlink()
        kept.mkdir()
        assert cache.get("check/1") is None
        cache.put("check/1", b"the answer")
        assert cache.get("check/1") is None

    def test_a_file_where_the_folder_should_be_only_costs_the_speed(self, tmp_path: Path) -> None:
        (tmp_path / "cache").write_text("in the way")
        cache = FileCache(tmp_path / "cache")
        cache.put("check/1", b"the answer")
        assert cache.get("check/1") is None

    def test_it_does_not_grow_without_end(self, tmp_path: Path) -> None:
        cache = FileCache(tmp_path / "cache")
        for number in range(450):
            cache.put(f"check/{number}", b"x")
        assert len(list((tmp_path / "cache").iterdir())) <= 400
        assert cache.get("check/449") == b"x"


def test_the_cache_lies_in_the_users_cache_folder() -> None:
    home = Path.home() / ".cache" / "careloop"
    assert user_cache_folder({}) == home
    assert user_cache_folder({"XDG_CACHE_HOME": "elsewhere"}) == Path("elsewhere", "careloop")
    assert user_cache_folder({"CARELOOP_CACHE": "mine", "XDG_CACHE_HOME": "elsewhere"}) == Path("mine")
