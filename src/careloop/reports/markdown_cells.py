"""Tables in Markdown for comments that forges show: no text of a document brings links, mentions or HTML with it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

__all__ = ["code", "plain", "table"]

_PUNCTUATION: Final = re.compile(r"([\\`*_{}\[\]()|~$^])")
_AUTOLINKS: Final = re.compile(r"(?i)(:)(?=//)|(www)(?=\.)|(mailto|xmpp)(?=:)")
_REFERENCES: Final = re.compile(r"([@#!%])(?=\w)|(\bGH-)(?=\d)|(&)")
"""What forges make links of: @people, #issues, !merge requests, %milestones."""
_APART: Final = "\u200b"
"""Zero-width space: keeps two characters from being read as one sign."""


def plain(text: str) -> str:
    """Text shown as it is written, on one line: nothing in it is formatting, link, mention, HTML or the end of a cell.

    >>> plain("see [x](https://example.org), @ada | <b>")
    'see \\\\[x\\\\]\\\\(https:\\u200b//example.org\\\\), @\\u200bada \\\\| &lt;b&gt;'
    """
    flat = " ".join(text.encode(errors="backslashreplace").decode().split())
    flat = _PUNCTUATION.sub(r"\\\1", flat)
    flat = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    flat = _AUTOLINKS.sub(lambda found: found.group() + _APART, flat)
    return _REFERENCES.sub(lambda found: found.group() if found.group() == "&" else found.group() + _APART, flat)


def code(text: str) -> str:
    """A path or a command as code, on one line, whatever it holds."""
    flat = " ".join(text.encode(errors="backslashreplace").decode().split()).replace("`", "'")
    return f"`{flat.replace('|', chr(92) + '|')}`"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, most: int, more: str) -> Iterator[str]:
    """A table of rows whose cells are Markdown already; of those after the first `most` only the number is told."""
    told = list(rows)
    yield from ("", f"| {' | '.join(heads)} |", "|" + "---|" * len(heads))
    yield from (f"| {' | '.join(row)} |" for row in told[:most])
    if len(told) > most:
        yield from ("", f"… and {len(told) - most} more: {more}")
