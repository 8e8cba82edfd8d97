"""Looks at every system's monitors whenever there may be something new, and keeps the lake fast to count.

A system is looked at when events of it have come, when a window of its monitors has closed, or when a plan of its is
open. What goes wrong with one system is told and tried again; the others go on. Killed at any point it may be started
again: what was decided is in the ledger before it is done.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from careloop import wiring
from careloop.domain.monitor import Monitors
from careloop.domain.noun import seconds_in
from careloop.domain.system import Lifecycle, System
from careloop.errors import CareloopError
from careloop.ports.ledger import Actor, ActorKind, Json, Ledger, Record
from careloop.wiring.sources import source_of
from careloop.worker.side_loops import side_loops
from careloop.workflows.evolve.count_ledger import take_census
from careloop.workflows.run.compact_lake import compact_lake
from careloop.workflows.run.enter_safe_state import Place
from careloop.workflows.run.release_desk import Governance, ReleaseDesk, read_governance
from careloop.workflows.run.watch_desk import open_watch
from careloop.workflows.run.watch_system import watch_system

__all__ = ["Beat", "Watcher", "run_forever"]

_logger = logging.getLogger(__name__)
_WORKER: Final = Actor(iss="careloop", sub="care-worker", kind=ActorKind.SERVICE)
_HEARD_EVERY: Final = timedelta(minutes=15)
_CENSUS_EVERY: Final = timedelta(days=1)
_COMPACT_EVERY: Final = timedelta(minutes=5)
_BEHIND: Final = 5
"""By so much is a compaction nicer than the worker."""
_WORTH_COMPACTING: Final = 20_000
"""Events that make a file of their own worth while."""
_AT_LEAST_EVERY: Final = timedelta(minutes=10)
"""A system is looked at this often even when nothing seems new: the world outside (a deployer) may have changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One round of the worker, as it tells it."""

    at: str
    looked: tuple[str, ...]
    alarms: int
    failed: dict[str, str]
    compacted: int


@dataclass(slots=True)
class _Looked:
    """When a system was last looked at, and at how much."""

    at: datetime
    watermark: int
    window: int
    open_plans: bool


@dataclass
class Watcher:
    """Remembers what it looked at, so that a round without news costs next to nothing."""

    root: Path
    environment: str = "production"
    _seen: dict[str, _Looked] = field(default_factory=dict)
    _compacted_at: datetime | None = None
    _compacted_upto: int = 0
    _heard_at: datetime | None = None

    def round(self, now: datetime) -> Beat:
        """Look once at every system that may have news."""
        failed: dict[str, str] = {}
        looked: list[str] = []
        alarms, compacted = 0, 0
        with wiring.release_desk(self.root, {}) as desk, closing(wiring.lake(self.root)) as lake:
            governance = read_governance(desk, now)
            watermark = lake.watermark()
            for system, seconds in _watched(governance).items():
                if not self._has_news(system, watermark, seconds, now):
                    continue
                looked.append(system)
                try:
                    alarms += self._look(system, seconds, governance, desk, now)
                except Exception as error:
                    failed[system] = _told(error)
                    self._seen.pop(system, None)
                    _logger.exception("system %s could not be watched", system)
            try:
                compacted = self._compact(desk, watermark, now)
            except CareloopError as error:
                failed["lake"] = error.message
            try:
                take_census(
                    desk.ledger, actor=_WORKER, now=now, make_id=lambda: wiring.new_id(now), every=_CENSUS_EVERY
                )
                self._say_alive(desk.ledger, now)
            except CareloopError as error:
                failed["ledger"] = error.message
        return Beat(
            at=_stamp(now),
            looked=tuple(looked),
            alarms=alarms,
            failed=failed,
            compacted=compacted,
        )

    def _has_news(self, system: str, watermark: int, seconds: int, now: datetime) -> bool:
        last = self._seen.get(system)
        if last is None or last.open_plans or now - last.at >= _AT_LEAST_EVERY:
            return True
        return last.watermark != watermark and int(now.timestamp()) // seconds != last.window

    def _look(self, system: str, seconds: int, governance: Governance, desk: ReleaseDesk, now: datetime) -> int:
        place = Place(system=system, environment=self.environment)
        with closing(wiring.lake(self.root)) as lake:
            upto = lake.watermark()
            opened = open_watch(governance, place, wiring.watch_desk(self.root, desk.ledger, lake))
            report = watch_system(opened.watch, opened.using, now=now)
        executed = [one.executed for one in report.answered if one.executed is not None]
        self._seen[system] = _Looked(
            at=now,
            watermark=upto,
            window=int(now.timestamp()) // seconds,
            open_plans=any(not one.over for one in (*executed, *report.continued)),
        )
        return len(report.answered)

    def _say_alive(self, ledger: Ledger, now: datetime) -> None:
        """A heartbeat, so that a worker that stopped shows in `care ledger stats`, and once a day a census."""
        if self._heard_at is not None and now - self._heard_at < _HEARD_EVERY:
            return
        data: dict[str, Json] = {"source": _WORKER.sub, "seq": 1, "every_s": int(_HEARD_EVERY.total_seconds())}
        beat = Record(id=wiring.new_id(now), type="source.heartbeat", actor=_WORKER, occurred_at=now, data=data)
        source_of(self.root, _WORKER.sub).record([beat], now=now)
        take_census(ledger, actor=_WORKER, now=now, make_id=lambda: wiring.new_id(now), every=_CENSUS_EVERY)
        self._heard_at = now

    def _compact(self, desk: ReleaseDesk, watermark: int, now: datetime) -> int:
        if self._compacted_at is not None and now - self._compacted_at < _COMPACT_EVERY:
            return 0
        self._compacted_at = now
        worth = watermark - self._compacted_upto >= _WORTH_COMPACTING
        with closing(wiring.lake(self.root)) as own, ThreadPoolExecutor(1, initializer=_step_back) as beside:
            done = beside.submit(
                compact_lake, own, ledger=desk.ledger, actor=_WORKER, now=now, even_if_small=worth
            ).result()
        self._compacted_upto = max(self._compacted_upto, done.upto)
        return done.rows


def _step_back() -> None:
    """Let this thread have the processor after the others of this machine, the server that takes events among them."""
    with suppress(OSError, AttributeError):  # where threads have no priority of their own
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _BEHIND)


def _watched(governance: Governance) -> dict[str, int]:
    """Systems that run and have monitors, each with the shortest window of these, in seconds."""
    running = {
        one.id
        for one in governance.repository.nouns(System)
        if one.lifecycle not in (Lifecycle.INCEPTION, Lifecycle.RETIREMENT)
    }
    found: dict[str, int] = {}
    for document, noun in governance.repository.all(Monitors):
        if document.folder in running and noun.monitors:
            found[document.folder] = min(seconds_in(one.window) for one in noun.monitors)
    return found


def _told(error: Exception) -> str:
    return error.message if isinstance(error, CareloopError) else f"{type(error).__name__}: {error}"


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def run_forever(root: Path, *, every_s: float, stop: threading.Event, environment: str = "production") -> None:
    """Rounds until `stop` is set; each leaves a beat in `.care/worker.json`, so that a dead worker shows.

    Beside them run the loops of `side_loops`; what they meet stands in the same beat.
    """
    watcher, beside = Watcher(root, environment), side_loops(root, stop)
    beats = root / ".care" / "worker.json"
    while not stop.is_set():
        now = wiring.now()
        beside.keep_running()
        try:
            beat = watcher.round(now)
        except Exception as error:
            _logger.exception("the round failed")
            beat = Beat(at=_stamp(now), looked=(), alarms=0, failed={"all": _told(error)}, compacted=0)
        beat = replace(beat, failed={**beat.failed, **beside.failed})
        fresh = beats.with_suffix(".json.new")
        fresh.write_text(json.dumps(asdict(beat)), encoding="utf-8")
        fresh.replace(beats)
        stop.wait(every_s)
    beside.join(timeout_s=15)
