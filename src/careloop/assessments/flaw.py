"""Something that keeps a questionnaire or its answers from being scored, before it has a file name."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from careloop.domain.place import Pointer

__all__ = ["Flaw", "did_you_mean"]


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong, at which part of the questionnaire or the answers, and how to mend it."""

    code: str
    message: str
    pointer: Pointer
    remedy: str = ""
    offset: int | None = None
    """Position, from 0, in the text at the pointer; null for the whole of it."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message about a word that is not known: the one that was probably meant, where one is close."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""
