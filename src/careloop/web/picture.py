"""One picture of the stores: what pages show, as of one instant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from careloop.domain.approval import RequestState
from careloop.domain.check import CheckResult
from careloop.domain.repository import Repository
from careloop.domain.status_result import StatusResult
from careloop.errors import CareloopError
from careloop.gates.people import People
from careloop.status.phases import PhaseRow
from careloop.workflows.evolve.compute_scorecard import ScorecardResult
from careloop.workflows.run.fleet_overview import SystemRow
from careloop.workflows.run.release_desk import Governance
from careloop.workflows.run.stores_head import StoresHead
from careloop.workflows.run.view_requests import RequestView

__all__ = ["Picture", "WorkerBeat", "beat_of", "text_of"]

_BEAT_EVERY: Final = timedelta(minutes=2)
"""A worker that has not told of a round for so long is not there."""
_BIGGEST_TEXT: Final = 400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerBeat:
    """The last round that the worker told of."""

    at: datetime
    failed: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything that pages show of the stores, as of one instant."""

    number: int
    """Grows with every picture."""
    head: StoresHead
    computed_at: datetime
    """When the rows were, and everything else at the latest."""
    read_at: datetime
    """When documents and ledger were read for it."""
    failed: str | None
    """Why the figures are older than they should be; None while they are not."""
    governance: Governance
    """Documents of the commit in force: what decisions are made by."""
    repository: Repository
    """Documents as they lie in the folder: what check and status are computed from."""
    texts: Mapping[str, str]
    check: CheckResult
    status: StatusResult
    phases: tuple[PhaseRow, ...]
    rows: tuple[SystemRow, ...]
    requests: tuple[RequestView, ...]
    beat: WorkerBeat | None
    viewed: Mapping[str, float] = field(default_factory=dict)
    """When a view of a system was read last, in seconds since 1970."""
    scorecard: ScorecardResult | None = None
    """None until it was computed for the first time."""
    scorecard_failed: str | None = None

    @property
    def people(self) -> People | None:
        """Everybody in the roles.yaml in force; None when it cannot be read."""
        try:
            return self.governance.people
        except CareloopError:
            return None

    def is_here(self, mail: str) -> bool:
        """Whether somebody with this address is listed and has not left."""
        people = self.people
        person = people.person(mail) if people else None
        return people is not None and person is not None and not people.has_left(person)

    @property
    def open_requests(self) -> tuple[RequestView, ...]:
        """Requests that wait for people."""
        return tuple(one for one in self.requests if one.state is RequestState.OPEN)

    @property
    def worker_is_there(self) -> bool:
        """Whether somebody watches the systems."""
        return self.beat is not None and self.computed_at - self.beat.at < _BEAT_EVERY

    def row(self, name: str) -> SystemRow | None:
        """A system of the inventory in force."""
        return next((one for one in self.rows if one.card.id == name), None)

    def mark_of(self, name: str) -> str | None:
        """Changes when events or records of a system came, or documents changed; None for one that is not listed."""
        row = self.row(name)
        if row is None:
            return None
        newest = self.head.newest.get(name)
        said = (self.head.commit, self.failed, 0 if newest is None else newest.seq, row, self.viewed.get(name))
        return sha256(repr(said).encode()).hexdigest()[:16]


def text_of(raw: bytes) -> str:
    """A document to be read by people; of an enormous one, the beginning."""
    return raw[:_BIGGEST_TEXT].decode("utf-8", "replace")


def beat_of(root: Path) -> WorkerBeat | None:
    """What the worker told last; None when it never did, or its note cannot be read."""
    try:
        told = json.loads((root / ".care" / "worker.json").read_text(encoding="utf-8"))
        return WorkerBeat(at=datetime.fromisoformat(told["at"]).astimezone(UTC), failed=dict(told["failed"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
