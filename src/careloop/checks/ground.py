"""What structural checks look at."""

from dataclasses import dataclass
from datetime import date

from careloop.checks.catalogue import Catalogue
from careloop.checks.references import Names
from careloop.domain.repository import Repository
from careloop.domain.source_tree import SourceTree

__all__ = ["Ground"]


@dataclass(frozen=True)
class Ground:
    """All that a structural check may look at."""

    repository: Repository
    tree: SourceTree
    names: Names
    catalogue: Catalogue
    """The standards that ship: reference controls, questionnaires."""
    failed: frozenset[str]
    """Files that could not be read; what rests on them is not judged."""
    on: date | None
    """Day to judge deadlines by; null where no clock is allowed."""
