"""Whether a change moves systems along the life cycle as its table allows (R71)."""

from collections.abc import Iterator

from careloop.checks.breach import Breach
from careloop.domain.lifecycle import LEAVES_FROM, moves_from
from careloop.domain.repository import Document, Repository
from careloop.domain.system import Lifecycle, System

__all__ = ["IN_USE", "stage_moves"]

IN_USE = frozenset({Lifecycle.DEPLOYMENT, Lifecycle.OPERATION, Lifecycle.REEVALUATION})
"""Stages in which people are touched by a system, or are about to be."""


def stage_moves(before: Repository, after: Repository, unreadable: frozenset[str]) -> Iterator[Breach]:
    """Moves that the table does not allow, and systems that left the inventory while they were in use.

    A new system may be in any stage, and so may one that was a draft: what is found is rarely an idea any more. Files
    that cannot be read are errors already, and nothing is concluded from them.
    """
    now = {system.id: (document, system) for document, system in after.all(System)}
    for document, old in before.all(System):
        if old.draft or document.path in unreadable:
            continue
        found = now.get(old.id)
        breach = _gone(document, old) if found is None else _moved(old, *found)
        if breach:
            yield breach


def _gone(document: Document, old: System) -> Breach | None:
    if old.lifecycle in LEAVES_FROM:
        return None
    return Breach(
        path=document.path,
        line=1,
        message=f"{old.id} goes out of the inventory while it is in {old.lifecycle}",
        remedy="move it to retirement first and keep its records; a new name goes into `name`, the id stays",
    )


def _moved(old: System, document: Document, new: System) -> Breach | None:
    if new.lifecycle is old.lifecycle:
        return None
    allowed = moves_from(old.lifecycle, new.origin)
    if new.lifecycle in allowed:
        return None
    nexts = " or ".join(stage.value for stage in sorted(allowed, key=lambda stage: stage.rank))
    return Breach(
        path=document.path,
        pointer=("lifecycle",),
        message=f"{new.id} moves from {old.lifecycle} to {new.lifecycle}; "
        + (f"after {old.lifecycle} comes {nexts}" if nexts else f"nothing comes after {old.lifecycle}"),
        remedy="" if nexts else "what is taken up again is a new system with an id of its own",
    )
