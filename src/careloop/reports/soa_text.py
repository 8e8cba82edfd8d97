"""The Statement of Applicability as lines for a terminal, as Markdown and as comma-separated values."""

import csv
import io
import textwrap
from collections.abc import Iterator
from typing import Final

from careloop.domain.soa import SoaRow, Statement
from careloop.domain.status import RequirementState
from careloop.reports.soa_table import COLUMNS, about, cells, counted, implementation, note

__all__ = ["safe_cell", "soa_csv", "soa_lines", "soa_markdown"]

_STYLES: Final = {
    RequirementState.COMPLETE: "good",
    RequirementState.PLANNED: "summary",
    RequirementState.PARTIAL: "warn",
    RequirementState.MISSING: "bad",
    RequirementState.EXCLUDED: "grey",
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_WIDE: Final = 110


def soa_lines(statement: Statement) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style; the head first, then a block a control."""
    whose = statement.system or "all systems in scope"
    yield "heading", f"Statement of Applicability of {statement.organisation}, {whose}"
    for label, text in about(statement):
        if label in ("Version", "Treatment plan", "Commit"):
            yield "detail", f"  {label.lower()}: {text}"
    for row in statement.rows:
        yield from _row_lines(row)
    yield "summary", counted(statement)
    yield "grey", note()


def _row_lines(row: SoaRow) -> Iterator[tuple[str, str]]:
    yield _STYLES[row.status], f"{row.item:<9} {implementation(row):<36} {row.title}"
    limited = f" for {', '.join(row.systems)}" if row.systems else ""
    word = "applies" if row.applies else "excluded"
    ground = f" by {row.ground}" if row.ground else ""
    yield "detail", f"    {word}{limited}{ground}: {textwrap.shorten(row.justification, _WIDE, placeholder=' …')}"
    shown = dict(zip(COLUMNS, cells(row), strict=True))
    more = {name: shown[name] for name in ("Planned", "Excluded until", "Risks treated") if shown[name]}
    said = " · ".join(f"{name.lower()} {text}" for name, text in more.items())
    yield "detail", f"    owner {row.owner}{f' · {said}' if said else ''}"


def soa_markdown(statement: Statement) -> str:
    """A page with the head as a list and the controls as a table."""
    head = [f"- **{label}:** {_inline(text)}" for label, text in about(statement)]
    rule = "|".join("---" for _ in COLUMNS)
    rows = [f"| {' | '.join(_inline(cell) for cell in cells(row))} |" for row in statement.rows]
    table = [f"| {' | '.join(COLUMNS)} |", f"|{rule}|", *rows]
    return "\n".join(["# Statement of Applicability", "", *head, "", *table, ""])


def _inline(text: str) -> str:
    """Text that stays in its cell and means nothing to Markdown."""
    flat = " ".join(text.split())
    for mark in "\\|*_`<>[]#":
        flat = flat.replace(mark, f"\\{mark}")
    return flat


def soa_csv(statement: Statement) -> str:
    """RFC 4180 with a header; spreadsheets are kept from taking a text for a formula."""
    written = io.StringIO()
    out = csv.writer(written, lineterminator="\r\n")
    out.writerow(COLUMNS)
    out.writerows([safe_cell(cell) for cell in cells(row)] for row in statement.rows)
    return written.getvalue()


def safe_cell(text: str) -> str:
    """The text, behind an apostrophe where a spreadsheet would compute it.

    >>> safe_cell("=1+1"), safe_cell("A.2.2")
    ("'=1+1", 'A.2.2')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text
