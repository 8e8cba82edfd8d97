"""Every system at a glance: what answers, what could take over, what is open, and whether events still come.

A function of values: cards from the documents, entries from the ledger, newest events from the lake, and the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from careloop.domain.deployment import ServeRelease, ServeSafeState, Serving
from careloop.domain.plan_steps import RollbackTarget
from careloop.domain.release_lock import Presence
from careloop.domain.standing import Standing
from careloop.gates.rollback_target import rollback_target
from careloop.plans.automation_history import Pause, pause_in_force, plans_of, serving_by_ledger
from careloop.plans.open_alarms import OpenAlarm, alarms_of, open_alarms
from careloop.plans.progress import is_over
from careloop.ports.lake import Newest
from careloop.workflows.run.release_records import standings_in
from careloop.workflows.run.system_cards import SystemCard
from careloop.workflows.run.system_log import SystemEntries
from careloop.workflows.run.waiting_requests import WaitingRequest, waiting_requests

__all__ = [
    "FleetOverview",
    "FleetReading",
    "Freshness",
    "Silence",
    "SystemRow",
    "fleet_overview",
    "freshness_of",
    "version_of",
]

_WINDOWS_OF_SILENCE: Final = 2
"""So many of its shortest windows in a row without any event: one may fall between two batches, two do not."""


class Silence(StrEnum):
    """Whether it is odd that no event has come since the newest one."""

    NO = "no"
    YES = "yes"
    NOT_EXPECTED = "not_expected"
    """Nothing answers, or the safe state does: no events are due."""
    UNKNOWN = "unknown"
    """It has no monitor, so nothing says how often events should come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """When the newest event came, of whichever kind: a heartbeat is a sign of life as well."""

    newest: datetime | None
    """When the lake received it; None when the system never sent one."""
    silent: Silence
    after_s: int | None
    """Longest time without an event that is not silence; None without monitors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRow:
    """One system now."""

    card: SystemCard
    serving: Serving | None
    """What answers by the ledger, and since when; None when nothing was ever deployed."""
    version: str | None
    """Of the release that answers, where a standing tells it."""
    target: RollbackTarget
    """The release that could take over at once, or why there is none."""
    target_version: str | None
    paused: Pause | None
    alarms: tuple[OpenAlarm, ...]
    """Open ones, newest first."""
    plans_open: int
    freshness: Freshness
    waiting: tuple[WaitingRequest, ...]
    """Approvals that people are asked for, in the order of the ledger."""

    @property
    def in_safe_state(self) -> bool:
        """Whether the safe state answers instead of a model."""
        return self.serving is not None and isinstance(self.serving.served, ServeSafeState)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOverview:
    """Every system of the inventory, in the order of their ids."""

    environment: str
    ledger_size: int
    now: datetime
    rows: tuple[SystemRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetReading:
    """What an overview is computed from."""

    cards: tuple[SystemCard, ...]
    entries: SystemEntries
    newest: Mapping[str, Newest]
    """The newest event of each system; empty without a lake."""
    presence: Callable[[str], Presence]
    """Whether a release's artefacts are where the deployer finds them. Asked of possible rollback targets only."""


def fleet_overview(reading: FleetReading, *, environment: str, now: datetime) -> FleetOverview:
    """The overview at `now`. Nothing is asked of the stores, so it costs well below a millisecond a system."""
    rows = tuple(_row(card, reading, environment, now) for card in reading.cards)
    return FleetOverview(environment=environment, ledger_size=reading.entries.size, now=now, rows=rows)


def _row(card: SystemCard, reading: FleetReading, environment: str, now: datetime) -> SystemRow:
    entries = reading.entries.of(card.id)
    where = {"system": card.id, "environment": environment}
    serving = serving_by_ledger(entries, **where)
    plans = plans_of(entries, **where)
    standings = standings_in(entries, now=now)
    lock = serving.served.lock if serving is not None and isinstance(serving.served, ServeRelease) else None
    left = lock or _left(serving)
    target = rollback_target(standings, environment=environment, instead_of=left, presence=reading.presence)
    return SystemRow(
        card=card,
        serving=serving,
        version=version_of(standings, lock),
        target=target,
        target_version=version_of(standings, target.lock),
        paused=pause_in_force(entries, system=card.id, now=now),
        alarms=open_alarms(alarms_of(entries, **where), plans, serving),
        plans_open=sum(not is_over(progress.plan, progress.outcomes) for progress in plans),
        freshness=freshness_of(card, serving, reading.newest.get(card.id), now=now),
        waiting=waiting_requests(entries, environment=environment, now=now),
    )


def _left(serving: Serving | None) -> str | None:
    """In a safe state: the release that it took the place of, for what came before that may come back."""
    replaced = None if serving is None else serving.replaced
    return replaced.lock if isinstance(replaced, ServeRelease) else None


def version_of(standings: Iterable[Standing], lock: str | None) -> str | None:
    """The version under which a release has standing."""
    return next((one.version for one in standings if lock is not None and one.lock == lock), None)


def freshness_of(card: SystemCard, serving: Serving | None, newest: Newest | None, *, now: datetime) -> Freshness:
    """Whether events come as often as the shortest window of the system's monitors wants them.

    What has never sent an event is silent from two windows after its deployment on.
    """
    after_s = None if card.shortest_window_s is None else _WINDOWS_OF_SILENCE * card.shortest_window_s
    last = None if newest is None else newest.received_at
    if serving is None or isinstance(serving.served, ServeSafeState):
        return Freshness(newest=last, silent=Silence.NOT_EXPECTED, after_s=after_s)
    if after_s is None:
        return Freshness(newest=last, silent=Silence.UNKNOWN, after_s=None)
    heard = max(serving.since, last or serving.since)
    silent = now - heard > timedelta(seconds=after_s)
    return Freshness(newest=last, silent=Silence.YES if silent else Silence.NO, after_s=after_s)
