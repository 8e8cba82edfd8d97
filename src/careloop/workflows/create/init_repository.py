"""Start a governance repository: small, passing its own check, with its gaps shown by status and not as failures."""

import re
from dataclasses import dataclass
from datetime import datetime

from careloop.checks.catalogue import Catalogue
from careloop.domain.profile import Module, Profile
from careloop.errors import UsageError
from careloop.ports.standards_library import StandardsLibrary
from careloop.ports.workspace import Author, Workspace, WrittenRepository
from careloop.workflows.create.profile_documents import profile_documents

__all__ = ["UNASSIGNED", "InitResult", "Start", "chosen_start", "init_repository", "parse_owner"]

UNASSIGNED = Author("unassigned", "unassigned@example.invalid")
_OWNER = re.compile(r"^\s*([^<>]+?)\s*<\s*([^<>@\s]+@[^<>@\s]+)\s*>\s*$")


@dataclass(frozen=True, slots=True)
class Start:
    """What to start from: a profile with the modules that can be off, or neither."""

    profile: Profile | None = None
    modules: tuple[Module, ...] = ()


def chosen_start(name: str | None, standards: StandardsLibrary) -> Start:
    """The profile of a name; none for none. Raises UsageError."""
    if name is None:
        return Start()
    found = Catalogue(standards.read_all()).profiles
    named = {profile.id: profile for profile in found.profiles}
    if name not in named:
        raise UsageError(f"there is no profile '{name}'", hint=f"one of {', '.join(named)}")
    return Start(named[name], found.modules)


@dataclass(frozen=True, slots=True)
class InitResult:
    """What was written, and who holds all posts for now."""

    owner: Author
    repository: WrittenRepository


def parse_owner(text: str) -> Author:
    """`Name <mail>` as a person. Raises UsageError for anything else.

    >>> parse_owner("Ada Byron <ada@example.org>").name
    'Ada Byron'
    """
    found = _OWNER.match(text)
    if found is None or text != text.encode(errors="replace").decode():
        raise UsageError(f"'{text}' does not name an owner", hint="write it like --owner 'Ada Byron <ada@example.org>'")
    return Author(" ".join(found.group(1).split()), found.group(2))


def init_repository(
    workspace: Workspace, *, name: str, owner: Author | None, now: datetime, start: Start = Start()
) -> InitResult:
    """Write the starter documents and commit them; one named owner holds every post until others are appointed."""
    who = owner or workspace.author() or UNASSIGNED
    files = profile_documents(name, who, now.date(), start.profile, start.modules)
    written = workspace.create(files, author=who, message="Start the AI management system", now=now)
    return InitResult(who, written)
