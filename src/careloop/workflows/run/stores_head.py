"""Where the three stores stand: asked each second, so that a page is computed anew only when something came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from careloop.errors import NotFound
from careloop.ports.lake import Lake, Newest
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource

__all__ = ["StoresHead", "stores_head"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoresHead:
    """Equal heads mean that nothing has changed in between."""

    commit: str | None
    """HEAD; None outside git, and before the first commit."""
    documents: str
    """Changes whenever HEAD or a governed file of the work tree does."""
    ledger_size: int | None
    """None without a ledger."""
    watermark: int | None
    """None without a lake."""
    newest: Mapping[str, Newest]
    """The newest event of each system."""


def stores_head(source: RepositorySource, *, ledger: Ledger | None, lake: Lake | None) -> StoresHead:
    """The heads now. No document is compiled, no entry read and no event counted for it."""
    newest = {} if lake is None else lake.newest()
    return StoresHead(
        commit=_commit(source),
        documents=source.token(),
        ledger_size=None if ledger is None else ledger.size(),
        watermark=None if lake is None else lake.watermark(),
        newest=newest,
    )


def _commit(source: RepositorySource) -> str | None:
    try:
        return source.resolve("HEAD")
    except NotFound:
        return None
