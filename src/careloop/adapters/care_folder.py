"""The repository's `.care/`: local state that is never committed."""

from pathlib import Path

from careloop.adapters.durable_file import write_durably
from careloop.errors import Unavailable

__all__ = ["keep_out_of_git"]


def keep_out_of_git(folder: Path) -> None:
    """Make the folder, and have git pass it over whatever the repository's own .gitignore says."""
    ignore = folder / ".gitignore"
    if folder.name == ".care" and not ignore.exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"{folder} cannot be used: {error.strerror}") from error
        write_durably(ignore, b"*\n")
