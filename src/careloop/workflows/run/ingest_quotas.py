"""How many events of each system are taken in a minute, so that one that sends too many holds up no other."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from careloop.errors import Busy

__all__ = ["Quotas"]

_SECONDS: Final = 60


class Quotas:
    """A bucket for each system that fills up with what may come in a minute; threads may share it.

    A batch is taken while there is anything in the bucket, and may leave it in debt: so a batch of any size is taken
    sooner or later, and over time no more than the quota is.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, datetime]] = {}

    def take(self, sent: Mapping[str, int], most_per_minute: Mapping[str, int], *, now: datetime) -> None:
        """Count what was sent by system. Raises `Busy`, and counts nothing, when one of the buckets is empty."""
        with self._lock:
            left = {
                system: self._filled(system, most, now) for system, most in most_per_minute.items() if system in sent
            }
            for system, room in left.items():
                if room <= 0:
                    wait = math.floor(-room * _SECONDS / most_per_minute[system]) + 1
                    raise Busy(
                        f"{system} sends more than {most_per_minute[system]:,} events a minute", retry_after_s=wait
                    )
            for system, room in left.items():
                self._left[system] = (room - sent[system], now)

    def _filled(self, system: str, most: int, now: datetime) -> float:
        room, at = self._left.get(system, (float(most), now))
        return min(float(most), room + max(0.0, (now - at).total_seconds()) * most / _SECONDS)
