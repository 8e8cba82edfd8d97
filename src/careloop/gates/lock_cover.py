"""Whether a release lock names everything that decides behaviour, as the system says what does (SEMANTICS 11; R79).

A file that the system's document declares, that is here and that nobody locked could be exchanged after the approval.
A language system without a locked prompt, or without a model, could too. Pure: what is here is told by the caller.
"""

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from itertools import takewhile
from typing import Final

from careloop.domain.decision import Reason, ReasonKind, Verdict
from careloop.domain.release_lock import ArtefactKind, ReleaseLock
from careloop.domain.system import System
from careloop.domain.tier import Tier

__all__ = ["cover_reasons", "fixed_part"]

_WILD: Final = frozenset("*?[")
_MODELS: Final = frozenset({ArtefactKind.WEIGHTS, ArtefactKind.HOSTED_MODEL})


def fixed_part(pattern: str) -> str:
    """The part of a glob before its first wildcard: the folder or file that it speaks about.

    >>> fixed_part("assistant/tools/*.json"), fixed_part("params.yaml")
    ('assistant/tools', 'params.yaml')
    """
    return "/".join(takewhile(lambda part: not _WILD & set(part), pattern.split("/")))


def cover_reasons(lock: ReleaseLock, system: System, is_here: Callable[[str], bool]) -> Iterator[Reason]:
    """What the lock lacks; from tier medium on each of these blocks. `is_here` says whether a path lies at the gate."""
    effect = Verdict.BLOCK if system.tier.rank >= Tier.MEDIUM.rank else Verdict.ALLOW
    for pattern in system.artefacts:
        if _covered(pattern, lock):
            continue
        here = bool(place := fixed_part(pattern)) and is_here(place)
        said = "lies here and is not locked" if here else "is neither locked nor here"
        yield _reason(
            f"{pattern} decides how {system.id} behaves, by its own document, and {said}",
            effect if here else Verdict.ALLOW,
            f"care release lock {system.id} --artifact {place or 'PATH'} ...",
        )
    if system.language_model:
        yield from _language(lock, system, effect)


def _language(lock: ReleaseLock, system: System, effect: Verdict) -> Iterator[Reason]:
    kinds = {artefact.kind for artefact in lock.artefacts}
    if lock.hosted_model is None and not kinds & _MODELS:
        yield _reason(
            f"{system.id} is a language system, and its lock names no model",
            effect,
            "lock the weights, or name the hosted model with --hosted provider/dated-id",
        )
    if ArtefactKind.PROMPT not in kinds:
        yield _reason(
            f"{system.id} is a language system, and its lock holds no prompt",
            effect,
            "lock the folder of its prompts, and that of its tool schemas, with --artifact",
        )


def _covered(pattern: str, lock: ReleaseLock) -> bool:
    """Whether a locked file or folder is, holds, or is one of those that a pattern speaks about."""
    place = fixed_part(pattern)
    for artefact in lock.artefacts:
        name = artefact.name.rstrip("/")
        if name == place or place.startswith(f"{name}/") or fnmatchcase(artefact.name, pattern):
            return True
    return False


def _reason(message: str, effect: Verdict, remedy: str) -> Reason:
    return Reason(
        kind=ReasonKind.LOCK,
        effect=effect,
        message=message,
        remedy=remedy,
        controls=("iso42001:2023/A.6.2.5", "iso42001:2023/A.6.2.3"),
    )
