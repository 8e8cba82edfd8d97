"""Markdown with front matter: the YAML block at the top, the headings and what stands under them."""

import re
from dataclasses import dataclass

from careloop.documents.problem import Problem

__all__ = ["MarkdownText", "Section", "sections_of", "split_front_matter", "text_lines"]

_FENCE = re.compile(r"^[ ]{0,3}(```+|~~~+)")
_HEADING = re.compile(r"^[ ]{0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")


@dataclass(frozen=True, slots=True)
class MarkdownText:
    """A Markdown file cut in two."""

    front: str
    front_line: int
    """Line on which the YAML begins, from 1."""
    body: str
    body_line: int
    """Line on which the body begins, from 1."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the lines under it, up to the next heading of any level."""

    level: int
    title: str
    line: int
    """Line of the heading, from 1."""
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """What stands under the heading, without surrounding blank lines."""
        return "\n".join(self.lines).strip()


def text_lines(text: str) -> list[str]:
    """Lines as every editor counts them: ended by a line feed, with or without a carriage return before it."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def split_front_matter(text: str) -> MarkdownText | Problem:
    """Cut the front matter off; a Markdown document of ours must have one."""
    lines = text_lines(text)
    if not text:
        return Problem("empty-file", "the document is empty")
    if lines[0].rstrip() != "---":
        return Problem(
            "front-matter",
            "the document does not begin with a front matter block",
            1,
            1,
            remedy="begin with a line ---",
        )
    for number, line in enumerate(lines[1:], start=2):
        if line.rstrip() in ("---", "..."):
            front = "\n".join(lines[1 : number - 1])
            return MarkdownText(front, 2, "\n".join(lines[number:]), number + 1)
    return Problem("front-matter", "the front matter block is not closed", 1, 1, remedy="end it with a line ---")


def sections_of(body: str, *, first_line: int) -> tuple[Section, ...]:
    """Sections of a body by its ATX headings; fenced code is no heading. Text before the first has level 0."""
    found: list[Section] = []
    level, title, line, held = 0, "", first_line, []
    fence: str | None = None
    for number, text in enumerate(text_lines(body), start=first_line):
        mark = _FENCE.match(text)
        if mark and (fence is None or text.strip().startswith(fence)):
            fence = None if fence else mark.group(1)[:3]
        heading = _HEADING.match(text) if fence is None else None
        if heading is None:
            held.append(text)
            continue
        found.append(Section(level, title, line, tuple(held)))
        level, title, line, held = len(heading.group(1)), heading.group(2), number, []
    found.append(Section(level, title, line, tuple(held)))
    return tuple(section for section in found if section.level or section.text)
