"""Which commit the ledger says is in force: asked by every phase, decided by the last `policy.in_force` entry."""

from datetime import datetime

from careloop.ports.ledger import Ledger

__all__ = ["IN_FORCE", "commit_in_force"]

IN_FORCE = "policy.in_force"


def commit_in_force(ledger: Ledger | None, until: datetime) -> str | None:
    """The commit that the last `policy.in_force` entry recorded before an instant names (CONTRACTS, Versions)."""
    commit: str | None = None
    for entry in ledger.query(type=IN_FORCE, until=until) if ledger is not None else ():
        stated = entry.record.data.get("commit")
        commit = stated if isinstance(stated, str) else commit
    return commit
