"""A rule whose expressions were checked and can be run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from careloop.domain.place import Pointer
from careloop.domain.rule import Rule
from careloop.rules.problem import ProblemKind
from careloop.rules.reads import dependencies

if TYPE_CHECKING:
    from careloop.rules.engine import Program
    from careloop.rules.vocabulary import Vocabulary

__all__ = ["CompiledRule", "RuleProblem"]


@dataclass(frozen=True, kw_only=True)
class RuleProblem:
    """Something wrong with a rule: where in its file, and where inside the expression if it is one."""

    kind: ProblemKind
    rule: str
    message: str
    pointer: Pointer
    source: str = ""
    """The file or pack, as the caller named it."""
    line: int = 1
    column: int = 1
    """Counted from 1 inside the value that `pointer` names; 1 and 1 for the value as a whole."""
    suggestion: str | None = None

    @property
    def is_lint(self) -> bool:
        """Whether the rule still works."""
        return self.kind.is_lint


@dataclass(frozen=True, kw_only=True)
class CompiledRule:
    """A rule with its checked expressions, ready to be evaluated on facts."""

    rule: Rule
    vocabulary: Vocabulary
    applies: Program | None
    """None for a rule that always applies."""
    require: Program | None
    """None for a rule with a structural check."""
    pointer: Pointer
    source: str = ""
    set_aside_by: tuple[CompiledRule, ...] = ()
    """Local rules that stand in for this one where a law forbids it; each carries its recorded conflict."""

    @property
    def id(self) -> str:
        """The rule's id."""
        return self.rule.id

    @cached_property
    def version(self) -> str:
        """Digest of everything the rule says, its cases left out: 16 hexadecimal digits of SHA-256."""
        return sha256(self.rule.model_dump_json(exclude={"cases"}).encode()).hexdigest()[:16]

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The variables and fields that the rule reads, sorted: `("card.licence", "system.tier")`."""
        programs = [program for program in (self.applies, self.require) if program is not None]
        return tuple(sorted({path for one in programs for path in dependencies(one.tree, self.vocabulary)}))

    def problem(self, kind: ProblemKind, message: str, *where: str | int, suggestion: str | None = None) -> RuleProblem:
        """A problem of this rule, at a key of it (or at the rule itself)."""
        return RuleProblem(
            kind=kind,
            rule=self.id,
            message=message,
            pointer=(*self.pointer, *where),
            source=self.source,
            suggestion=suggestion,
        )
