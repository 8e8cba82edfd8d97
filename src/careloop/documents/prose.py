"""The prose of a document: what people read as sentences, without headings, code, tables, marks and keys."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from careloop.documents.markdown_text import split_front_matter
from careloop.documents.problem import Problem

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["body_of", "markdown_prose", "value_prose"]

_BEHIND = re.compile(r"\{\s*(?:rules|manual)\s*:.*\}\s*$", re.DOTALL)
_NUMBER = re.compile(r"^\d+(?:\.\d+)+\.?\s+")
_LEAST_WORDS = 6
"""Shorter values are names and keywords, not sentences."""


def body_of(text: str) -> str:
    """A Markdown document without its front matter; all of it where there is none."""
    cut = split_front_matter(text)
    return text if isinstance(cut, Problem) else cut.body


def markdown_prose(body: str) -> tuple[str, ...]:
    """Paragraphs and list items in order. What stands in braces behind a policy statement is for machines."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").parse(body)
    found: list[str] = []
    heading = False
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            heading = token.type == "heading_open"
        elif token.type == "inline" and not heading:
            text = "".join(_words(token))
            if not text.lstrip().startswith("|"):
                found.append(_NUMBER.sub("", _BEHIND.sub("", text).strip()))
    return tuple(text for text in found if text)


def _words(token: "Token") -> Iterator[str]:
    for child in token.children or ():
        if child.type in ("softbreak", "hardbreak"):
            yield " "
        elif child.type in ("text", "code_inline"):
            yield child.content


def value_prose(values: Mapping[str, object]) -> tuple[str, ...]:
    """Texts of a YAML document that are long enough to be sentences, in order."""
    return tuple(_texts(values))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if len(value.split()) >= _LEAST_WORDS:
            yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
