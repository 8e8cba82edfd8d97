"""A folder of code in memory, for tests: the repository in memory, whose files may be of any kind."""

from careloop.testing.repository_fake import RepositoryFake

__all__ = ["CodeSourceFake"]


class CodeSourceFake(RepositoryFake):
    """A `CodeSource` that keeps its files in a dictionary."""

    def touched(self, base: str, head: str | None) -> frozenset[str]:
        """Paths that differ between two revisions, or between one and the work tree."""
        return self.changed(base, head)

    def read(self, path: str, revision: str | None) -> bytes | None:
        """A file at a revision; null where it does not exist."""
        return (self.work_tree() if revision is None else self.at(revision)).files.get(path)
