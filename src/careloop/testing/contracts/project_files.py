"""What every reader of a project must do. Derive a test class, give it a `make_project`, and run it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from careloop.ports.project_files import ProjectFiles

__all__ = ["ProjectFilesContract"]


class ProjectFilesContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_project(self, files: Mapping[str, bytes]) -> ProjectFiles:
        """A project that holds these files."""

    def test_files_come_by_path_and_by_pattern(self) -> None:
        made = self.make_project({"src/b.py": b"1", "a.py": b"2", "notes.md": b"3"})
        assert made.names() == ("a.py", "notes.md", "src/b.py")
        assert made.read(["**/*.py"]) == {"a.py": b"2", "src/b.py": b"1"}
        assert made.read(["*.json"]) == {}
