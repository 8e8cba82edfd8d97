"""A worker that is told to stop ends after the system that it is looking at, not after all of them (R50)."""

from __future__ import annotations

import threading
from pathlib import Path

from acme_releases import Acme

from careloop import wiring
from careloop.worker.watcher import Watcher


class SetOnceAsked(threading.Event):
    """Comes while the first system is looked at."""

    def is_set(self) -> bool:
        was = super().is_set()
        self.set()
        return was


def test_no_further_system_is_looked_at_once_it_is_to_stop(tmp_path: Path) -> None:
    root = Acme.founded(tmp_path).root
    every = Watcher(root).round(wiring.now(), stop=threading.Event())
    assert len(every.looked) > 1
    cut = Watcher(root).round(wiring.now(), stop=SetOnceAsked())
    assert (cut.looked, cut.failed) == (every.looked[:1], {})
