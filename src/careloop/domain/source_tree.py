"""The governed files of a repository as bytes, before anything is understood."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["OversizedFile", "SourceTree", "StrayLink"]


@dataclass(frozen=True, slots=True)
class StrayLink:
    """A symbolic link that is not followed."""

    path: str
    target: str
    outside: bool
    """Whether it points out of the repository."""


@dataclass(frozen=True, slots=True)
class OversizedFile:
    """A file that is too large to be a governance document; its bytes were not read."""

    path: str
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class SourceTree:
    """Paths (POSIX, relative to the repository's root) to their bytes, and what was not read."""

    files: Mapping[str, bytes]
    oversized: tuple[OversizedFile, ...] = ()
    links: tuple[StrayLink, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """Path to the reason it could not be read."""
