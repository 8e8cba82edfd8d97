"""Writes documents into a folder; a reader never sees half of one."""

import os
import tempfile
from pathlib import Path

from careloop.errors import InvalidInput, Unavailable

__all__ = ["DocumentFolder"]


class DocumentFolder:
    """The folder `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def exists(self, path: str) -> bool:
        """Whether anything lies at the path, a broken link included."""
        return os.path.lexists(self._root / path)

    def write(self, path: str, text: str) -> None:
        """Write beside the target, then put it in its place."""
        target = self._root / path
        if not target.parent.resolve().is_relative_to(self._root.resolve()):
            raise InvalidInput(f"{path} leads out of {self._root}", hint="name a path below it")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=target.parent, prefix=".care-")
            done = False
            try:
                with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                    file.write(text)
                os.chmod(beside, 0o644)  # noqa: PTH101  # mkstemp makes it the owner's alone
                Path(beside).replace(target)
                done = True
            finally:
                if not done:
                    Path(beside).unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"{target} cannot be written: {error.strerror}") from error
