"""How hard a document is to read, as far as a formula can tell (R22)."""

from dataclasses import dataclass

__all__ = ["HARD_GRADE", "LEAST_WORDS", "Readability", "ReadingResult"]

HARD_GRADE = 12.0
"""Above the grade of somebody who has finished school, a document for everybody is warned about."""
LEAST_WORDS = 100
"""With fewer words the formula says little: it was fitted to passages of this length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readability:
    """One document: its grade, or why there is none."""

    path: str
    words: int
    sentences: int
    syllables: int
    grade: float | None
    """School grade of the United States; null with a `reason`."""
    reason: str | None
    """`too_short` or `not_english`."""
    hardest: str | None
    """The sentence that raises the grade most; null where nothing is judged."""

    @property
    def hard(self) -> bool:
        """Whether it is warned about."""
        return self.grade is not None and self.grade > HARD_GRADE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingResult:
    """The reading grades of a repository, with where they came from."""

    documents: tuple[Readability, ...]
    unread: tuple[str, ...]
    """Errors of documents that could not be read, each with its place."""
    commit: str | None
    dirty: bool | None
    standards_digest: str
