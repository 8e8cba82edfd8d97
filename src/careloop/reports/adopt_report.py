"""Drafted systems as JSON and as lines."""

from collections.abc import Iterator, Sequence
from typing import Any

from careloop import __version__

__all__ = ["adopted_json", "adopted_lines"]

Row = tuple[str, str, tuple[str, ...], tuple[str, ...]]
"""Id, where it was found, files written, notes."""


def adopted_json(rows: Sequence[Row], *, commit: str | None, standards_digest: str) -> dict[str, Any]:
    """The whole answer."""
    return {
        "schema": "careloop/adopt/v1",
        "careloop_version": __version__,
        "standards_digest": standards_digest,
        "commit": commit,
        "systems": [
            {"id": name, "found_in": found, "written": list(written), "notes": list(notes)}
            for name, found, written, notes in rows
        ],
    }


def adopted_lines(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style."""
    for name, found, written, notes in rows:
        if not written:
            yield "grey", f"{name} is in the inventory already (found in {found})"
            continue
        yield "", f"{name}  from {found}"
        for path in written:
            yield "detail", f"    wrote {path}"
        for note in notes:
            yield "warn", f"    {note}"
    new = sum(bool(written) for _, _, written, _ in rows)
    yield "summary", f"{new} drafted; look at each line marked '# guessed', then take out `draft`"
