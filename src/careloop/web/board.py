"""What the stores say, computed when they change and kept in memory, so that no page waits for it.

A picture is frozen, and whole but for its rows. A thread looks at the stores every second. Events change the rows of
the systems and nothing else, so they alone are computed anew; what documents and the ledger say takes longer, and
another thread computes it when those have changed, and every minute. Meanwhile pages show the last picture with its
time. When a thread cannot, pages go on showing the last one and say so in red.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from careloop import wiring
from careloop.domain.calendar import EventCalendar
from careloop.domain.monitor import Monitors
from careloop.domain.monitor_chart import SystemCharts
from careloop.domain.roles import Roles
from careloop.domain.schema_drift import SchemaDrift, drifts_of
from careloop.domain.system import System
from careloop.errors import CareloopError, NotFound
from careloop.ports.ledger import Ledger
from careloop.status.phases import phase_rows
from careloop.web.evidences import Evidences, FleetEvidence
from careloop.web.picture import Picture, beat_of, text_of
from careloop.wiring import lakes, post
from careloop.wiring.pages import board_stores
from careloop.wiring.views import last_tried
from careloop.workflows.create.check_repository import check_repository
from careloop.workflows.evolve.compute_scorecard import Stores, compute_scorecard
from careloop.workflows.evolve.compute_status import status_of_folder, with_schema_drift, with_undelivered
from careloop.workflows.evolve.standpoint import zone_of
from careloop.workflows.run.evaluation_references import EvaluationReferences
from careloop.workflows.run.fleet_overview import FleetReading, SystemRow, fleet_overview
from careloop.workflows.run.monitor_charts import ChartAsk, ChartDesk
from careloop.workflows.run.release_desk import read_governance
from careloop.workflows.run.stores_head import StoresHead, stores_head
from careloop.workflows.run.system_cards import SystemCard, system_cards
from careloop.workflows.run.system_log import SystemLog
from careloop.workflows.run.view_requests import view_requests

__all__ = ["ENVIRONMENT", "Board"]

_logger = logging.getLogger(__name__)
ENVIRONMENT: Final = "production"
_LOOK_S: Final = 1.0
_AT_LEAST_EVERY: Final = timedelta(seconds=60)
"""Time alone changes a picture: evidence ages, events fall silent."""
_DRIFTS_EVERY: Final = timedelta(seconds=30)
_SCORECARD_EVERY: Final = timedelta(seconds=60)


class Board:
    """Keeps the newest picture of one repository, and what charts are drawn from."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._picture: Picture | None = None
        self._shown = threading.Condition(threading.RLock())
        self._computing = threading.Lock()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open = board_stores(root)
        self._log = SystemLog(self._open.ledger)
        self._charts = ChartDesk(self._open.lake)
        self._references = EvaluationReferences(self._log.blob)
        self._evidences = Evidences(self._open.lake, self._log, ENVIRONMENT)
        self._cards: tuple[str, tuple[SystemCard, ...]] = ("", ())
        self._rows_of: StoresHead | None = None
        self._cost_s = 0.0
        self._scored: tuple[StoresHead, datetime] | None = None
        self._notes = lakes.schema_notes(root, wiring.declared_lake(root))
        self._drifts: tuple[datetime, tuple[SchemaDrift, ...]] | None = None

    def start(self) -> None:
        """Compute the first picture, then follow the stores."""
        with self._shown:
            if self._threads:
                return
            self._threads = [
                threading.Thread(target=loop, name=name, daemon=True)
                for name, loop in (
                    ("board", self._follow),
                    ("rows", self._follow_rows),
                    ("scorecard", self._score),
                    ("evidence", self._weigh),
                )
            ]
        self.renew()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End following; the last picture stays."""
        self._stop.set()

    def picture(self) -> Picture:
        """The newest picture; waits only for the very first. Raises what kept that from being made."""
        if self._picture is None:
            self.start()
            with self._shown:
                self._shown.wait_for(lambda: self._picture is not None, timeout=120)
        found = self._picture
        if found is None:
            raise CareloopError("the first picture of the repository was not ready in time")
        return found

    def renew(self) -> None:
        """Compute a picture now, so that whoever just changed a store sees it."""
        with self._computing:
            began = time.monotonic()
            self._show(self._computed())
            self._cost_s = time.monotonic() - began

    @property
    def ledger(self) -> Ledger:
        """The ledger, to read; an entry that was read once is remembered, since it never changes."""
        return self._open.ledger

    def charts(self, name: str) -> SystemCharts:
        """A system's monitors up to now; raises `NotFound` for one that the inventory in force does not list."""
        repository = self.picture().governance.repository
        system = next((one for one in repository.nouns(System) if one.id == name), None)
        if system is None:
            raise NotFound(f"the inventory in force lists no system '{name[:100]}'")
        monitors = tuple(one for at, noun in repository.all(Monitors) if at.folder == name for one in noun.monitors)
        entries = self._log.read()
        ask = ChartAsk(
            system=system,
            monitors=monitors,
            references=self._references.of(monitors, entries.of(name), environment=ENVIRONMENT),
            calendar=repository.nouns(EventCalendar),
            environment=ENVIRONMENT,
        )
        return self._charts.charts(ask, entries, now=wiring.now())

    def evidence(self) -> FleetEvidence:
        """What the newest day says of each system's monitors, as far as it has been computed; never waits."""
        return self._evidences.shown()

    def drifts(self, name: str) -> tuple[SchemaDrift, ...]:
        """How what a system sent in the last day departs from what it declares; raises `Unavailable`."""
        return drifts_of(self._notes.tallies(name), now=wiring.now())

    def _drifts_lately(self, now: datetime) -> tuple[SchemaDrift, ...]:
        """Those of all systems; weeks of hours are many to read, and a drift is a matter of hours."""
        if self._drifts is None or now - self._drifts[0] >= _DRIFTS_EVERY:
            self._drifts = now, drifts_of(self._notes.tallies(), now=now)
        return self._drifts[1]

    def _weigh(self) -> None:
        self._evidences.follow(self.picture, self._stop)

    # --- following ------------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Of a large repository a picture takes seconds: as long as one took, pages and ingest have the cores."""
        while not self._stop.wait(max(_LOOK_S, self._cost_s)):
            self._tried(self._renew_when_old)

    def _follow_rows(self) -> None:
        while not self._stop.wait(_LOOK_S):
            self._tried(self._renew_rows)

    def _tried(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:
            _logger.exception("the board could not be renewed")
            told = error.message if isinstance(error, CareloopError) else type(error).__name__
            if self.picture().failed != told:
                self._amend(failed=told)

    def _renew_when_old(self) -> None:
        before = self.picture()
        old = wiring.now() - before.read_at >= max(_AT_LEAST_EVERY, timedelta(seconds=10 * self._cost_s))
        if old or before.failed is not None or _documents(self._head()) != _documents(before.head):
            self.renew()

    def _renew_rows(self) -> None:
        """What events changed; rows tell of new records too, before the picture that counts them is ready."""
        before, head, now = self.picture(), self._head(), wiring.now()
        if before.failed is not None or (head == self._rows_of and now - before.computed_at < _AT_LEAST_EVERY):
            return
        rows = self._rows(head, now)
        with self._shown:
            seen = self._picture
            if seen is not None and seen.governance.commit == before.governance.commit:
                self._rows_of = head
                whole = replace(seen.head, newest=head.newest, watermark=head.watermark)
                self._amend(rows=rows, head=whole, computed_at=now, beat=beat_of(self._root))

    def _head(self) -> StoresHead:
        return stores_head(self._open.source, ledger=self._open.ledger, lake=self._open.lake)

    def _amend(self, **changed: Any) -> None:
        """Show the last picture with something changed in it."""
        with self._shown:
            assert self._picture is not None
            self._show(replace(self._picture, **changed))

    def _rows(self, head: StoresHead, now: datetime) -> tuple[SystemRow, ...]:
        entries, presence = self._log.read(), self._open.presence
        reading = FleetReading(cards=self._cards[1], entries=entries, newest=head.newest, presence=presence)
        return fleet_overview(reading, environment=ENVIRONMENT, now=now).rows

    def _show(self, picture: Picture) -> None:
        with self._shown:
            last = self._picture
            if last is not None and picture.scorecard is None:
                picture = replace(picture, scorecard=last.scorecard, scorecard_failed=last.scorecard_failed)
            self._picture = replace(picture, number=last.number + 1 if last else 1)
            self._shown.notify_all()

    def _computed(self) -> Picture:
        now, stores, head = wiring.now(), self._open, self._head()
        desk = stores.desk
        before = self._picture
        governance = read_governance(desk, now, before=before.governance if before else None)
        tree = stores.source.work_tree()
        folder = status_of_folder(stores.source, tree, standards=stores.standards, ledger=stores.ledger, now=now)
        repository = folder.compiled.repository
        owner = repository.organisation.owner if repository.organisation else None
        status = with_undelivered(folder.result, post.outbox(self._root), owner)
        owners = {system.id: system.owner for system in repository.nouns(System)}
        status = with_schema_drift(status, self._drifts_lately(now), owners)
        today = now.astimezone(zone_of(repository.organisation)).date()
        if self._cards[0] != governance.commit:
            self._cards = (governance.commit, system_cards(governance.repository))
        return Picture(
            number=0,
            head=head,
            computed_at=now,
            read_at=now,
            failed=None,
            governance=governance,
            repository=repository,
            texts={path: text_of(raw) for path, raw in tree.files.items()},
            check=check_repository(stores.source, standards=stores.standards, cache=wiring.result_cache()),
            status=status,
            phases=phase_rows(
                repository.organisation, repository.only(Roles), folder.result.status.requirements, today
            ),
            rows=self._rows(head, now),
            requests=view_requests(desk, now, governance=governance),
            beat=beat_of(self._root),
            viewed=last_tried(self._root, wiring.declared_lake(self._root)),
        )

    # --- the scorecard: it counts five quarters of events, so it comes when it is ready -------------------------------

    def _score(self) -> None:
        while not self._stop.is_set():
            before = self.picture()
            if self._score_is_old(before):
                self._scored = (before.head, wiring.now())
                found, failed = before.scorecard, None
                try:
                    stores = self._open
                    found = compute_scorecard(
                        Stores(
                            source=stores.source, standards=stores.standards, ledger=stores.ledger, lake=stores.lake
                        ),
                        now=wiring.now(),
                    )
                except Exception as error:
                    _logger.exception("the scorecard could not be computed")
                    failed = error.message if isinstance(error, CareloopError) else type(error).__name__
                self._amend(scorecard=found, scorecard_failed=failed)
            self._stop.wait(_LOOK_S)

    def _score_is_old(self, picture: Picture) -> bool:
        if self._scored is None:
            return True
        head, at = self._scored
        return wiring.now() - at >= _SCORECARD_EVERY and head != picture.head


def _documents(head: StoresHead) -> StoresHead:
    """The head but for events."""
    return replace(head, newest={}, watermark=None)
