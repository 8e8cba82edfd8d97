"""A drafted data sheet as JSON and as lines: what was guessed, and what is still open."""

from collections.abc import Iterator
from typing import Any

from careloop import __version__
from careloop.documents.dataset_draft import DraftedSheet

__all__ = ["dataset_draft_json", "dataset_draft_lines"]


def dataset_draft_json(sheet: DraftedSheet, path: str) -> dict[str, Any]:
    """The whole answer."""
    return {
        "schema": "careloop/dataset-draft/v1",
        "careloop_version": __version__,
        "standards_digest": None,
        "commit": None,
        "file": path,
        "guesses": list(sheet.guesses),
        "open": list(sheet.open),
    }


def dataset_draft_lines(sheet: DraftedSheet, path: str) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style."""
    yield "", f"wrote {path}"
    if sheet.guesses:
        yield "detail", f"guessed, with the reason beside each: {', '.join(sheet.guesses)}"
    if sheet.open:
        yield "warn", f"open: {', '.join(sheet.open)}"
    yield "", "look at every line marked 'guessed', then run `care check`"
