"""Nobody named, nothing secret: what leaves the house for customers and the public (R17). Pure.

People are replaced by a mark, wherever their id, name, mail address or key stands. What looks like a secret or like a
person's address and is left after that is a leak: the pack is not built.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from careloop.domain.roles import Person

__all__ = ["Leak", "blackened", "leaks_in"]

_PERSON = "[person]"
_LEAKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("an SSH key", re.compile(r"\bssh-(?:ed25519|rsa|dss) [A-Za-z0-9+/]{40,}|\becdsa-sha2-\S+ [A-Za-z0-9+/]{40,}")),
    ("an access key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bglpat-[\w-]{20,}")),
    ("a token", re.compile(r"\bxox[abprs]-[\w-]{10,}|\bsk-[A-Za-z0-9_-]{20,}|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}")),
    ("a password", re.compile(r"(?i)\b(?:password|passwd|secret|api[_-]?key|token)\s*[:=]\s*[\"']?[^\s\"'<>\[{]{6,}")),
    ("a person's mail address", re.compile(r"\b[A-Za-z]{2,}[._][A-Za-z]{2,}@[\w-]+(?:\.[\w-]+)+\b")),
    ("a bank account", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")),
)


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that must not leave, and where it stands; never what it says."""

    path: str
    line: int
    what: str


def blackened(text: str, people: Iterable[Person]) -> str:
    """The text with every person replaced.

    >>> blackened("approved by ada-byron", [Person(id="ada-byron", name="Ada Byron")])
    'approved by [person]'
    """
    words = {word for person in people for word in (person.id, person.name, person.mail, *person.keys) if word}
    if not words:
        return text
    longest_first = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.sub(rf"(?<![\w-])(?:{longest_first})(?![\w-])", _PERSON, text, flags=re.IGNORECASE)


def leaks_in(path: str, text: str) -> Iterator[Leak]:
    """Each line that still holds something secret or personal."""
    for number, line in enumerate(text.splitlines(), start=1):
        yield from (Leak(path, number, what) for what, pattern in _LEAKS if pattern.search(line))
