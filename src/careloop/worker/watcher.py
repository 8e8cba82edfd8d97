"""Looks at every system's monitors whenever there may be something new, and keeps the lake fast to count.

A system is looked at when events of it have come, when a window of its monitors has closed, or when a plan of its is
open. What goes wrong with one system is told and tried again; the others go on. Killed at any point it may be started
again: what was decided is in the ledger before it is done.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from careloop import wiring
from careloop.domain.monitor import Monitors
from careloop.domain.noun import seconds_in
from careloop.domain.system import Lifecycle, System
from careloop.errors import CareloopError
from careloop.ports.lake import KeptLake, Newest
from careloop.ports.ledger import Actor, ActorKind, Json, Ledger, Record
from careloop.ports.replayer import Replayer
from careloop.wiring.sources import source_of
from careloop.worker.side_loops import side_loops
from careloop.workflows.evolve.count_ledger import take_census
from careloop.workflows.run.compact_lake import compact_lake
from careloop.workflows.run.enter_safe_state import Place
from careloop.workflows.run.release_desk import Governance, ReleaseDesk, read_governance
from careloop.workflows.run.watch_desk import WatchDesk, open_watch
from careloop.workflows.run.watch_memory import WatchMemory
from careloop.workflows.run.watch_system import watch_system

__all__ = ["Beat", "Watcher", "run_forever"]

_logger = logging.getLogger(__name__)
_WORKER: Final = Actor(iss="careloop", sub="care-worker", kind=ActorKind.SERVICE)
_HEARD_EVERY: Final = timedelta(minutes=15)
_CENSUS_EVERY: Final = timedelta(days=1)
_COMPACT_EVERY: Final = timedelta(minutes=5)
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
    settled: int | None
    """`ingest_seq` of its newest event then; None while the window of that event was open, so that it is news still."""
    window: int
    open_plans: bool


@dataclass
class Watcher:
    """Remembers what it looked at: a round without news costs next to nothing, and one with news what came since."""

    root: Path
    environment: str = "production"
    _seen: dict[str, _Looked] = field(default_factory=dict)
    _memories: dict[str, WatchMemory] = field(default_factory=dict)
    _governance: Governance | None = None
    _lake: KeptLake | None = None
    _replayer: Replayer | None = None
    """Kept, since it remembers the models that it loaded."""
    _compacted_at: datetime | None = None
    _compacted_upto: int = 0
    _heard_at: datetime | None = None

    def round(self, now: datetime, *, stop: threading.Event | None = None) -> Beat:
        """Look once at every system that may have news; once `stop` is set, at no further one."""
        failed: dict[str, str] = {}
        looked: list[str] = []
        alarms, compacted = 0, 0
        with wiring.release_desk(self.root, {}) as desk, self._opened() as lake:
            governance = self._governance = read_governance(desk, now, before=self._governance)
            newest = lake.newest()
            hands = wiring.watch_desk(self.root, desk.ledger, lake)
            self._replayer = self._replayer or hands.replayer
            hands = replace(hands, replayer=self._replayer)
            for system, seconds in _watched(governance).items():
                if stop is not None and stop.is_set():
                    break
                if not self._has_news(system, newest.get(system), seconds, now):
                    continue
                looked.append(system)
                try:
                    alarms += self._look(system, seconds, newest.get(system), governance, hands)
                except Exception as error:
                    failed[system] = _told(error)
                    self._seen.pop(system, None)
                    self._memories.pop(system, None)
                    _logger.exception("system %s could not be watched", system)
            try:
                compacted = self._compact(desk, lake, now)
            except CareloopError as error:
                failed["lake"] = error.message
            try:
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

    @contextmanager
    def _opened(self) -> Iterator[KeptLake]:
        """The lake, kept open; after an error it is opened anew, for who knows what it remembers."""
        if self._lake is None:
            self._lake = wiring.lake(self.root)
        try:
            yield self._lake
        except BaseException:
            self._lake.close()
            self._lake = None
            raise

    def _has_news(self, system: str, newest: Newest | None, seconds: int, now: datetime) -> bool:
        last = self._seen.get(system)
        if last is None or last.open_plans or now - last.at >= _AT_LEAST_EVERY:
            return True
        return last.settled != _seq_of(newest) and int(now.timestamp()) // seconds != last.window

    def _look(self, system: str, seconds: int, newest: Newest | None, governance: Governance, hands: WatchDesk) -> int:
        place, now = Place(system=system, environment=self.environment), governance.now
        memory = self._memories.setdefault(system, WatchMemory())
        opened = open_watch(governance, place, replace(hands, memory=memory))
        report = watch_system(opened.watch, opened.using, now=now)
        executed = [one.executed for one in report.answered if one.executed is not None]
        window = int(now.timestamp()) // seconds
        closed = newest is None or newest.received_at.timestamp() < window * seconds
        self._seen[system] = _Looked(
            at=now,
            settled=_seq_of(newest) if closed else None,
            window=window,
            open_plans=any(not one.over for one in (*executed, *report.continued)),
        )
        return len(report.answered)

    def _say_alive(self, ledger: Ledger, now: datetime) -> None:
        """A heartbeat, so that a worker that stopped shows in `care ledger stats`, and once a day a census."""
        take_census(ledger, actor=_WORKER, now=now, make_id=lambda: wiring.new_id(now), every=_CENSUS_EVERY)
        if self._heard_at is not None and now - self._heard_at < _HEARD_EVERY:
            return
        data: dict[str, Json] = {"source": _WORKER.sub, "seq": 1, "every_s": int(_HEARD_EVERY.total_seconds())}
        beat = Record(id=wiring.new_id(now), type="source.heartbeat", actor=_WORKER, occurred_at=now, data=data)
        source_of(self.root, _WORKER.sub).record([beat], now=now)
        self._heard_at = now

    def _compact(self, desk: ReleaseDesk, lake: KeptLake, now: datetime) -> int:
        if self._compacted_at is not None and now - self._compacted_at < _COMPACT_EVERY:
            return 0
        self._compacted_at = now
        worth = lake.watermark() - self._compacted_upto >= _WORTH_COMPACTING
        done = compact_lake(lake, ledger=desk.ledger, actor=_WORKER, now=now, even_if_small=worth)
        self._compacted_upto = max(self._compacted_upto, done.upto)
        return done.rows


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


def _seq_of(newest: Newest | None) -> int:
    return 0 if newest is None else newest.seq


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
            beat = watcher.round(now, stop=stop)
        except Exception as error:
            _logger.exception("the round failed")
            beat = Beat(at=_stamp(now), looked=(), alarms=0, failed={"all": _told(error)}, compacted=0)
        beat = replace(beat, failed={**beat.failed, **beside.failed})
        fresh = beats.with_suffix(".json.new")
        fresh.write_text(json.dumps(asdict(beat)), encoding="utf-8")
        fresh.replace(beats)
        stop.wait(every_s)
    beside.join(timeout_s=15)
