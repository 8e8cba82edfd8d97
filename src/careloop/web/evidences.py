"""The evidence of every system's newest day, computed system by system beside the pages, within a share of time.

What changed is computed anew, longest-waiting first; between two systems the thread sleeps, so that with hundreds of
systems pages and ingest keep their core. Every page says as of when.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from careloop import wiring
from careloop.domain.calendar import EventCalendar
from careloop.domain.monitor import Monitors
from careloop.domain.system import System
from careloop.monitors.day_evidence import standing_out
from careloop.ports.lake import Lake
from careloop.web.picture import Picture
from careloop.workflows.run.chart_board import ChartAsk
from careloop.workflows.run.evaluation_references import EvaluationReferences
from careloop.workflows.run.fleet_evidence import SystemEvidence, system_evidence
from careloop.workflows.run.system_log import SystemLog

__all__ = ["WRONG_NAMES", "Evidences", "FleetEvidence"]

_logger = logging.getLogger(__name__)
WRONG_NAMES: Final = 0.05
"""Share of the systems said to stand out that may be expected to be named wrongly."""
_SLEEP: Final = 4.0
"""So many times as long as it computed it sleeps: a fifth of one core at most."""
_LOOK_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class FleetEvidence:
    """What is known by now."""

    systems: Mapping[str, SystemEvidence]
    outstanding: frozenset[str]
    """Systems with a monitor that stands out among all monitors of the fleet (e-BH)."""

    @classmethod
    def of(cls, systems: Mapping[str, SystemEvidence]) -> FleetEvidence:
        """With those that stand out chosen among all."""
        every = {f"{name} {one.monitor}": one.log_e for name, found in systems.items() for one in found.monitors}
        return cls(systems, frozenset(key.partition(" ")[0] for key in standing_out(every, rate=WRONG_NAMES)))


@dataclass(frozen=True, slots=True)
class _State:
    """When a system is worth computing again: events or records have come, documents changed, or a window closed."""

    seq: int
    size: int
    commit: str | None
    window: int


class Evidences:
    """Keeps the evidence of one repository's systems."""

    def __init__(self, lake: Lake | None, log: SystemLog, environment: str) -> None:
        self._lake, self._log, self._environment = lake, log, environment
        self._references = EvaluationReferences(log.blob)
        self._found: dict[str, SystemEvidence] = {}
        self._states: dict[str, _State] = {}
        self._shown = FleetEvidence({}, frozenset())

    def shown(self) -> FleetEvidence:
        """What is known by now; never waits."""
        return self._shown

    def follow(self, picture: Callable[[], Picture], stop: threading.Event) -> None:
        """Compute until `stop` is set."""
        while not stop.is_set():
            name = self._due(picture(), wiring.now())
            if name is None:
                stop.wait(_LOOK_S)
                continue
            began = time.thread_time()
            try:
                self.compute(picture(), name)
            except Exception:
                _logger.exception("the evidence of system %s could not be computed", name)
            stop.wait(max(0.01, _SLEEP * (time.thread_time() - began)))

    def compute(self, picture: Picture, name: str) -> None:
        """Compute one system now."""
        now = wiring.now()
        self._states[name] = self._state(picture, name, now)
        repository = picture.governance.repository
        system = next(one for one in repository.nouns(System) if one.id == name)
        monitors = tuple(one for at, noun in repository.all(Monitors) if at.folder == name for one in noun.monitors)
        entries = self._log.read().of(name)
        ask = ChartAsk(
            system=system,
            monitors=monitors,
            references=self._references.of(monitors, entries, environment=self._environment),
            calendar=repository.nouns(EventCalendar),
            environment=self._environment,
        )
        assert self._lake is not None
        self._found[name] = system_evidence(self._lake, ask, entries, now=now)
        listed = {row.card.id for row in picture.rows}
        self._shown = FleetEvidence.of({key: one for key, one in self._found.items() if key in listed})

    def _due(self, picture: Picture, now: datetime) -> str | None:
        """The system that has waited longest among those with news."""
        if self._lake is None:
            return None
        names = [row.card.id for row in picture.rows if row.card.monitors and row.card.id in picture.head.newest]
        due = [name for name in names if self._states.get(name) != self._state(picture, name, now)]
        alarms = {row.card.id: len(row.alarms) for row in picture.rows}
        waited = {name: self._found[name].at.timestamp() if name in self._found else 0.0 for name in due}
        return min(due, key=lambda name: (waited[name], -alarms[name]), default=None)

    def _state(self, picture: Picture, name: str, now: datetime) -> _State:
        row = picture.row(name)
        seconds = row.card.shortest_window_s if row is not None else None
        newest = picture.head.newest.get(name)
        window = int(now.timestamp()) // (seconds or 86_400)
        # Events alone close no window; those that came since the last one closed count when the next one does.
        before = self._states.get(name)
        seq = 0 if newest is None else newest.seq
        if before is not None and before.window == window:
            seq = before.seq
        return _State(seq, len(self._log.read().of(name)), picture.head.commit, window)
