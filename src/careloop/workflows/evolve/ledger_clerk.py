"""Who keeps the book: the ledger, who acts, when, and where ids come from, for records about the ledger itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from careloop.ports.ledger import Actor, BlobRef, Json, Ledger, Receipt, Record, Subject

__all__ = ["LedgerClerk"]

_CONTROLS: Final = ("iso42001:2023/A.6.2.8", "iso42001:2023/7.5.3")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerClerk:
    """One person or service at work on a ledger, at one time."""

    ledger: Ledger
    actor: Actor
    now: datetime
    make_id: Callable[[], str]
    proof: Mapping[str, Json] = field(default_factory=dict)
    """What shows that the actor is who he says: a signed statement, kept with the data."""

    def record(
        self,
        kind: str,
        data: Mapping[str, Json],
        *,
        refs: tuple[str, ...] = (),
        subject: tuple[Subject, ...] = (),
        blobs: tuple[BlobRef, ...] = (),
    ) -> Record:
        """A record of a type, by this actor, now."""
        return Record(
            id=self.make_id(),
            type=kind,
            actor=self.actor,
            occurred_at=self.now,
            data={**data, **self.proof},
            subject=subject,
            refs=refs,
            blobs=blobs,
            controls=_CONTROLS,
        )

    def append(self, record: Record) -> Receipt:
        """Record it."""
        return self.ledger.append([record], recorded_at=self.now)[0]
