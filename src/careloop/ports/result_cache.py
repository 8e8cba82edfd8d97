"""A place to keep what was computed from content, by the digest of that content."""

from typing import Protocol

__all__ = ["ResultCache"]


class ResultCache(Protocol):
    """A cache that may forget at any time; it never answers with something else than was put in."""

    def get(self, key: str) -> bytes | None:
        """What was kept under a key, or null."""
        ...

    def put(self, key: str, value: bytes) -> None:
        """Keep a value; a failure to keep it is no error."""
        ...
