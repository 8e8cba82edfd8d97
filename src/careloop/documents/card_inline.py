"""The words of a paragraph, without the marks: links by their text, pictures by their caption, no comments, no tags."""

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

__all__ = ["Row", "html_text", "rows_of", "text_of"]

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LINE_TAG = re.compile(r"<(?:br|/p|/li|/tr|/div)\b[^>]*>", re.IGNORECASE)
_PICTURE = re.compile(r"<img\b[^>]*?\b(?:alt|src)\s*=\s*[\"']([^\"']+)[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a paragraph."""

    text: str
    lead: str | None = None
    """The bold words that the line begins with."""

    @property
    def is_bold_line(self) -> bool:
        """Whether there is nothing but the bold words, and a colon perhaps."""
        return self.lead is not None and not self.text[len(self.lead) :].strip(" :")


def html_text(raw: str) -> str:
    """Words of a piece of HTML."""
    text = _LINE_TAG.sub("\n", _COMMENT.sub(" ", raw))
    return html.unescape(_TAG.sub(" ", _PICTURE.sub(r"\1", text))).strip()


def text_of(node: "SyntaxTreeNode") -> str:
    """Words of a heading, a cell or anything else, on one line."""
    return " ".join(row.text for row in rows_of(node) if row.text)


def rows_of(node: "SyntaxTreeNode") -> list[Row]:
    """Lines of a paragraph, one for each line of the file, comments left out."""
    rows: list[Row] = []
    words: list[str] = []
    lead: str | None = None
    for mark, text in _spans(node):
        if mark == "break":
            rows.append(_row(words, lead))
            words, lead = [], None
            continue
        if mark == "strong" and lead is None and not "".join(words).strip():
            words, lead = [], text
        words.append(text)
    rows.append(_row(words, lead))
    return rows


def _row(words: list[str], lead: str | None) -> Row:
    text = "".join(words)
    return Row(text.strip(), None) if lead is None else Row(text.rstrip(), lead)


def _spans(node: "SyntaxTreeNode") -> list[tuple[str, str]]:
    spans: list[tuple[str, str]] = []
    for child in node.children:
        if child.type in ("softbreak", "hardbreak"):
            spans.append(("break", ""))
        elif child.type == "html_inline":
            spans.extend(_tag(child.content))
        elif child.type == "image":
            spans.append(("text", child.content or str(child.attrs.get("src", ""))))
        elif child.type in ("text", "code_inline"):
            spans.append(("text", child.content))
        elif child.type == "strong":
            inner = "".join(text or " " for _, text in _spans(child))
            spans.append(("strong", inner))
        else:
            spans.extend(_spans(child))
    return spans


def _tag(content: str) -> list[tuple[str, str]]:
    if content.startswith("<!--"):
        return [("break", "")] * content.count("\n")
    found = _PICTURE.match(content)
    return [("text", found[1])] if found else []
