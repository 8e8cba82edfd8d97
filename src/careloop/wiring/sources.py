"""Composition for what comes into the ledger: named sources that go on while it is away."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from careloop import wiring
from careloop.ports.ledger import Actor, ActorKind

if TYPE_CHECKING:
    from careloop.adapters.spooled_source import SpooledSource

__all__ = ["source_of", "waiting"]

_SPOOL: Final = ".care/spool"


def source_of(root: Path, name: str) -> "SpooledSource":
    """A source of records of this repository, by its name."""
    from careloop.adapters.care_folder import keep_out_of_git
    from careloop.adapters.spooled_source import SpooledSource

    keep_out_of_git(root / ".care")
    return SpooledSource(
        partial(wiring.ledger_to_write, root),
        root / _SPOOL,
        actor=Actor(iss="careloop", sub=name, kind=ActorKind.SERVICE),
        make_id=lambda: wiring.new_id(wiring.now()),
    )


def waiting(root: Path) -> dict[str, int]:
    """How many records wait in the spools of this machine, by source."""
    from careloop.adapters.spooled_source import waiting_spools

    return {name: len(found.entries) for name, found in waiting_spools(root / _SPOOL).items()}
