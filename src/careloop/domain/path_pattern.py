"""Patterns of paths, such as `models/**`: `*` stays within one folder, `**` goes through folders."""

import re
from collections.abc import Iterable
from functools import cache

__all__ = ["path_fits"]


def path_fits(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path, with `/` and relative to where the patterns stand, fits one of them.

    >>> path_fits("models/credit/weights.bin", ["models/**"]), path_fits("src/train.py", ["*.py"])
    (True, False)
    """
    return any(_compiled(pattern.removeprefix("./")).match(path) is not None for pattern in patterns)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    if pattern.endswith("/"):
        pattern += "**"
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return re.compile("".join(_PARTS.get(part) or re.escape(part) for part in parts) + r"\Z")


_PARTS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
