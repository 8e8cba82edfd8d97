"""Tables as an Excel workbook (ECMA-376), written by XlsxWriter: texts only, never a formula."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import import_module
from typing import Any, Final

from careloop.errors import Unavailable

__all__ = ["workbook_of"]

_NARROW: Final = 14
_WIDE: Final = 48
_MOST: Final = 32_767
"""Characters that a cell can hold."""


def workbook_of(sheets: Mapping[str, Sequence[Sequence[str]]], *, made: datetime) -> bytes:
    """A workbook with these sheets; the first row of each is its heading, stays in sight and filters.

    Raises Unavailable where the extra `reports` is not installed.
    """
    out = io.BytesIO()
    book = _library("xlsxwriter").Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": made.replace(tzinfo=None)})
    heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#EEF1F4"})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name[:31])
        for place, row in enumerate(rows):
            for column, text in enumerate(row):
                sheet.write_string(place, column, text[:_MOST], heading if place == 0 else plain)
        _arrange(sheet, rows)
    book.close()
    return out.getvalue()


def _arrange(sheet: Any, rows: Sequence[Sequence[str]]) -> None:
    columns = max((len(row) for row in rows), default=0)
    for column in range(columns):
        longest = max((len(row[column]) for row in rows if column < len(row)), default=0)
        sheet.set_column(column, column, min(_WIDE, max(_NARROW, longest)))
    if rows:
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, len(rows) - 1, columns - 1)


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise Unavailable(f"{name} is not installed", hint="pip install 'careloop[reports]'") from error
