"""Name of the link file, and what its `governance` comes to; without document models, so that asking costs nothing."""

from dataclasses import dataclass

__all__ = ["LINK_FILE", "GovernancePin", "GovernanceRef"]

LINK_FILE = "careloop.link.yaml"


@dataclass(frozen=True, slots=True)
class GovernanceRef:
    """Where the governance repository lies, and which branch, tag or commit of it holds."""

    url: str
    """An address that git can fetch from, or a folder relative to the link."""
    ref: str | None
    """Null for a folder beside the code, which is taken as it is."""


@dataclass(frozen=True, slots=True)
class GovernancePin:
    """The very commit of the governance repository that an answer rests on."""

    url: str
    ref: str | None
    commit: str | None
    """Null for a folder outside git."""
    fetched: bool
    """Whether it was asked for just now; else it is the copy pinned before."""
