"""A small world to watch: a system with days of traffic under some releases, and all that a plan is done with."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from careloop.adapters.numpy_counts import NumpyCounts
from careloop.domain.count_plan import Column, ColumnKind, Compare, CountPlan, Predicate
from careloop.domain.counts import BUCKETS, CellKey, CountTable
from careloop.domain.deployment import ServeRelease, ServeSafeState
from careloop.domain.event import Scalar
from careloop.domain.event_columns import PREDICTION
from careloop.domain.incident import DataSlice
from careloop.domain.monitor import Monitor
from careloop.domain.plan_steps import VerifyRollback
from careloop.domain.release_lock import Presence
from careloop.domain.system import SafeStateKind
from careloop.ledger.record import uuid7
from careloop.measures.rate import rate_plan
from careloop.measures.split import Split
from careloop.plans.verify import Since
from careloop.ports.ledger import Actor, ActorKind, Json, Ledger, Record, Subject
from careloop.ports.replayer import ServedRow
from careloop.testing.deployer_fake import DeployerFake
from careloop.testing.ledger_fake import LedgerFake
from careloop.testing.pager_fake import PagerFake
from careloop.testing.replayer_fake import ReplayerFake
from careloop.workflows.run.compare_releases import ReplayRoom
from careloop.workflows.run.execute_plan import Hands
from careloop.workflows.run.verify_rollback import counts_of
from careloop.workflows.run.watch_system import (
    SystemWatch,
    Watching,
    WatchReport,
    WatchTerms,
    watch_system,
    why_not_standing,
)
from careloop.workflows.run.watched_monitor import WatchedMonitor

DAY = 86_400
START = datetime(2026, 1, 5, tzinfo=UTC)
ONE, TWO, THREE = (f"sha256:{digit * 64}" for digit in "123")
GOOD, BAD = {"women": 0.50, "men": 0.50}, {"women": 0.25, "men": 0.50}
SEX = Column("groups.sex", ColumnKind.TEXT)
AUTOMATION = Actor(iss="careloop", sub="care-monitor", kind=ActorKind.AUTOMATION)
WHERE = {"system": "credit", "environment": "production"}

Days = Sequence[tuple[str, Mapping[str, float]]]
"""For each day the release that answered, and how often each group was selected."""


def at_day(day: float) -> datetime:
    """The beginning of a day of the story, or a moment in it."""
    return START + timedelta(days=day)


def a_monitor(**changed: Any) -> Monitor:
    values: dict[str, Any] = {
        "id": "approval-gap",
        "kind": "fairness",
        "measure": "dp_difference",
        "by": "sex",
        "window": "P1D",
        "reference": "previous_period",
        "tolerance": 0.05,
        "promise": "P5Y",
        "minimum_n": 200,
        "severity": "sev1",
        "response": "rollback",
    }
    return Monitor.model_validate({**values, **changed})


def a_count_plan(monitor: str = "approval-gap", *, split: bool = True) -> CountPlan:
    hit = (Predicate(PREDICTION, Compare.EQ, ("approve",)),)
    return rate_plan(monitor, hit=hit, split=Split(group=(SEX,) if split else ()))


def a_table(days: Days, *, monitor: str = "approval-gap", per_group: int = 1000, seed: int = 1) -> CountTable:
    """Count tables of independent rows, one window a day, spread over all buckets."""
    chance = random.Random(seed)
    cells: dict[CellKey, tuple[int, int]] = {}
    for day, (release, rates) in enumerate(days):
        window = int(at_day(day).timestamp())
        for group, rate in rates.items():
            for _ in range(per_group):
                key = CellKey(monitor, release, window, group, 0, chance.randrange(BUCKETS))
                hits, n = cells.get(key, (0, 0))
                cells[key] = (hits + (chance.random() < rate), n + 1)
    return CountTable(("hits", "n"), cells)


def a_watched(days: Days, *, monitor: Monitor | None = None, per_group: int = 1000) -> WatchedMonitor:
    found = monitor or a_monitor()
    return WatchedMonitor(
        monitor=found,
        plan=a_count_plan(found.id),
        table=a_table(days, monitor=found.id, per_group=per_group),
        gap=True,
        groups=("women", "men"),
    )


class RowsFake:
    """A `ServedRows` of 2,000 applicants; what was served is read from the release's own rule."""

    def __init__(self, releases: Mapping[str, Callable[[Mapping[str, Scalar]], str]]) -> None:
        self._releases = releases

    def rows(self, part: DataSlice) -> Sequence[ServedRow]:
        chance, found = random.Random(7), list[ServedRow]()
        for number in range(2000):
            features: dict[str, Scalar] = {"income": chance.random(), "female": number % 2 == 0}
            answer = self._releases[part.release](features)
            sex = "women" if features["female"] else "men"
            row = {"id": str(number), "prediction": answer, "groups.sex": sex}
            found.append({**row, **{f"features.{name}": value for name, value in features.items()}})
        return found


def fair(row: Mapping[str, Scalar]) -> str:
    return "approve" if float(row["income"]) > 0.5 else "refuse"


def unfair(row: Mapping[str, Scalar]) -> str:
    return "approve" if float(row["income"]) > (0.75 if row["female"] else 0.5) else "refuse"


@dataclass
class World:
    """Fakes that remember, and the story so far."""

    ledger: Ledger = field(default_factory=LedgerFake)
    deployer: DeployerFake = field(default_factory=DeployerFake)
    pager: PagerFake = field(default_factory=PagerFake)
    rules: dict[str, Callable[[Mapping[str, Scalar]], str]] = field(default_factory=dict)
    since: Since = field(default_factory=lambda: Since(served=0, on_target=0, elapsed_s=0))
    presence: dict[str, Presence] = field(default_factory=dict)
    replays: bool = True

    def stand(self, lock: str, *, day: float, version: str = "1.0") -> None:
        """Give a release standing and put its artefacts where the deployer finds them."""
        self.deployer.releases.add(lock)
        self._record("release.standing", {"lock": lock, "request": None, "version": version, "approvals": 2}, day)

    def revoke(self, lock: str, *, day: float) -> None:
        self._record("release.revoked", {"lock": lock, "reason": "found to leak"}, day)

    def deploy(self, lock: str, *, day: float) -> None:
        """Let it answer, as a person would have."""
        self.deployer.answers[WHERE["system"], WHERE["environment"]] = ServeRelease(lock)
        self._record("deploy.done", {"lock": lock}, day)

    def decided(self, data: dict[str, Json], *, day: float) -> None:
        """A decision of the gate, as it stands in the ledger."""
        self._record("gate.decision", data, day)

    def pause(self, *, day: float) -> None:
        self._record("automation.paused", {"reason": "release freeze"}, day)

    def _record(self, kind: str, data: dict[str, Json], day: float) -> None:
        now, number = at_day(day), self.ledger.size()
        record = Record(
            id=uuid7(int(now.timestamp() * 1000), number.to_bytes(10)),
            type=kind,
            actor=Actor(iss="governance-repository", sub="ada", kind=ActorKind.PERSON),
            occurred_at=now,
            data={**WHERE, **data},
            subject=(Subject(name="systems/credit"),),
        )
        self.ledger.append([record], recorded_at=now)

    def hands(self, monitors: Sequence[WatchedMonitor] = (), *, ledger: Ledger | None = None) -> Hands:
        book = ledger or self.ledger
        return Hands(
            ledger=book,
            deployer=self.deployer,
            pager=self.pager,
            actor=AUTOMATION,
            why_not=why_not_standing(book, system="credit", environment="production", now=START),
            counts=counts_of(monitors),
            served_since=self._look,
        )

    def _look(self, step: VerifyRollback, switched_at: datetime) -> Since:
        return self.since

    def watching(self, monitors: Sequence[WatchedMonitor] = (), *, ledger: Ledger | None = None) -> Watching:
        room = ReplayRoom(rows=RowsFake(self.rules), replayer=ReplayerFake(self.rules), counting=NumpyCounts)
        return Watching(
            hands=self.hands(monitors, ledger=ledger),
            presence=lambda lock: self.presence.get(lock, Presence.SAME),
            room=room if self.replays else None,
        )

    def records(self, kind: str) -> list[Record]:
        return [entry.record for entry in self.ledger.query(type=kind)]


def a_watch(*monitors: WatchedMonitor, **changed: Any) -> SystemWatch:
    watch = SystemWatch(
        system="credit",
        environment="production",
        safe_state=SafeStateKind.HUMAN,
        monitors=monitors,
        terms=WatchTerms(),
    )
    return replace(watch, **changed)


def a_world(**changed: Any) -> World:
    """Release one answered for thirty days and has standing; then came release two, which is unfair."""
    world = World(rules={ONE: fair, TWO: unfair, THREE: fair}, **changed)
    world.stand(ONE, day=0, version="1.0")
    world.deploy(ONE, day=0)
    world.stand(TWO, day=30, version="2.0")
    world.deploy(TWO, day=30)
    return world


THIRTY_GOOD_DAYS: Days = [(ONE, GOOD)] * 30
FIVE_BAD_DAYS: Days = [*THIRTY_GOOD_DAYS, *[(TWO, BAD)] * 5]


HUMAN = ServeSafeState(SafeStateKind.HUMAN)


@cache
def five_bad_days() -> WatchedMonitor:
    return a_watched(FIVE_BAD_DAYS)


def look(
    world: World, *monitors: WatchedMonitor, day: float = 35.1, dry_run: bool = False, **changed: Any
) -> WatchReport:
    watched = monitors or (five_bad_days(),)
    watch = a_watch(*watched, **changed)
    return watch_system(watch, world.watching(watched), now=at_day(day), dry_run=dry_run)


def answers(world: World) -> object:
    return world.deployer.answers["credit", "production"]
