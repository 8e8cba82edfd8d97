"""What change control is given: the commits of the enclosing git repository, its hooks, and the objects of a push."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from careloop.adapters.git_objects import PushedObjects
from careloop.adapters.git_repository import GitRepository
from careloop.documents.layout import GOVERNED_FOLDERS, MAX_BYTES, ROOT_FILES, ROOT_LOOKALIKES
from careloop.errors import NotFound
from careloop.wiring import ledger_to_write, now, repository_source, result_cache, standards_library

if TYPE_CHECKING:
    from careloop.ports.change_history import ChangeHistory
    from careloop.ports.git_hooks import GitHooks
    from careloop.workflows.create.guard_branch import HookDesk
    from careloop.workflows.create.put_in_force import EnactDesk

__all__ = ["change_history", "enact_desk", "folder_in_git", "git_hooks", "hook_desk", "parted_range"]


def change_history(root: Path) -> "ChangeHistory":
    """The commits of the enclosing git repository, with their signatures."""
    from careloop.adapters.git_changes import GitChanges

    return GitChanges(root)


def folder_in_git(root: Path) -> str:
    """Where a folder lies in its git work tree: `governance/`; empty at its top and outside git."""
    here = root.resolve()
    top = next((place for place in (here, *here.parents) if (place / ".git").exists()), here)
    return "".join(f"{part}/" for part in here.relative_to(top).parts)


def parted_range(root: Path, text: str) -> str:
    """A range as `care check` takes it. `BASE...HEAD` means, as it does for git, from where the two parted.

    Raises NotFound where they never were one, or a shallow clone does not hold the commit at which they parted.
    """
    from careloop.adapters.git_signatures import run_git

    base, dots, head = text.partition("...")
    if not dots:
        return text
    base, head = base or "HEAD", head or "HEAD"
    try:
        parted = run_git(root, "merge-base", "--end-of-options", base, head).strip()
    except NotFound as error:
        hint = "fetch both whole: `git fetch --unshallow`, or `fetch-depth: 0` in GitHub Actions"
        raise NotFound(f"it is not known where {base} and {head} parted", hint=hint) from error
    return f"{parted}..{head}"


def git_hooks(root: Path) -> "GitHooks":
    """The hooks of the enclosing git repository."""
    from careloop.adapters.git_hooks import FolderHooks

    return FolderHooks(root)


def hook_desk(root: Path) -> "HookDesk":
    """What a hook of git needs: also the objects of a push that git has not let in yet (`GIT_QUARANTINE_PATH`)."""
    from careloop.adapters.git_changes import GitChanges
    from careloop.adapters.git_code import GitCode
    from careloop.workflows.create.guard_branch import HookDesk

    where = os.environ.get("GIT_QUARANTINE_PATH")
    known = os.environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "").split(os.pathsep)
    pushed = PushedObjects(Path(where), tuple(Path(one) for one in known if one)) if where else None
    files = ROOT_FILES | ROOT_LOOKALIKES
    return HookDesk(
        source=GitRepository(root, folders=GOVERNED_FOLDERS, files=files, limit=MAX_BYTES, pushed=pushed),
        history=GitChanges(root, pushed),
        code=GitCode(root),
        hooks=git_hooks(root),
        standards=standards_library(),
        cache=result_cache(),
        now=now(),
    )


@contextmanager
def enact_desk(root: Path) -> "Iterator[EnactDesk]":
    """What putting a commit in force needs; the ledger is started with the first."""
    from careloop.workflows.create.put_in_force import EnactDesk

    with closing(ledger_to_write(root)) as ledger:
        yield EnactDesk(
            source=repository_source(root),
            history=change_history(root),
            ledger=ledger,
            standards=standards_library(),
            cache=result_cache(),
            now=now(),
        )
