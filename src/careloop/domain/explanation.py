"""An explanation: one thing, what it says, and where the reader can go from it."""

from dataclasses import dataclass

__all__ = ["Explanation", "ExplanationLine", "ExplanationSection"]


@dataclass(frozen=True, slots=True)
class ExplanationLine:
    """A sentence, and what `care explain` could show next."""

    text: str
    ref: str | None = None
    state: str | None = None
    """`held`, `not_held`, `unknown`, `complete`, …: how it stands, where it can stand one way or another."""


@dataclass(frozen=True, slots=True)
class ExplanationSection:
    """Lines under a heading."""

    heading: str
    lines: tuple[ExplanationLine, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer of `care explain REF`."""

    ref: str
    kind: str
    """`requirement`, `rule`, `statement`, `finding` or `claim`."""
    title: str
    state: str | None
    sections: tuple[ExplanationSection, ...]
