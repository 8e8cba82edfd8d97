"""What every source of a governance repository must do. Derive a class, give it a `make_repository`, and run it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

from careloop.errors import NotFound
from careloop.ports.repository_source import Head, RepositorySource
from careloop.testing.source_tree_builder import small_repository

__all__ = ["LIMIT", "EditableRepository", "RepositorySourceContract"]

LIMIT = 4_000
"""Largest file, in bytes, that the repositories of this suite read."""

_MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
_DAY = timedelta(days=1)


class EditableRepository(Protocol):
    """A repository that the suite can edit and commit to, and the source under test that reads it."""

    @property
    def source(self) -> RepositorySource:
        """The source under test."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Write a file of the work tree."""
        ...

    def delete(self, path: str) -> None:
        """Take a file out of the work tree."""
        ...

    def commit(self, at: datetime) -> str:
        """Commit all of the work tree at an instant and return the full hash."""
        ...


class RepositorySourceContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_repository(self, *, in_git: bool = True) -> EditableRepository:
        """A fresh repository without files, whose source reads files of at most `LIMIT` bytes."""

    def a_repository(self, *, in_git: bool = True) -> EditableRepository:
        """A repository with the small documents in its work tree, not committed."""
        made = self.make_repository(in_git=in_git)
        for path, content in small_repository().items():
            made.write(path, content)
        return made

    def test_the_work_tree_holds_every_document_byte_for_byte(self) -> None:
        tree = self.a_repository().source.work_tree()
        assert dict(tree.files) == small_repository()
        assert (tree.oversized, tree.links, dict(tree.unreadable)) == ((), (), {})

    def test_a_commit_holds_what_the_work_tree_held(self) -> None:
        repository = self.a_repository()
        commit = repository.commit(_MONDAY)
        repository.write("care.yaml", b"schema: 1\n")
        assert dict(repository.source.at(commit).files) == small_repository()
        assert repository.source.work_tree().files["care.yaml"] == b"schema: 1\n"

    def test_outside_git_there_is_no_commit_and_no_history(self) -> None:
        source = self.a_repository(in_git=False).source
        assert source.head() == Head(None, None)
        assert source.in_force(_MONDAY) is None
        _not_found(lambda: source.at("HEAD"))
        _not_found(lambda: source.resolve("HEAD"))

    def test_before_the_first_commit_there_is_no_head(self) -> None:
        source = self.a_repository().source
        assert source.head().commit is None
        assert source.in_force(_MONDAY) is None
        _not_found(lambda: source.at("HEAD"))

    def test_head_is_the_last_commit_and_dirty_while_a_document_differs(self) -> None:
        repository = self.a_repository()
        first = repository.commit(_MONDAY)
        assert repository.source.head() == Head(first, dirty=False)
        repository.write("roles.yaml", b"owner: nobody\n")
        assert repository.source.head() == Head(first, dirty=True)
        second = repository.commit(_MONDAY + _DAY)
        assert repository.source.head() == Head(second, dirty=False)

    def test_a_document_nobody_has_committed_makes_the_tree_dirty(self) -> None:
        repository = self.a_repository()
        repository.commit(_MONDAY)
        repository.write("laws/gdpr.yaml", b"id: gdpr\n")
        assert repository.source.head().dirty is True

    def test_a_deleted_document_makes_the_tree_dirty(self) -> None:
        repository = self.a_repository()
        repository.commit(_MONDAY)
        repository.delete("rules/shop.yaml")
        assert repository.source.head().dirty is True

    def test_the_token_tells_every_change_of_documents_and_of_head(self) -> None:
        repository = self.a_repository()
        seen = [repository.source.token()]
        assert repository.source.token() == seen[0]
        repository.write("roles.yaml", b"owner: nobody\n")
        seen.append(repository.source.token())
        repository.write("roles.yaml", b"owner: somebody\n")
        seen.append(repository.source.token())
        repository.write("laws/gdpr.yaml", b"id: gdpr\n")
        seen.append(repository.source.token())
        repository.delete("rules/shop.yaml")
        seen.append(repository.source.token())
        repository.commit(_MONDAY)
        seen.append(repository.source.token())
        assert repository.source.token() == seen[-1]
        assert len(set(seen)) == len(seen)

    def test_the_token_of_a_folder_outside_git_tells_changes_as_well(self) -> None:
        repository = self.a_repository(in_git=False)
        before = repository.source.token()
        repository.write("roles.yaml", b"owner: nobody\n")
        assert repository.source.token() != before

    def test_a_revision_resolves_to_the_full_hash(self) -> None:
        repository = self.a_repository()
        first = repository.commit(_MONDAY)
        repository.write("roles.yaml", b"owner: nobody\n")
        second = repository.commit(_MONDAY + _DAY)
        resolve = repository.source.resolve
        assert [resolve(name) for name in ("HEAD", first[:10], second)] == [second, first, second]

    def test_a_revision_may_count_back_from_another(self) -> None:
        repository = self.a_repository()
        first = repository.commit(_MONDAY)
        repository.write("roles.yaml", b"owner: nobody\n")
        repository.commit(_MONDAY + _DAY)
        assert repository.source.resolve("HEAD~1") == first
        assert repository.source.changed("HEAD~1", "HEAD") == {"roles.yaml"}

    def test_an_unknown_revision_is_not_found_and_named(self) -> None:
        repository = self.a_repository()
        repository.commit(_MONDAY)
        source = repository.source
        for revision in ("no-such-branch", "0123456789", "HEAD~7"):
            for ask in (partial(source.at, revision), partial(source.resolve, revision)):
                assert revision in _not_found(ask).message
            assert revision in _not_found(partial(source.changed, revision, None)).message

    def test_what_changed_between_two_commits_is_written_added_and_deleted(self) -> None:
        repository = self.a_repository()
        first = repository.commit(_MONDAY)
        repository.write("roles.yaml", b"owner: nobody\n")
        repository.write("laws/gdpr.yaml", b"id: gdpr\n")
        repository.delete("rules/shop.yaml")
        second = repository.commit(_MONDAY + _DAY)
        expected = {"roles.yaml", "laws/gdpr.yaml", "rules/shop.yaml"}
        assert repository.source.changed(first, second) == expected
        assert repository.source.changed(second, first) == expected
        assert repository.source.changed(second, "HEAD") == frozenset()

    def test_what_changed_up_to_the_work_tree_counts_what_is_not_committed(self) -> None:
        repository = self.a_repository()
        first = repository.commit(_MONDAY)
        repository.write("roles.yaml", b"owner: nobody\n")
        assert repository.source.changed(first, None) == {"roles.yaml"}

    def test_in_force_is_the_last_commit_at_or_before_the_instant(self) -> None:
        repository = self.a_repository()
        first = repository.commit(_MONDAY)
        repository.write("roles.yaml", b"owner: nobody\n")
        second = repository.commit(_MONDAY + 2 * _DAY)
        in_force = repository.source.in_force
        second_before = timedelta(seconds=1)
        assert in_force(_MONDAY - second_before) is None
        assert in_force(_MONDAY) == first
        assert in_force(_MONDAY + 2 * _DAY - second_before) == first
        assert in_force(_MONDAY + 2 * _DAY) == second
        assert in_force(_MONDAY + 300 * _DAY) == second

    def test_a_file_beyond_the_limit_is_told_and_not_read(self) -> None:
        repository = self.a_repository()
        repository.write("laws/long.yaml", b"#" * (LIMIT + 1))
        repository.write("laws/full.yaml", b"#" * LIMIT)
        commit = repository.commit(_MONDAY)
        for tree in (repository.source.work_tree(), repository.source.at(commit)):
            assert [(big.path, big.size) for big in tree.oversized] == [("laws/long.yaml", LIMIT + 1)]
            assert "laws/long.yaml" not in tree.files
            assert len(tree.files["laws/full.yaml"]) == LIMIT


def _not_found(call: Callable[[], object]) -> NotFound:
    """The error a call must raise."""
    try:
        call()
    except NotFound as error:
        return error
    raise AssertionError("NotFound was not raised")
