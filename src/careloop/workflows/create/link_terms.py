"""How a linked code repository is to be checked; apart, for the command line names it without loading the check."""

from dataclasses import dataclass
from datetime import date

from careloop.workflows.create.check_repository import DiffRange

__all__ = ["LinkTerms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTerms:
    """What the check is asked for."""

    diff: DiffRange | None = None
    on: date | None = None
    offline: bool = False
    """Rest on the governance commit that was pinned before, and ask nobody."""
