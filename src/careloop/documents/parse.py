"""One governed file to one noun, or to everything that is wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from careloop.documents.card_care import CardRefused
from careloop.documents.card_markdown import read_card_markdown
from careloop.documents.layout import Form, Kind
from careloop.documents.markdown_text import MarkdownText, sections_of, split_front_matter
from careloop.documents.nouns import NOUNS, adapter_of
from careloop.documents.policy_text import read_statements
from careloop.documents.problem import Problem
from careloop.documents.validation import validate
from careloop.documents.yaml_exact import locate
from careloop.documents.yaml_text import PlainValue, decode, read_yaml
from careloop.domain.place import Pointer
from careloop.domain.repository import Document

__all__ = ["Older", "Parsed", "front_line", "parse_document"]


Older = Callable[[str, dict[str, object]], dict[str, object]] | None


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document, or problems; the YAML text they point into and the line it begins on."""

    document: Document | None
    problems: tuple[Problem, ...] = ()
    yaml: str = ""
    yaml_line: int = 1


def parse_document(path: str, kind: Kind, folder: str | None, raw: bytes, *, older: Older = None) -> Parsed:
    """Read the bytes of a file as a document of its kind. Everything wrong is told at once, nothing is guessed.

    `older` brings the values of an older schema into today's shape; null when they are in it.
    """
    text = decode(raw)
    if isinstance(text, Problem):
        return Parsed(None, (text,))
    if kind.form is Form.YAML:
        return _parse_yaml(path, kind, folder, text, older)
    cut = split_front_matter(text)
    if isinstance(cut, Problem):
        return Parsed(None, (cut,))
    if kind.form is Form.CARD:
        return _parse_card(path, folder, cut)
    return _parse_markdown(path, kind, folder, cut, older)


def _parse_yaml(path: str, kind: Kind, folder: str | None, text: str, older: Older) -> Parsed:
    reading = read_yaml(text)
    if reading.problems:
        return Parsed(None, reading.problems, text)
    value, written = reading.value, reading.json
    if older is not None and isinstance(value, dict):
        value, written = cast("PlainValue", older(kind.name, cast("dict[str, object]", value))), None
    noun = validate(adapter_of(kind.name), NOUNS[kind.name], value, written=written)
    if isinstance(noun, tuple):
        return Parsed(None, noun, text)
    return Parsed(Document(path, kind.name, noun, folder), (), text)


def _front(cut: MarkdownText) -> dict[str, object] | tuple[Problem, ...]:
    reading = read_yaml(cut.front)
    if reading.problems:
        return reading.problems
    if not isinstance(reading.value, dict):
        return (Problem("wrong-type", "the front matter must be a mapping of keys to values", 1, 1),)
    return cast("dict[str, object]", reading.value)


def _parse_card(path: str, folder: str | None, cut: MarkdownText) -> Parsed:
    front = _front(cut)
    if isinstance(front, tuple):
        return Parsed(None, front, cut.front, cut.front_line)
    try:
        card = read_card_markdown(front, cut.body, cut.body_line, front_line_of=lambda key: front_line(cut, key))
    except CardRefused as error:
        return Parsed(None, error.problems, cut.front, cut.front_line)
    return Parsed(Document(path, "card", card, folder), (), cut.front, cut.front_line)


def front_line(cut: MarkdownText, pointer: Pointer) -> int:
    """The line of the file, from 1, on which a key of the front matter stands."""
    return locate(cut.front, frozenset({pointer}))[pointer][0] + cut.front_line - 1


def _parse_markdown(path: str, kind: Kind, folder: str | None, cut: MarkdownText, older: Older) -> Parsed:
    front = _front(cut)
    if isinstance(front, tuple):
        return Parsed(None, front, cut.front, cut.front_line)
    derived = [key for key in ("sections", "statements") if key in front]
    if derived:
        problem = Problem("unknown-key", f"'{derived[0]}' is read from the text below", pointer=(derived[0],))
        return Parsed(None, (problem,), cut.front, cut.front_line)
    sections = sections_of(cut.body, first_line=cut.body_line)
    titled = [section for section in sections if section.level]
    problems: tuple[Problem, ...] = ()
    values: dict[str, object] = dict(front)
    if kind.name == "plan":
        values["sections"] = {section.title.lower(): section.text for section in titled if section.text}
    else:
        values["sections"] = [section.title for section in titled]
    if kind.form is Form.POLICY:
        statements, text_problems = read_statements(sections)
        values["statements"] = [statement.model_dump(mode="json") for statement in statements]
        problems = _in_front_lines(text_problems, cut)
    if older is not None:
        values = older(kind.name, values)
    noun = validate(adapter_of(kind.name), NOUNS[kind.name], values)
    if isinstance(noun, tuple):
        return Parsed(None, (*noun, *problems), cut.front, cut.front_line)
    if problems:
        return Parsed(None, problems, cut.front, cut.front_line)
    return Parsed(Document(path, kind.name, noun, folder), (), cut.front, cut.front_line)


def _in_front_lines(problems: tuple[Problem, ...], cut: MarkdownText) -> tuple[Problem, ...]:
    """Problems of the body, counted from where the YAML begins, as all of a document's problems are."""
    shift = cut.front_line - 1
    return tuple(
        Problem(p.code, p.message, p.line - shift if p.line else None, p.column, p.pointer, p.remedy) for p in problems
    )
