"""Something outside of the inventory that looks like an AI system in use (R76, SEMANTICS 26)."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Sighting", "SightingSource"]


class SightingSource(StrEnum):
    """Where AI was seen."""

    REGISTRY = "registry"
    IMPORTS = "imports"
    GATEWAY = "gateway"
    SSO = "sso"
    PROCUREMENT = "procurement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One thing, seen in one source."""

    source: SightingSource
    name: str
    """What the source calls it: a model, an application, a product, a folder of code."""
    file: str
    line: int = 1
    times: int = 1
    """Rows or files in which it was seen."""
    detail: str = ""
    """What gave it away, such as the packages that are imported."""
    paths: tuple[str, ...] = ()
    """Files of code, where that is what was seen."""
