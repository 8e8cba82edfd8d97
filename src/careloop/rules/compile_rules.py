"""Checks and compiles a file of rules, and says everything that is wrong with it at its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from careloop.domain.place import Pointer
from careloop.domain.rule import Rule, RuleFile
from careloop.rules.compiled_rule import CompiledRule, RuleProblem
from careloop.rules.lints import Filled
from careloop.rules.problem import Problem, ProblemKind
from careloop.rules.vocabulary import Vocabulary

if TYPE_CHECKING:
    from careloop.rules.engine import Program

__all__ = ["Compilation", "compile_rule", "compile_rules", "shipped_rules"]


@dataclass(frozen=True, slots=True)
class Compilation:
    """The rules that can be evaluated, and the problems of all of them."""

    rules: tuple[CompiledRule, ...]
    problems: tuple[RuleProblem, ...]


def compile_rules(file: RuleFile, vocabulary_of: Callable[[Rule], Vocabulary], *, source: str = "") -> Compilation:
    """Compile the rules of one file or pack; `vocabulary_of` says which variables a rule may use.

    A rule with an error is left out; one with only a doubt (`is_lint`) stays. Pointers start at the file's top:
    `("rules", 3, "require")`.
    """
    rules: list[CompiledRule] = []
    problems: list[RuleProblem] = []
    seen: set[str] = set()
    for position, rule in enumerate(file.rules):
        pointer: Pointer = ("rules", position)
        if rule.id in seen:
            problems.append(_duplicate(rule, pointer, source))
            continue
        seen.add(rule.id)
        compiled, found = compile_rule(rule, vocabulary_of(rule), pointer=pointer, source=source)
        problems.extend(found)
        if compiled is not None:
            rules.append(compiled)
    return Compilation(tuple(rules), tuple(problems))


def shipped_rules(rules: Iterable[Rule], vocabulary_of: Callable[[Rule], Vocabulary]) -> tuple[CompiledRule, ...]:
    """Rules of a pack that ships with this version, each made ready when it is first asked; never those of others.

    A test has type-checked them and run their cases, which would take the most of a gate's time here. One that cannot
    be compiled after all raises when it is asked, so that nothing passes for want of a rule.
    """
    return tuple(_shipped(rule, position, vocabulary_of) for position, rule in enumerate(rules))


def _shipped(rule: Rule, position: int, vocabulary_of: Callable[[Rule], Vocabulary]) -> CompiledRule:
    from careloop.rules.engine import Program  # loading the engine is paid by what compiles, and only then

    always = rule.applies.strip() == "true"
    vocabulary = _NO_WORDS if always and rule.require is None else vocabulary_of(rule)
    return CompiledRule(
        rule=rule,
        vocabulary=vocabulary,
        applies=None if always else Program(rule.applies, vocabulary),
        require=None if rule.require is None else Program(rule.require, vocabulary),
        pointer=("rules", position),
    )


_NO_WORDS: Final = Vocabulary({})
"""What a structural check reads by expressions: nothing."""


def compile_rule(
    rule: Rule, vocabulary: Vocabulary, *, pointer: Pointer = (), source: str = ""
) -> tuple[CompiledRule | None, tuple[RuleProblem, ...]]:
    """Compile one rule, or say what is wrong with it; doubts come together with the rule."""
    applies, found = _compiled(rule.applies, vocabulary, frozenset())
    problems = [_placed(problem, rule, (*pointer, "applies"), source) for problem in found]
    require = None
    if rule.require is not None:
        given: Filled = applies.filled_when_true if applies is not None else frozenset()
        require, found = _compiled(rule.require, vocabulary, given)
        problems += [_placed(problem, rule, (*pointer, "require"), source) for problem in found]
    if any(not problem.is_lint for problem in problems):
        return None, tuple(problems)
    compiled = CompiledRule(
        rule=rule,
        vocabulary=vocabulary,
        applies=None if rule.applies.strip() == "true" else applies,
        require=require,
        pointer=pointer,
        source=source,
    )
    return compiled, tuple(problems)


def _compiled(text: str, vocabulary: Vocabulary, given: Filled) -> tuple[Program | None, Sequence[Problem]]:
    from careloop.rules.engine import compile_expression  # loading the engine is paid by what compiles, and only then

    result = compile_expression(text, vocabulary, given=given)
    return (None, result) if isinstance(result, tuple) else (result, result.lints)


def _placed(problem: Problem, rule: Rule, pointer: Pointer, source: str) -> RuleProblem:
    return RuleProblem(
        kind=problem.kind,
        rule=rule.id,
        message=problem.message,
        pointer=pointer,
        source=source,
        line=problem.line,
        column=problem.column,
        suggestion=problem.suggestion,
    )


def _duplicate(rule: Rule, pointer: Pointer, source: str) -> RuleProblem:
    message = f"rule {rule.id} is already defined in this file"
    return RuleProblem(
        kind=ProblemKind.DUPLICATE, rule=rule.id, message=message, pointer=(*pointer, "id"), source=source
    )
