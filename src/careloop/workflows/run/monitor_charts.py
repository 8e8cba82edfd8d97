"""Draw a system's monitors: windows by when events happened, with bands, the detectors' limits, alarms and switches.

Everything follows from the documents, the ledger and the lake. What was counted and learnt once is kept, so that asking
again costs only what came since; the answer is the one that a desk gives which was never asked before.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime

from careloop.domain.monitor_chart import SystemCharts
from careloop.ports.lake import Lake
from careloop.workflows.run.chart_board import Board, ChartAsk
from careloop.workflows.run.system_log import SystemEntries

__all__ = ["ChartAsk", "ChartDesk"]


class ChartDesk:
    """Draws the systems of one lake, and keeps what it has counted of those that were asked for last."""

    def __init__(self, lake: Lake, *, most_systems: int = 32) -> None:
        self._lake, self._most = lake, most_systems
        self._boards: OrderedDict[tuple[str, str], Board] = OrderedDict()
        self._choosing = threading.Lock()

    def charts(self, ask: ChartAsk, entries: SystemEntries, *, now: datetime | None = None) -> SystemCharts:
        """The charts; `entries` is what the ledger says. Several threads may ask.

        Without `now` quantiles and what labels decide have no limits: which windows are over is a matter of time.
        """
        watermark = self._lake.watermark()
        newest = self._lake.newest().get(ask.system.id)
        board = self._board(ask)
        with board.drawing:
            charts = board.draw(ask, entries.of(ask.system.id), upto=0 if newest is None else newest.seq, now=now)
        return replace(charts, watermark=max(watermark, charts.watermark), ledger_size=entries.size)

    def _board(self, ask: ChartAsk) -> Board:
        key = ask.system.id, ask.environment
        with self._choosing:
            board = self._boards.pop(key, None) or Board(self._lake, ask.system.id)
            self._boards[key] = board
            while len(self._boards) > self._most:
                self._boards.popitem(last=False)
            return board
