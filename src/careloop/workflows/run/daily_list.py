"""The list of the day: every monitor of a fleet by what its newest day says, who stands out, and the fleet's promise.

Ranked by e-values of a day, not by what detectors have reached, which grows with every window by itself. Nothing is
recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from careloop.domain.calendar import EventCalendar
from careloop.domain.monitor import Monitors
from careloop.domain.repository import Repository
from careloop.domain.system import System
from careloop.monitors.day_evidence import standing_out
from careloop.monitors.fleet_promise import FleetPromise, fleet_promise
from careloop.monitors.known_events import MutedWindows
from careloop.ports.lake import Lake
from careloop.workflows.run.chart_board import ChartAsk
from careloop.workflows.run.evaluation_references import EvaluationReferences
from careloop.workflows.run.fleet_evidence import MonitorEvidence, system_evidence
from careloop.workflows.run.system_log import SystemLog

__all__ = ["DailyAsk", "DailyList", "ListedMonitor", "daily_list"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMonitor:
    """What the newest day says of one monitor."""

    system: str
    evidence: MonitorEvidence
    stands_out: bool
    """Among all that are listed; at most the share that was asked for is expected to be named wrongly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyList:
    """All monitors with a new day, the loudest first."""

    rows: tuple[ListedMonitor, ...]
    wrong_share: float
    fleet: FleetPromise | None
    """None without a monitor that is watched."""
    muted: tuple[tuple[str, MutedWindows], ...]
    """System, and what a calendar left out of one of its monitors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyAsk:
    """What is to be listed."""

    systems: Sequence[str]
    environment: str = "production"
    wrong_share: float = 0.05
    """Of those that stand out, what share may be expected to be named wrongly."""


def daily_list(lake: Lake, repository: Repository, log: SystemLog, asked: DailyAsk, *, now: datetime) -> DailyList:
    """The list at `now`; costs for each system about what watching it once costs."""
    entries, files = log.read(), EvaluationReferences(log.blob)
    known = {one.id: one for one in repository.nouns(System)}
    monitors = {at.folder: noun.monitors for at, noun in repository.all(Monitors)}
    found: list[tuple[str, MonitorEvidence]] = []
    promised: list[float] = []
    reached: list[float] = []
    muted: list[tuple[str, MutedWindows]] = []
    for name in asked.systems:
        ours = entries.of(name)
        ask = ChartAsk(
            system=known[name],
            monitors=monitors.get(name, ()),
            references=files.of(monitors.get(name, ()), ours, environment=asked.environment),
            calendar=repository.nouns(EventCalendar),
            environment=asked.environment,
        )
        evidence = system_evidence(lake, ask, ours, now=now, with_promise=True)
        found += [(name, one) for one in evidence.monitors]
        promised += [one.promised_days for one in evidence.promises]
        reached += [one.reached_days for one in evidence.promises]
        muted += [(name, one) for one in evidence.muted]
    out = standing_out({f"{name} {one.monitor}": one.log_e for name, one in found}, rate=asked.wrong_share)
    rows = [ListedMonitor(system=name, evidence=one, stands_out=f"{name} {one.monitor}" in out) for name, one in found]
    return DailyList(
        rows=tuple(sorted(rows, key=lambda row: (-row.evidence.log_e, row.system, row.evidence.monitor))),
        wrong_share=asked.wrong_share,
        fleet=fleet_promise(promised, reached),
        muted=tuple(muted),
    )
