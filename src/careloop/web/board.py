"""What the stores say, computed when they change and kept in memory, so that no page waits for it.

A picture is frozen and whole: every figure in it was computed from the same commit, ledger size and watermark. A thread
looks at the stores every second; while it computes the next picture, pages show the last one with its time. When it
cannot, pages go on showing the last one and say so in red.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from careloop import wiring
from careloop.domain.calendar import EventCalendar
from careloop.domain.monitor import Monitors
from careloop.domain.monitor_chart import SystemCharts
from careloop.domain.roles import Roles
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
from careloop.workflows.run.fleet_overview import FleetReading, fleet_overview
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
_SCORECARD_EVERY: Final = timedelta(seconds=60)


class Board:
    """Keeps the newest picture of one repository, and what charts are drawn from."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._picture: Picture | None = None
        self._shown = threading.Condition()
        self._computing = threading.Lock()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open = board_stores(root)
        self._log = SystemLog(self._open.ledger)
        self._charts = ChartDesk(self._open.lake)
        self._references = EvaluationReferences(self._log.blob)
        self._evidences = Evidences(self._open.lake, self._log, ENVIRONMENT)
        self._cards: tuple[str, tuple[SystemCard, ...]] = ("", ())
        self._scored: tuple[StoresHead, datetime] | None = None

    def start(self) -> None:
        """Compute the first picture, then follow the stores."""
        with self._shown:
            if self._threads:
                return
            self._threads = [
                threading.Thread(target=loop, name=name, daemon=True)
                for name, loop in (("board", self._follow), ("scorecard", self._score), ("evidence", self._weigh))
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
            self._show(self._computed())

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

    def _weigh(self) -> None:
        self._evidences.follow(self.picture, self._stop)

    # --- following ------------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        while not self._stop.wait(_LOOK_S):
            before = self.picture()
            try:
                if self._is_news(before):
                    self.renew()
            except Exception as error:
                _logger.exception("the board could not be renewed")
                told = error.message if isinstance(error, CareloopError) else type(error).__name__
                if before.failed != told:
                    self._show(replace(before, failed=told))

    def _is_news(self, before: Picture) -> bool:
        if before.failed is not None or wiring.now() - before.computed_at >= _AT_LEAST_EVERY:
            return True
        return self._head() != before.head

    def _head(self) -> StoresHead:
        return stores_head(self._open.source, ledger=self._open.ledger, lake=self._open.lake)

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
        tallies = lakes.schema_notes(self._root, wiring.declared_lake(self._root)).tallies()
        status = with_schema_drift(status, tallies, owners, now=now)
        today = now.astimezone(zone_of(repository.organisation)).date()
        if self._cards[0] != governance.commit:
            self._cards = (governance.commit, system_cards(governance.repository))
        reading = FleetReading(
            cards=self._cards[1], entries=self._log.read(), newest=head.newest, presence=stores.presence
        )
        return Picture(
            number=0,
            head=head,
            computed_at=now,
            failed=None,
            governance=governance,
            repository=repository,
            texts={path: text_of(raw) for path, raw in tree.files.items()},
            check=check_repository(stores.source, standards=stores.standards, cache=wiring.result_cache()),
            status=status,
            phases=phase_rows(
                repository.organisation, repository.only(Roles), folder.result.status.requirements, today
            ),
            rows=fleet_overview(reading, environment=ENVIRONMENT, now=now).rows,
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
                self._show(replace(self.picture(), scorecard=found, scorecard_failed=failed))
            self._stop.wait(_LOOK_S)

    def _score_is_old(self, picture: Picture) -> bool:
        if self._scored is None:
            return True
        head, at = self._scored
        return wiring.now() - at >= _SCORECARD_EVERY and head != picture.head
