"""Where the standards, the claims and the rule packs come from."""

from collections.abc import Mapping
from typing import Protocol

__all__ = ["StandardsLibrary"]


class StandardsLibrary(Protocol):
    """Read-only data that ships with careloop."""

    def read_all(self) -> Mapping[str, bytes]:
        """Every data file by its path within the library, such as `claims/clauses.yaml`."""
        ...
