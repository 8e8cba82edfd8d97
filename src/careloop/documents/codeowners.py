"""CODEOWNERS: who owns which paths, in the syntax that GitHub and GitLab read (R23).

The last line that matches a path decides. A pattern with a slash at its start or in its middle is meant from the root,
any other at any depth; a folder stands for all that is in it; `/*` at the end for what lies directly in it; `**` for
any number of folders. Lines that begin with `!` or `[` have no meaning here and are passed over, as GitHub does.
"""

import re
from dataclasses import dataclass
from functools import cache

__all__ = ["CODEOWNERS_FILES", "OwnerLine", "owners_of", "path_matches", "read_codeowners"]

CODEOWNERS_FILES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where the file may lie; the first that is there counts, as at GitHub."""

_WORD = re.compile(r"(?:\\.|[^\s\\])+")
_PARTS = re.compile(r"\\.|\*\*/|\*\*|\*|\?|.", re.DOTALL)
_REGEX = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True, slots=True)
class OwnerLine:
    """One line: a pattern of paths, and who may approve a change of them. No owners means that nobody has to."""

    pattern: str
    owners: tuple[str, ...]
    """As written: `ada@acme.example`, `@post-or-person` or `@organisation/post`."""
    line: int


def read_codeowners(text: str) -> tuple[OwnerLine, ...]:
    """The lines that say something, in order.

    >>> read_codeowners("# who\\n/rules/ @model-risk ada@acme.example # both")
    (OwnerLine(pattern='/rules/', owners=('@model-risk', 'ada@acme.example'), line=2),)
    """
    lines: list[OwnerLine] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        words = _WORD.findall(raw)
        comment = next((at for at, word in enumerate(words) if word.startswith("#")), len(words))
        words = words[:comment]
        if words and not words[0].startswith(("!", "[", "^[")):
            lines.append(OwnerLine(words[0], tuple(words[1:]), number))
    return tuple(lines)


def owners_of(path: str, lines: tuple[OwnerLine, ...]) -> OwnerLine | None:
    """The line that decides about a path: the last that matches it."""
    return next((line for line in reversed(lines) if path_matches(line.pattern, path)), None)


def path_matches(pattern: str, path: str) -> bool:
    """Whether a pattern speaks about a path, relative to the root.

    >>> path_matches("/systems/credit/**", "systems/credit/card.md"), path_matches("docs/*", "docs/a/b.md")
    (True, False)
    """
    return _compiled(pattern).match(path) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    inner = pattern.rstrip("/")
    start = "" if "/" in inner else "(?:.*/)?"
    body = "".join(
        _REGEX.get(part) or re.escape(part[-1] if part.startswith("\\") else part)
        for part in _PARTS.findall(inner.lstrip("/"))
    )
    below = "" if inner.endswith("/*") else ("/.*" if pattern.endswith("/") else "(?:/.*)?")
    return re.compile(f"{start}{body}{below}\\Z", re.DOTALL)
