"""The standards library as it lies in the installed package."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

__all__ = ["PackageStandards"]


class PackageStandards:
    """Reads `careloop/standards` from the installation."""

    def read_all(self) -> Mapping[str, bytes]:
        """Every YAML file by its path within `standards/`."""
        return dict(_yaml_files(files("careloop.standards"), ""))


def _yaml_files(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.is_dir():
            yield from _yaml_files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".yaml"):
            yield f"{prefix}{entry.name}", entry.read_bytes()
