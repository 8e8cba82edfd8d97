"""Who owns a path: the lines of CODEOWNERS and the accountable posts of roles.yaml, as they stand in one commit (R23).

Both may speak about a path, and then both are asked: one of the owners of the CODEOWNERS line, and whoever acts for the
accountable post. A person may answer for both.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from careloop.documents.codeowners import CODEOWNERS_FILES, OwnerLine, owners_of, path_matches, read_codeowners
from careloop.domain.change import OwnersFile
from careloop.domain.organisation import Organisation
from careloop.gates.people import People

__all__ = ["APPROVE_CHANGE", "OwnerGroup", "Owners"]

APPROVE_CHANGE: Final = "approve_change"
"""The authority that a post lends so that another may approve changes of what it owns."""
_CONTROLS: Final = frozenset({"care.yaml", "roles.yaml", *CODEOWNERS_FILES})
"""Files that say who owns what; they are never anybody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerGroup:
    """People of whom any one may approve."""

    name: str
    """The post; or the CODEOWNERS line with its owners as written."""
    people: frozenset[str]
    """Ids of roles.yaml."""
    post: str | None = None


@dataclass(frozen=True)
class Owners:
    """The owners by path at one commit, as they stand on one day."""

    people: People
    file: OwnersFile | None
    organisation: Organisation | None

    @property
    def declared(self) -> bool:
        """Whether anybody owns anything: before that, there is no change control."""
        return bool(self._lines or self.people.roles.accountable)

    def of(self, path: str) -> tuple[OwnerGroup, ...]:
        """Who has to approve a change of a path; nobody when no line speaks about it."""
        found = (*self._by_line(path), *self._by_post(path))
        if not found and path in _CONTROLS:
            return self.responsible
        return found

    @property
    def responsible(self) -> tuple[OwnerGroup, ...]:
        """The post that is accountable for the management system: the owner of what has no other."""
        return (self.post(self.organisation.owner),) if self.organisation else ()

    def post(self, name: str) -> OwnerGroup:
        """Those who act for a post."""
        return OwnerGroup(name=name, people=self.people.behind(name, APPROVE_CHANGE), post=name)

    def _by_post(self, path: str) -> tuple[OwnerGroup, ...]:
        """The last entry of `accountable` that matches, as in CODEOWNERS; its paths begin at the root."""
        found = [one.post for one in self.people.roles.accountable if path_matches(f"/{one.path.lstrip('/')}", path)]
        return (self.post(found[-1]),) if found else ()

    def _by_line(self, path: str) -> tuple[OwnerGroup, ...]:
        line = owners_of(f"{self.file.prefix}{path}", self._lines) if self.file else None
        if line is None or not line.owners or self.file is None:
            return ()
        named = frozenset(person for owner in line.owners for person in self._called(owner))
        return (OwnerGroup(name=f"{' or '.join(line.owners)} ({self.file.path}:{line.line})", people=named),)

    def _called(self, owner: str) -> frozenset[str]:
        """People that an owner of CODEOWNERS means; nobody for a name that roles.yaml does not know."""
        if not owner.startswith("@"):
            entry = self.people.person(owner)
        else:
            name = owner[1:].rpartition("/")[2]
            if name in {post.id for post in self.people.roles.posts}:
                return self.people.behind(name, APPROVE_CHANGE)
            entry = self.people.entry(name)
        return frozenset({entry.id}) if entry is not None and not self.people.has_left(entry) else frozenset()

    @cached_property
    def _lines(self) -> tuple[OwnerLine, ...]:
        return read_codeowners(self.file.text) if self.file else ()
