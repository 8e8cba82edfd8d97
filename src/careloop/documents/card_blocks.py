"""A card's Markdown as pieces of text, each with its line and the fields it counts for.

Headings, bold lines used as headings, `**Label:** value` lines and two-column tables all open a place to speak about a
field; whatever follows counts for it until the next one. HTML comments say nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from careloop.documents.card_evidence import Evidence, Kind
from careloop.documents.card_headings import fields_of
from careloop.documents.card_inline import Row, html_text, rows_of, text_of
from careloop.documents.card_placeholders import says_something
from careloop.documents.card_sections import Targets, also_counts_for, targets_within

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

__all__ = ["Blocks", "Piece", "read_blocks"]

_BOLD_LINE = 7
"""Depth of a bold line that serves as a heading: below every real one."""

_PLAIN_LABEL = re.compile(r"\s*([^:\n]{2,60}):(?:\s+(.*)|\s*)$", re.DOTALL)
_HEADING_VALUE = re.compile(r"([^:]{2,60}):\s+(\S.*)", re.DOTALL)
_HTML_HEADING = re.compile(r"<h([1-6])\b[^>]*>(.*?)</h\1\s*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of prose and what it counts for."""

    text: str
    line: int
    targets: Targets


@dataclass(frozen=True, slots=True)
class _Place:
    """An open section."""

    level: int
    targets: Targets
    line: int
    kind: Kind = Kind.SECTION


@dataclass(slots=True)
class Blocks:
    """What the walk has gathered."""

    evidence: list[Evidence] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    """Prose for `card_prose`, without code and tables."""
    titles: list[tuple[int, str, int]] = field(default_factory=list)
    """Level, text and line of the real headings that announce no field."""


@cache
def _parser() -> "MarkdownIt":
    """Loaded when the first card is read: the import takes longer than reading a card."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")


def read_blocks(body: str, first_line: int) -> Blocks:
    """Walk through a body whose first line is `first_line` of its file."""
    from markdown_it.tree import SyntaxTreeNode

    walk = _Walk(first_line)
    walk.blocks_of(SyntaxTreeNode(_parser().parse(body)).children)
    walk.close_down_to(0)
    return walk.found


class _Walk:
    """Goes through the blocks once, in order, and remembers which sections are open."""

    def __init__(self, first_line: int) -> None:
        self.found = Blocks()
        self._first_line = first_line
        self._line = first_line
        self._open: list[_Place] = [_Place(0, (), first_line)]
        self._empty = True

    # -- sections ------------------------------------------------------------------------------------------------

    def _enter(self, level: int, title: str, value: str = "") -> None:
        """A heading or a bold line: close what it ends, open what it begins."""
        self.close_down_to(level)
        outer = self._open[-1]
        fields = targets_within(title, outer.targets, heading=True, top=outer.level == 1)
        if fields is None and level < _BOLD_LINE:
            self.found.titles.append((level, title, self._line))
        if fields is None:
            self._open.append(replace(outer, level=level))
        else:
            self._open.append(_Place(level, fields, self._line))
        self._empty = True
        if value:
            self._say(value)

    def close_down_to(self, level: int) -> None:
        """End the sections at this depth and below; one that has said nothing of its own only holds the place."""
        last = self._open[-1]
        if self._empty:
            self._note(last.targets, last, "", shared=last.level < level)
            self._empty = False
        while len(self._open) > 1 and self._open[-1].level >= level:
            self._open.pop()

    def _note(self, fields: Targets, place: _Place, text: str, *, shared: bool = False) -> None:
        """`shared`: the place is not made for one field alone, so it yields to one that is."""
        for name in fields:
            one = Evidence(name, place.kind, place.line, text, shared=shared or len(fields) > 1)
            self.found.evidence.append(one)

    def _say(self, text: str, *, prose: bool = True) -> None:
        """Something stands here: it counts for the open section."""
        place = self._open[-1]
        self._empty = False
        self._note(place.targets, place, text)
        if prose and text:
            self.found.pieces.append(Piece(text, self._line, place.targets))

    # -- blocks --------------------------------------------------------------------------------------------------

    def blocks_of(self, nodes: "list[SyntaxTreeNode]") -> None:
        """Take the blocks one after another."""
        for node in nodes:
            if node.map is not None:
                self._line = self._first_line + node.map[0]
            self._block(node)

    def _block(self, node: "SyntaxTreeNode") -> None:
        if node.type == "heading":
            self._heading(int(node.tag[1]), text_of(node).strip())
        elif node.type == "paragraph":
            self._paragraph(rows_of(node), item=False)
        elif node.type in ("bullet_list", "ordered_list"):
            self._list(node)
        elif node.type == "table":
            self._table(node)
        elif node.type in ("fence", "code_block"):
            self._say(node.content.strip(), prose=False)
        elif node.type == "html_block":
            self._html(node.content)
        else:
            self.blocks_of(node.children)

    def _heading(self, level: int, title: str) -> None:
        split = _HEADING_VALUE.fullmatch(title)
        if split and fields_of(title) is None and fields_of(split[1]):
            self._enter(level, split[1], split[2])
        elif title:
            self._enter(level, title)

    def _paragraph(self, rows: list[Row], *, item: bool) -> None:
        if not item and len(rows) == 1 and rows[0].is_bold_line and self._open_bold(rows[0].text):
            return
        first = self._line
        for label, text, line in self._labelled(rows):
            self._line = first + line
            if label is None:
                self._say(text)
            else:
                self._label(label, text)

    def _open_bold(self, text: str) -> bool:
        """Whether the bold line served as a heading."""
        title = text.rstrip(" :")
        self.close_down_to(_BOLD_LINE)
        if fields_of(title) or (text.rstrip().endswith(":") and len(title.split()) <= 8):
            self._enter(_BOLD_LINE, title)
            return True
        return False

    def _labelled(self, rows: list[Row]) -> Iterator[tuple[str | None, str, int]]:
        """Rows grouped under the labels they begin with: label or None, text, and line counted from the first row."""
        label: str | None = None
        held: list[str] = []
        start = 0
        for number, row in enumerate(rows):
            found = self._label_of(row)
            if found is None:
                held.append(row.text)
                continue
            if held or label is not None:
                yield label, "\n".join(held).strip(), start
            label, held, start = found[0], [found[1]], number
        yield label, "\n".join(held).strip(), start

    def _label_of(self, row: Row) -> tuple[str, str] | None:
        """Label and value of a line: `**Label:** value` with any label, `Label: value` with one that we know."""
        if row.lead is not None:
            rest = row.text[len(row.lead) :]
            if row.lead.rstrip().endswith(":") or rest.lstrip().startswith((":", "–", "—", "- ")):
                return row.lead.strip(" :"), rest.lstrip(" :–—-")
            if row.is_bold_line and fields_of(row.lead):
                return row.lead.strip(), ""
        split = _PLAIN_LABEL.match(row.text)
        return (split[1].strip(), split[2] or "") if split and fields_of(split[1]) else None

    def _label(self, label: str, text: str) -> None:
        place = self._open[-1]
        fields = targets_within(label, place.targets, heading=False)
        if fields is None:
            self._say(text)
            return
        self._empty = False
        self._note(fields, _Place(0, fields, self._line, Kind.LABEL), text)
        outer = also_counts_for(fields, place.targets)
        self._note(outer, place, text)
        if text:
            self.found.pieces.append(Piece(text, self._line, fields + outer))

    def _list(self, node: "SyntaxTreeNode") -> None:
        """Items count one by one; a sentence that ends in a colon and the list behind it are also read as one."""
        before = len(self.found.pieces)
        for item in node.children:
            self._item(item)
        items = self.found.pieces[before:]
        if before and items and (head := self.found.pieces[before - 1]).text.rstrip().endswith(":"):
            whole = "\n".join([head.text, *(item.text for item in items)])
            self.found.pieces[before - 1] = replace(head, text=whole)

    def _item(self, item: "SyntaxTreeNode") -> None:
        """A list item: a label at its head holds for the whole item."""
        children = item.children
        if item.map is not None:
            self._line = self._first_line + item.map[0]
        if not children or children[0].type != "paragraph":
            self.blocks_of(children)
            return
        rows, rest = rows_of(children[0]), children[1:]
        label = self._label_of(rows[0])
        fields = targets_within(label[0], self._open[-1].targets, heading=False) if label else None
        if label is None or fields is None or not rest:
            self._paragraph(rows, item=True)
            self.blocks_of(rest)
            return
        depth = len(self._open)
        fields += also_counts_for(fields, self._open[-1].targets)
        self._open.append(_Place(_BOLD_LINE + 1, fields, self._line, Kind.LABEL))
        self._say("\n".join([label[1], *(row.text for row in rows[1:])]).strip())
        self.blocks_of(rest)
        del self._open[depth:]

    def _table(self, table: "SyntaxTreeNode") -> None:
        """Rows of a two-column table may be labels and values; else what stands beside the first column counts."""
        rows = [
            (row, [text_of(cell).strip() for cell in row.children]) for part in table.children for row in part.children
        ]
        has_labels = not self._open[-1].targets and all(len(cells) == 2 for _, cells in rows)
        for number, (row, cells) in enumerate(rows):
            if row.map is not None:
                self._line = self._first_line + row.map[0]
            title = cells[0].strip(" :") if cells else ""
            if has_labels and fields_of(title):
                self._label(title, cells[1])
            elif number:
                values = cells[1:] or cells
                self._say(" | ".join(cells) if any(map(says_something, values)) else " ".join(values), prose=False)

    def _html(self, raw: str) -> None:
        """Raw HTML: its headings open sections, its text counts, its comments and tags do not."""
        before = 0
        for found in _HTML_HEADING.finditer(raw):
            self._say_html(raw[before : found.start()])
            self._heading(int(found[1]), html_text(found[2]))
            before = found.end()
        self._say_html(raw[before:])

    def _say_html(self, raw: str) -> None:
        text = html_text(raw)
        if text:
            self._say(text)
