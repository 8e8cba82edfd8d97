"""From all that a card says here and there to one answer a field: stated, only held open, or absent."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from careloop.documents.card_placeholders import says_something
from careloop.domain.card import CARD_FIELDS, CardSection, FieldState

__all__ = ["Evidence", "Kind", "settle"]


class Kind(IntEnum):
    """How a card speaks about a field, best first: the better kind gives the line and the text."""

    SECTION = 0
    LABEL = 1
    METADATA = 2
    SENTENCE = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing a card says, or fails to say, about one field."""

    field: str
    kind: Kind
    line: int
    text: str | None
    """None: the key is there and holds null, which is as good as absent, at that line."""
    shared: bool = False
    """Under a title that announces several fields: it yields to a section of the field's own."""


def settle(evidence: Iterable[Evidence]) -> dict[str, CardSection]:
    """State, line and text of every field of `CARD_FIELDS`.

    One statement makes a field stated, wherever it stands; without any, an empty section makes it a placeholder; a key
    that holds null leaves it absent, at the line of the key.
    """
    found: dict[str, list[Evidence]] = {field.id: [] for field in CARD_FIELDS}
    for one in evidence:
        found[one.field].append(one)
    return {field: _answer(_own(said)) for field, said in found.items()}


def _own(said: list[Evidence]) -> list[Evidence]:
    if any(one.kind is Kind.SECTION and not one.shared for one in said):
        return [one for one in said if not one.shared]
    return said


def _answer(said: list[Evidence]) -> CardSection:
    stated = [one for one in said if one.text is not None and says_something(one.text)]
    if stated:
        best = min(one.kind for one in stated)
        chosen = [one for one in stated if one.kind is best]
        text = "\n".join(dict.fromkeys(one.text.strip() for one in chosen if one.text))
        return CardSection(state=FieldState.STATED, line=chosen[0].line, text=text)
    held = [one for one in said if one.text is not None]
    if held:
        last = min(reversed(held), key=lambda one: (one.kind, not one.text))
        return CardSection(state=FieldState.PLACEHOLDER, line=last.line, text=(last.text or "").strip())
    return CardSection(state=FieldState.ABSENT, line=said[0].line if said else 1)
