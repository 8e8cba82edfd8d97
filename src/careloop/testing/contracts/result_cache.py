"""What every cache of results must do. Derive a test class, give it a `make_cache`, and run it."""

from abc import ABC, abstractmethod

from careloop.ports.result_cache import ResultCache

__all__ = ["ResultCacheContract"]


class ResultCacheContract(ABC):
    """One test a promise of the port. A cache may forget, so a miss is always allowed; a wrong answer never is."""

    @abstractmethod
    def make_cache(self) -> ResultCache:
        """A fresh, empty cache."""

    def test_nothing_was_kept_under_a_new_key(self) -> None:
        assert self.make_cache().get("check/1") is None

    def test_what_was_kept_comes_back_byte_for_byte(self) -> None:
        cache = self.make_cache()
        for number, value in enumerate((b"", b"\x00\xff\r\n", b"x" * 100_000)):
            cache.put(f"check/{number}", value)
            assert cache.get(f"check/{number}") == value

    def test_a_key_that_looks_like_a_path_is_only_a_name(self) -> None:
        cache = self.make_cache()
        for key in ("../../elsewhere", "a/b", "a" * 5_000, "ä\n"):
            cache.put(key, key.encode())
            assert cache.get(key) == key.encode()

    def test_a_later_value_takes_the_place_of_the_earlier(self) -> None:
        cache = self.make_cache()
        cache.put("check/1", b"first")
        cache.put("check/1", b"second")
        assert cache.get("check/1") == b"second"

    def test_two_keys_do_not_share_a_value(self) -> None:
        cache = self.make_cache()
        cache.put("check/1", b"one")
        cache.put("check/11", b"eleven")
        assert (cache.get("check/1"), cache.get("check/11")) == (b"one", b"eleven")
