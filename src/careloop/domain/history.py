"""What was in force on a day, document by document (7.5.2, 7.5.3; R9)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

__all__ = ["DocumentVersion", "InForce", "SignedApproval"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedApproval:
    """An owner's approval that git proves."""

    person: str
    commit: str
    how: str
    """`trailer` or `merge`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentVersion:
    """One document as it stood in a commit."""

    path: str
    kind: str
    title: str
    version: str | None
    """As the document says it; null for kinds that carry none."""
    reviewed: date | None
    review_due: date | None
    approved_by: str | None
    """Post that the document itself names as having approved it."""
    approved_on: date | None
    signed: tuple[SignedApproval, ...]
    """Owners who approved the change that brought this version, by their signatures."""
    commit: str
    """The commit of the line of first parents that brought it."""
    since: datetime
    """That commit's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The answer for a day; or, without one, every version of a document, newest first."""

    on: str | None
    commit: str
    by: Literal["ledger", "history"]
    """Whether a `policy.in_force` entry says what was in force, or the line of first parents."""
    documents: tuple[DocumentVersion, ...]
    standards_digest: str
