"""What is wrong with an expression, where in its text, and what was probably meant."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Problem", "ProblemKind"]


class ProblemKind(StrEnum):
    """Why an expression or a rule is not as it should be."""

    SYNTAX = "syntax"
    """It cannot be read."""
    NAME = "name"
    """It uses a variable, field or function that does not exist."""
    TYPE = "type"
    """It compares or combines things that do not go together, or does not give true or false."""
    HAS = "has"
    """It asks `has()` about a field that is always there."""
    EMPTY = "empty"
    """It speaks of all elements of a list that may be empty, and does not say what then."""
    CASE = "case"
    """A case of the rule cannot be used, or gives another verdict than it expects."""
    UNTESTED = "untested"
    """No case of the rule makes it fail."""
    LOOSENS = "loosens"
    """A local rule asks for less than the rule that it names."""
    DUPLICATE = "duplicate"
    """Two rules have the same id."""

    @property
    def is_lint(self) -> bool:
        """Whether the expression still works, and only its wisdom is in doubt."""
        return self in (ProblemKind.HAS, ProblemKind.EMPTY, ProblemKind.UNTESTED)


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in an expression; line and column are counted from 1 inside the expression."""

    kind: ProblemKind
    message: str
    line: int = 1
    column: int = 1
    suggestion: str | None = None
    """What was probably meant, or how to write it: "did you mean `tier`?"."""
