"""A field of a card with the checks that stand behind it (R29)."""

from dataclasses import dataclass

from careloop.domain.card import FieldState

__all__ = ["CardLink", "FieldCheck"]


@dataclass(frozen=True, slots=True)
class FieldCheck:
    """One check that stands behind a field."""

    rule: str
    against: str | None
    """What it found at the last check; null for nothing, and for a rule that is asked at the gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLink:
    """One field of one card."""

    field: str
    title: str
    required: bool
    """Whether the system's tier asks for it."""
    state: FieldState
    file: str
    line: int
    checks: tuple[FieldCheck, ...]
