"""Expressions of the organisation's own controls, type-checked when they are written and not first when status runs."""

from collections.abc import Iterator

from careloop.checks.vocabulary import vocabulary_for
from careloop.domain.controls import Controls
from careloop.domain.place import Pointer
from careloop.domain.repository import Repository
from careloop.domain.rule import Subject
from careloop.rules.engine import Program, compile_expression
from careloop.rules.problem import Problem

__all__ = ["control_problems"]


def control_problems(repository: Repository) -> Iterator[tuple[str, Pointer, Problem]]:
    """What is wrong or doubtful in each `holds` of controls.yaml, with its file and spot."""
    for document, controls in repository.all(Controls):
        for position, control in enumerate(controls.custom):
            if control.holds is None:
                continue
            found = compile_expression(control.holds, vocabulary_for(Subject.ORGANISATION, clock=True))
            problems = found.lints if isinstance(found, Program) else found
            yield from ((document.path, ("custom", position, "holds"), problem) for problem in problems)
