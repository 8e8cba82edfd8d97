"""What a check found: a broken rule, or a document that cannot be read, with the place and the way out."""

import hashlib
from dataclasses import dataclass

from careloop.domain.place import Place, Pointer
from careloop.domain.tier import Enforcement, Severity

__all__ = ["Finding", "finding_id"]


def finding_id(rule: str, file: str, pointer: Pointer) -> str:
    """Sixteen hex digits that stay the same while the rule, the file and the spot in it do (CONTRACTS, JSON).

    >>> finding_id("card-complete", "systems/a/card.md", ("licence",))
    '7e027f38af030b5f'
    """
    spot = "/".join(str(part) for part in pointer)
    return hashlib.sha256(f"{rule}\0{file}\0{spot}".encode(errors="surrogateescape")).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a rule found wrong, or a reason why a document cannot be read."""

    rule: str
    severity: Severity
    enforce: Enforcement
    message: str
    """What is wrong, in the reader's words."""
    place: Place
    pointer: Pointer = ()
    controls: tuple[str, ...] = ()
    remedy: str = ""
    """The command or the edit that mends it."""
    because: tuple[str, ...] = ()
    """What decided: parts of the rule with the values they saw."""
    subject: str | None = None
    """Id of the system, risk, supplier … it is about."""
    owner: str | None = None
    """Post that has to act, where one is known."""
    introduced: bool | None = None
    """Whether the change under review brought or touched it; null when no change is under review."""
    set_aside: str | None = None
    """Why it does not block although it stands: `baseline` or the id of a waiver. Shown grey, never as a pass."""

    @property
    def id(self) -> str:
        """Stable id of this finding."""
        return finding_id(self.rule, self.place.file, self.pointer)

    @property
    def blocking(self) -> bool:
        """Whether it fails the check it was found in."""
        return self.enforce is Enforcement.BLOCK and self.introduced is not False and self.set_aside is None
