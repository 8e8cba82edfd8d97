"""A change under review as git tells it: its commits, what each touched, and whose signature each bears (R23)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

__all__ = ["Change", "CommitMade", "Content", "OwnersFile", "Signature", "SignatureState", "Signer"]

Content = str | None
"""Mode and hash of what stands at a path, `100644:9daeaf…`; null when nothing does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitMade:
    """One commit. The names in it are what its maker typed; only a signature proves anything."""

    id: str
    parents: tuple[str, ...]
    author: str
    """Mail address, in lower case."""
    committer: str
    co_authors: tuple[str, ...] = ()
    message: str = ""
    committed_at: datetime
    touched: Mapping[str, Content] = field(default_factory=dict)
    """Paths that differ from the parent, and from every parent where there are several, with what stands there now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a branch would bring into the base."""

    base: str
    head: str
    commits: tuple[CommitMade, ...]
    """Everything in the head that the base does not have."""
    before: Mapping[str, Content]
    """Each path that the change alters, with what stood there where the two parted. A renamed file is two paths."""
    after: Mapping[str, Content]
    at_base: Mapping[str, Content]
    """The same paths with what stands there in the base now."""
    merged_here: frozenset[str] = frozenset()
    """Merges on the line of first parents that leads from the head to the base: made to bring the change in."""
    seen: Mapping[str, Mapping[str, Content]] = field(default_factory=dict)
    """Commit to what stood at each altered path, for commits that may be approvals."""
    parted: Mapping[str, Mapping[str, Content]] = field(default_factory=dict)
    """The same, with what stood there where that commit and the base parted."""


class SignatureState(StrEnum):
    """What git says of a commit's signature (`%G?`), as far as it matters here."""

    GOOD = "good"
    """`G`: made by the key of somebody who is listed."""
    UNKNOWN = "unknown"
    """Made by a key that is listed for nobody."""
    NONE = "none"
    """The commit is not signed."""
    BAD = "bad"
    """Anything else: altered, expired, revoked, not to be checked, or not made with SSH."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A commit's signature as verified."""

    state: SignatureState
    principal: str | None = None
    """Who signed, by the name under which the key is listed; only when good."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody whose signature counts: a name without spaces, and the line of a public key."""

    principal: str
    key: str


@dataclass(frozen=True, slots=True)
class OwnersFile:
    """A CODEOWNERS file at some commit."""

    path: str
    text: str
    prefix: str = ""
    """What stands before our paths in the file's own: the governance repository may be a folder of a larger one."""
