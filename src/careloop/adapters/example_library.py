"""The example repositories: beside the source in a checkout, inside the package when installed."""

import shutil
from pathlib import Path

import careloop
from careloop.errors import Conflict, NotFound

__all__ = ["ExampleLibrary"]


class ExampleLibrary:
    """Finds and copies example repositories."""

    def folder(self, name: str) -> Path:
        """Where an example lies. Raises NotFound."""
        package = Path(careloop.__file__).parent
        for candidate in (package / "examples" / name, package.parents[1] / "examples" / name):
            if (candidate / "care.yaml").is_file():
                return candidate
        raise NotFound(f"the example '{name}' is not part of this installation")

    def copy(self, name: str, target: Path) -> None:
        """Copy an example into a new folder. Raises Conflict when the folder holds something already."""
        if target.exists() and any(target.iterdir()):
            raise Conflict(f"{target} is not empty", hint="name a new folder with --dir")
        shutil.copytree(self.folder(name), target, dirs_exist_ok=True)
