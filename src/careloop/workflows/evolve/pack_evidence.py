"""What of the evidence is there on a day, kind by kind: files for a pack, required items with their state (R16).

A required item that is not there is an item all the same. Nothing is left out in silence.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from careloop.domain.audit_pack import ItemState, PackItem, PackKind
from careloop.domain.card import Card
from careloop.domain.evolve import AuditProgramme
from careloop.domain.impact import Assessment, Screening
from careloop.domain.noun import days_in
from careloop.domain.policy import Policy
from careloop.domain.repository import Repository
from careloop.domain.system import Lifecycle, System
from careloop.domain.tier import Tier
from careloop.ports.ledger import Entry, Ledger
from careloop.workflows.evolve.standpoint import Standpoint

__all__ = ["RECORDS", "Evidence"]

RECORDS: dict[PackKind, tuple[str, ...]] = {
    PackKind.TRAINING: ("training.completed", "training.coverage", "awareness.acknowledged"),
    PackKind.INCIDENTS: ("incident.opened", "incident.closed", "incident.none_occurred", "evidence.hold"),
    PackKind.AUDITS: ("audit.completed", "audit.finding", "nonconformity.none_found"),
    PackKind.REVIEWS: ("review.management", "review.cross_functional", "scorecard.frozen"),
}
"""Types of ledger entries that are evidence of a kind."""
_DECISIONS = ("gate.decision", "release.standing", "release.revoked", "deploy.done")


@dataclass(frozen=True)
class Evidence:
    """One repository and ledger at one standpoint."""

    place: Standpoint

    @property
    def repository(self) -> Repository:
        """The documents."""
        return self.place.reading.repository

    @property
    def today(self) -> date:
        """The day, where the organisation is."""
        return self.place.reading.now.date()

    @cached_property
    def _entries(self) -> tuple[Entry, ...]:
        ledger, until = self.place.reading.ledger, self.place.reading.until
        if ledger is None:
            return ()
        return tuple(ledger.query() if until is None else ledger.query(until=until))

    def document(self, path: str) -> bytes:
        """A document as it lies in the tree."""
        return self.place.tree.files[path]

    @cached_property
    def _systems(self) -> tuple[System, ...]:
        organisation = self.repository.organisation
        out = {one.system for one in organisation.scope.systems_excluded} if organisation else set()
        return tuple(one for one in self.repository.nouns(System) if one.id not in out)

    def assessments(self) -> Iterator[PackItem]:
        """Of each system in scope: its newest full assessment where it needs one, else its screening."""
        for system in self._systems:
            if system.lifecycle is Lifecycle.INCEPTION:
                continue
            full = [(d.path, one) for d, one in self.repository.all(Assessment) if d.folder == system.id]
            short = [(d.path, one) for d, one in self.repository.all(Screening) if d.folder == system.id]
            if full:
                path, newest = max(full, key=lambda pair: pair[1].on)
                due = newest.on + timedelta(days=days_in(newest.review_every))
                yield self._dated(PackKind.ASSESSMENTS, system.id, path, newest.on, due)
            elif short and system.tier.rank < Tier.HIGH.rank and not any(one.triggered for _, one in short):
                path, screening = max(short, key=lambda pair: pair[1].on)
                yield self._dated(PackKind.ASSESSMENTS, system.id, path, screening.on, None)
            else:
                yield self._missing(PackKind.ASSESSMENTS, system.id, "no full impact assessment is on file")

    def policies(self) -> Iterator[PackItem]:
        """Each policy; one that nobody approved is not in force."""
        found = False
        for document, policy in self.repository.all(Policy):
            found = True
            if policy.approved is None:
                yield self._missing(PackKind.POLICIES, policy.id, "nobody has approved it, so it is not in force")
                continue
            due = policy.reviewed + timedelta(days=days_in(policy.review_every)) if policy.reviewed else self.today
            yield self._dated(PackKind.POLICIES, policy.id, document.path, policy.reviewed or policy.approved.on, due)
        if not found:
            yield self._missing(PackKind.POLICIES, "ai-policy", "there is no policy")

    def cards(self) -> Iterator[PackItem]:
        """The model card of each system between design and retirement."""
        cards = {document.folder: (document.path, card) for document, card in self.repository.all(Card)}
        for system in self._systems:
            if system.lifecycle.rank < Lifecycle.DESIGN.rank or system.lifecycle is Lifecycle.RETIREMENT:
                continue
            if system.id in cards:
                path, card = cards[system.id]
                yield self._dated(PackKind.CARDS, system.id, path, card.reviewed, None)
            else:
                yield self._missing(PackKind.CARDS, system.id, "there is no model card")

    def audit_programme(self) -> Iterator[tuple[str, bytes]]:
        """The audit programmes, to go beside the records of audits."""
        for document, _ in self.repository.all(AuditProgramme):
            yield document.path, self.document(document.path)

    def records(self, kind: PackKind) -> tuple[PackItem, bytes]:
        """Ledger entries of a kind, one JSON body a line; missing where there is none."""
        path = f"records/{kind.value}.jsonl"
        found = [entry for entry in self._entries if entry.record.type in RECORDS[kind]]
        if not found:
            because = f"the ledger holds no {' or '.join(RECORDS[kind])}"
            return self._missing(kind, kind.value, because), b""
        newest = max(entry.recorded_at for entry in found).date()
        item = PackItem(
            kind=kind, id=kind.value, state=ItemState.PRESENT, because=f"{len(found)} entries", path=path, day=newest
        )
        return item, _lines(found)

    def whole_ledger(self) -> tuple[PackItem, dict[str, bytes]]:
        """Every entry with the signed checkpoint."""
        ledger = self.place.reading.ledger
        if ledger is None or not self._entries:
            return self._missing(PackKind.LOGS, "ledger", "nothing was ever recorded"), {}
        files = {"logs/ledger.jsonl": _lines(self._entries), "logs/checkpoint.txt": _checkpoint(ledger)}
        return self._log_item("logs/ledger.jsonl"), files

    def decisions(self) -> tuple[PackItem, dict[str, bytes]]:
        """What was decided about releases, without who decided: for readers outside."""
        rows = [
            {
                "type": entry.record.type,
                "at": entry.recorded_at.isoformat(),
                **{
                    key: entry.record.data[key]
                    for key in ("system", "lock", "environment", "decision", "required_approvals", "approvals")
                    if key in entry.record.data
                },
            }
            for entry in self._entries
            if entry.record.type in _DECISIONS
        ]
        if not rows:
            return self._missing(PackKind.LOGS, "decisions", "the ledger holds no decision about a release"), {}
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return self._log_item("logs/decisions.jsonl"), {"logs/decisions.jsonl": text.encode()}

    def _log_item(self, path: str) -> PackItem:
        newest = self._entries[-1].recorded_at.date()
        because = f"{len(self._entries)} entries"
        return PackItem(
            kind=PackKind.LOGS, id="ledger", state=ItemState.PRESENT, because=because, path=path, day=newest
        )

    def _dated(self, kind: PackKind, name: str, path: str, day: date | None, due: date | None) -> PackItem:
        stale = due is not None and due < self.today
        because = f"its next review was due on {due}" if stale else "on file"
        state = ItemState.STALE if stale else ItemState.PRESENT
        return PackItem(kind=kind, id=name, state=state, because=because, path=f"documents/{path}", day=day)

    def _missing(self, kind: PackKind, name: str, because: str) -> PackItem:
        return PackItem(kind=kind, id=name, state=ItemState.MISSING, because=because)


def _lines(entries: "tuple[Entry, ...] | list[Entry]") -> bytes:
    return b"".join(entry.body + b"\n" for entry in entries)


def _checkpoint(ledger: Ledger) -> bytes:
    return ledger.head().note.encode()
