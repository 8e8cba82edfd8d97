"""What every source of code must do. Derive a test class, give it a `make_code`, and run it."""

from abc import ABC, abstractmethod
from typing import Protocol

from careloop.errors import NotFound
from careloop.ports.code_source import CodeSource

__all__ = ["CodeSourceContract", "WritableCode"]


class WritableCode(Protocol):
    """A folder of code that the suite can change, and the port under test that reads it."""

    @property
    def code(self) -> CodeSource:
        """The source under test."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Write a file of the work tree."""
        ...

    def delete(self, path: str) -> None:
        """Take a file out of the work tree."""
        ...

    def commit(self) -> str:
        """Commit the work tree and return the full hash."""
        ...


class CodeSourceContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_code(self) -> WritableCode:
        """A folder in git without commits."""

    def test_files_of_every_kind_count_and_those_of_the_work_tree_too(self) -> None:
        made = self.make_code()
        made.write("models/w.bin", b"\x00\x01")
        made.write("kept.py", b"1\n")
        first = made.commit()
        made.write("models/w.bin", b"\x00\x02")
        made.write("new and odd.txt", b"x")
        assert made.code.touched(first, None) == {"models/w.bin", "new and odd.txt"}
        second = made.commit()
        assert made.code.touched(first, second) == {"models/w.bin", "new and odd.txt"}
        assert made.code.touched(second, None) == frozenset()

    def test_a_file_that_moved_counts_at_both_its_places(self) -> None:
        made = self.make_code()
        made.write("card.md", b"one\ntwo\nthree\n")
        first = made.commit()
        made.delete("card.md")
        made.write("docs/card.md", b"one\ntwo\nthree\n")
        assert made.code.touched(first, made.commit()) == {"card.md", "docs/card.md"}

    def test_a_file_is_read_at_any_revision_and_may_be_missing(self) -> None:
        made = self.make_code()
        made.write("a/b.txt", b"old")
        first = made.commit()
        made.write("a/b.txt", b"new")
        assert made.code.read("a/b.txt", first) == b"old"
        assert made.code.read("a/b.txt", None) == b"new"
        assert made.code.read("a/c.txt", first) is None
        assert made.code.read("a/c.txt", None) is None

    def test_the_head_says_where_it_stands(self) -> None:
        made = self.make_code()
        made.write("a.txt", b"1")
        first = made.commit()
        assert (made.code.head().commit, made.code.head().dirty) == (first, False)
        made.write("a.txt", b"2")
        assert made.code.head().dirty is True
        assert made.code.resolve(first[:10]) == first

    def test_an_unknown_revision_is_not_found(self) -> None:
        made = self.make_code()
        made.write("a.txt", b"1")
        made.commit()
        for revision in ("nonesuch", "--output=x"):
            try:
                made.code.touched(revision, None)
            except NotFound:
                continue
            raise AssertionError(f"NotFound was not raised for {revision}")
