"""Where the standards, the claims and the rule packs come from."""

import hashlib
from collections.abc import Mapping
from typing import Protocol

__all__ = ["StandardsLibrary", "standards_digest"]


class StandardsLibrary(Protocol):
    """Read-only data that ships with careloop."""

    def read_all(self) -> Mapping[str, bytes]:
        """Every data file by its path within the library, such as `claims/clauses.yaml`."""
        ...


def standards_digest(files: Mapping[str, bytes]) -> str:
    """SHA-256 over every data file's path and bytes: two answers with the same digest used the same standards."""
    whole = hashlib.sha256()
    for path in sorted(files):
        content = hashlib.sha256(files[path]).hexdigest()
        whole.update(f"{path}\0{content}\n".encode())
    return f"sha256:{whole.hexdigest()}"
