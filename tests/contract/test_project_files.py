"""A folder on disk and a project in memory keep the promises of a reader of projects."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from careloop.adapters.project_folder import ProjectFolder
from careloop.ports.project_files import ProjectFiles
from careloop.testing.contracts.project_files import ProjectFilesContract
from careloop.testing.project_files_fake import ProjectFilesFake
from careloop.testing.source_tree_builder import write_files


class TestFake(ProjectFilesContract):
    def make_project(self, files: Mapping[str, bytes]) -> ProjectFiles:
        return ProjectFilesFake(files)


class TestFolder(ProjectFilesContract):
    def make_project(self, files: Mapping[str, bytes]) -> ProjectFiles:
        return ProjectFolder(write_files(Path(tempfile.mkdtemp()), files))


def test_what_others_wrote_and_links_out_of_the_project_are_left_out(tmp_path: Path) -> None:
    others = {"node_modules/x/index.js": b"1", ".venv/lib/y.py": b"1", ".git/config": b"1", "a.py": b"1"}
    (tmp_path / "elsewhere").mkdir()
    project = write_files(tmp_path / "project", others)
    (project / "link").symlink_to(tmp_path / "elsewhere")
    (project / "broken.py").symlink_to(tmp_path / "nowhere")
    assert ProjectFolder(project).read(["**/*.py", "**/*.js"]) == {"a.py": b"1"}
