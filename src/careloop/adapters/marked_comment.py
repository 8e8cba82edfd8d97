"""One comment of ours under a change: found by its hidden mark and written anew, so that no job adds another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from careloop.domain.forge import mark_of
from careloop.errors import InvalidInput

__all__ = ["marked", "not_yet_asked", "put_marked"]


def marked(text: str) -> str:
    """The mark of a text that is to be a comment. Raises InvalidInput for one that has none."""
    mark = mark_of(text)
    if mark is None:
        raise InvalidInput("the comment has no mark of ours in its first line", hint="write it with --format markdown")
    return mark


def put_marked(
    ours: Iterable[tuple[int, str]], text: str, *, update: Callable[[int], object], create: Callable[[], object]
) -> bool:
    """Write a text over the first of our comments (number and text) that has its mark, else anew; whether it wrote."""
    mark = marked(text)
    for number, said in ours:
        plain = said.replace("\r\n", "\n").strip()
        if mark_of(plain) == mark:
            if plain == text.strip():
                return False
            update(number)
            return True
    create()
    return True


def not_yet_asked(accounts: Sequence[str], passed: Iterable[str]) -> tuple[str, ...]:
    """Accounts, each once, without those to pass over; letters' case tells no two accounts apart."""
    known = {one.casefold() for one in passed}
    return tuple(dict.fromkeys(one for one in accounts if one.casefold() not in known))
