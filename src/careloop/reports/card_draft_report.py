"""A drafted card as JSON and as lines: what is still open, and what somebody has to agree to."""

from collections.abc import Iterator
from typing import Any

from careloop import __version__
from careloop.documents.card_draft import DraftedCard

__all__ = ["card_draft_json", "card_draft_lines"]


def card_draft_json(card: DraftedCard, path: str) -> dict[str, Any]:
    """The whole answer."""
    return {
        "schema": "careloop/card-draft/v1",
        "careloop_version": __version__,
        "standards_digest": None,
        "commit": None,
        "file": path,
        "questions": [{"field": one.field, "question": one.text} for one in card.questions],
        "guesses": list(card.guesses),
    }


def card_draft_lines(card: DraftedCard, path: str) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style."""
    yield "", f"wrote {path}"
    if card.guesses:
        yield "detail", f"guessed, with the reason beside each: {', '.join(card.guesses)}"
    for question in card.questions:
        yield "warn", f"open: {question.text}  (--answer {question.field}=...)"
    yield "", "look at every line marked 'guessed', then run `care check`"
