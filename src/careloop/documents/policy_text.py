"""The body of a policy: numbered statements, each with the rules or the person that stand behind it.

A statement is a paragraph that begins with its number, `3.2 Text …`, and ends in braces, on the same line or the next:
`{rules: [impact-ratio]}` or `{manual: {owner: ethics-board, interval: P3M}}` (RULES.md).
"""

import re
from collections.abc import Iterator

from pydantic import ValidationError

from careloop.documents.markdown_text import Section
from careloop.documents.problem import Problem
from careloop.documents.validation import problems_of
from careloop.documents.yaml_text import read_yaml
from careloop.domain.noun import Noun, Slug
from careloop.domain.policy import Manual, Statement

__all__ = ["read_statements"]

_NUMBERED = re.compile(r"^(\d+(?:\.\d+)+)\.?[ \t]+(\S.*)$")
_BRACES = re.compile(r"\{\s*(?:rules|manual)\s*:.*\}\s*$", re.DOTALL)


class _Behind(Noun):
    rules: tuple[Slug, ...] = ()
    manual: Manual | None = None


def _paragraphs(section: Section) -> Iterator[tuple[int, str]]:
    start, held = section.line + 1, list[str]()
    for number, text in enumerate((*section.lines, ""), start=section.line + (1 if section.level else 0)):
        if text.strip():
            if not held:
                start = number
            held.append(text.strip())
        elif held:
            yield start, "\n".join(held)
            held = []


def _behind(braces: str, line: int) -> _Behind | Problem:
    reading = read_yaml(braces)
    if reading.problems:
        return Problem("statement", f"the braces cannot be read: {reading.problems[0].message}", line, 1)
    try:
        return _Behind.model_validate(reading.value)
    except ValidationError as error:
        return Problem("statement", problems_of(error, _Behind, reading.value)[0].message, line, 1)


def read_statements(sections: tuple[Section, ...]) -> tuple[tuple[Statement, ...], tuple[Problem, ...]]:
    """Statements in order, and what is wrong with them. A statement without braces is read, with nothing behind it."""
    statements: list[Statement] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for section in sections:
        for line, paragraph in _paragraphs(section):
            numbered = _NUMBERED.match(paragraph.replace("\n", " "))
            if numbered is None:
                continue
            number, text = numbered.groups()
            braces = _BRACES.search(text)
            behind = _behind(braces.group(0), line) if braces else _Behind()
            if isinstance(behind, Problem):
                problems.append(behind)
                behind = _Behind()
            if number in seen:
                problems.append(
                    Problem("duplicate-id", f"statement {number} stands already in line {seen[number]}", line, 1)
                )
            seen.setdefault(number, line)
            statements.append(
                Statement(
                    number=number,
                    text=(text[: braces.start()] if braces else text).strip() or number,
                    rules=behind.rules,
                    manual=behind.manual,
                    line=line,
                    section=section.title or None,
                )
            )
    return tuple(statements), tuple(problems)
