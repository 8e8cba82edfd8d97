"""A git repository's objects (dulwich), with those of a push that git has received and not yet let in."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from careloop.errors import NotFound

if TYPE_CHECKING:
    from dulwich.repo import Repo

__all__ = ["PushedObjects", "open_repository"]


@dataclass(frozen=True, slots=True)
class PushedObjects:
    """Where git keeps the objects of a push while its pre-receive hook decides (`GIT_QUARANTINE_PATH`)."""

    folder: Path
    beside: tuple[Path, ...]
    """Folders of the objects that were there before."""


def open_repository(root: Path, pushed: PushedObjects | None = None, *, hint: str | None = None) -> "Repo":
    """The repository that encloses a folder, bare or not; raises `NotFound`. To be closed by the caller."""
    from dulwich.errors import NotGitRepository
    from dulwich.repo import Repo

    try:
        found = Repo.discover(str(root))
    except NotGitRepository as error:
        raise NotFound(f"{root} is not in a git repository", hint=hint) from error
    if pushed is None:
        return found
    with found:
        where = str(found.path)
    return Repo(where, object_directory=str(pushed.folder), alternates=[str(path) for path in pushed.beside])
