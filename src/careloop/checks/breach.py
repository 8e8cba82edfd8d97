"""A structural rule broken somewhere: what a structural check yields before it becomes a finding."""

from dataclasses import dataclass

from careloop.domain.place import Pointer
from careloop.domain.tier import Severity

__all__ = ["Breach"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """What is wrong where; the rule's own data says how bad it is and which controls it serves."""

    path: str
    message: str
    pointer: Pointer = ()
    line: int | None = None
    """Line in the file, where the pointer cannot tell (text below a front matter)."""
    remedy: str | None = None
    """Left out: the rule's own remedy."""
    severity: Severity | None = None
    """Left out: the rule's own severity."""
