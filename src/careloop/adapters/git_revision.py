"""Which commit a revision means: a branch, a tag, a hash or its first digits, and steps back from it."""

import re
from typing import TYPE_CHECKING

from careloop.errors import NotFound

if TYPE_CHECKING:
    from dulwich.objects import Commit
    from dulwich.repo import Repo

__all__ = ["commit_of"]

_STEPS_BACK = re.compile(r"(?:[~^]\d{0,9})*\Z")
_STEP = re.compile(r"([~^])(\d*)")


def commit_of(repo: "Repo", revision: str) -> "Commit":
    """The commit that `git rev-parse` would name: `main`, `v1`, `0a1b2c3`, `HEAD~2`, `main^2`. Raises NotFound."""
    from dulwich.objectspec import parse_commit

    steps = _STEPS_BACK.search(revision)
    assert steps is not None, "the pattern matches nothing at all as well"
    try:
        commit = parse_commit(repo, revision[: steps.start()])
        for sign, number in _STEP.findall(steps.group()):
            commit = _back(repo, commit, sign, int(number or 1))
    except (KeyError, ValueError, IndexError) as error:
        raise NotFound(
            f"there is no revision '{revision}' here", hint="`git log --oneline` shows what there is"
        ) from error
    return commit


def _back(repo: "Repo", commit: "Commit", sign: str, number: int) -> "Commit":
    """So many first parents back (`~`), or to one of the parents (`^`)."""
    from dulwich.objectspec import parse_commit

    if sign == "^":
        return parse_commit(repo, commit.parents[number - 1].decode()) if number else commit
    for _ in range(number):
        commit = parse_commit(repo, commit.parents[0].decode())
    return commit
