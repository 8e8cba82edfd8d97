"""What every lake must do from which rows can be taken away. Derive a test class, give it `make_lake` and `compact`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any, Protocol

from careloop.domain.event_rows import View
from careloop.ports.lake import ErasableLake, Erasure, Lake, Reading
from careloop.testing.contracts.lake import a_label, agreed_tables, plans_of_all_sorts
from careloop.testing.event_builders import NOON, an_event

__all__ = ["ErasableLakeContract", "LakeToErase"]

_HOUR = timedelta(hours=1)


class LakeToErase(Lake, ErasableLake, Protocol):
    """A lake that both keeps and forgets."""


class ErasableLakeContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_lake(self) -> LakeToErase:
        """A fresh, empty lake."""

    @abstractmethod
    def compact(self, lake: LakeToErase) -> None:
        """Put everything where it can be erased."""

    def test_a_person_goes_with_labels_and_verdicts_and_nobody_else_does(self) -> None:
        with closing(self.make_lake()) as lake:
            self._fill(lake)
            rehearsed = lake.erase(Erasure(system="credit", unit="jane"), rehearse=True)
            assert len(_ids(lake)) == 8
            done = lake.erase(Erasure(system="credit", unit="jane"))
            assert (done.rows, done.first, done.last) == (rehearsed.rows, rehearsed.first, rehearsed.last)
            assert (done.rows, _ids(lake)) == (4, ["event-2", "event-4", "label-2", "event-9"])
            assert _ids(lake, "shop") == ["event-1"]
            assert lake.erase(Erasure(system="credit", unit="jane")).rows == 0
            agreed_tables(lake, _all(lake), plans_of_all_sorts(View.OCCURRED))

    def test_what_was_erased_is_not_taken_again_and_what_is_new_is(self) -> None:
        with closing(self.make_lake()) as lake:
            self._fill(lake)
            before = lake.watermark()
            lake.erase(Erasure(system="credit", unit="jane"))
            again = lake.append([an_event(1, unit="jane"), an_event(50)], now=NOON + 9 * _HOUR)
            assert (again.duplicates, again.accepted, again.last_seq) == ((0,), 1, before + 1)
            assert lake.watermark() == before + 1

    def test_what_is_older_than_its_purpose_allows_goes(self) -> None:
        with closing(self.make_lake()) as lake:
            for n, purpose in enumerate(["audit", None, "audit", "marketing", None]):
                at = (NOON - (5 - n) * _HOUR).isoformat()
                lake.append([an_event(n, occurred_at=at, purpose=purpose)], now=NOON)
            self.compact(lake)
            old = Erasure(system="credit", occurred_before=NOON - 3 * _HOUR, purposes_not=("audit", "marketing"))
            assert (lake.erase(old).rows, _ids(lake)) == (1, ["event-0", "event-2", "event-3", "event-4"])
            ads = Erasure(system="credit", occurred_before=NOON, purpose="marketing")
            done = lake.erase(ads)
            assert (done.rows, done.first, done.last) == (1, NOON - 2 * _HOUR, NOON - 2 * _HOUR)
            everything = Erasure(system="credit", occurred_before=NOON + _HOUR)
            assert (lake.erase(everything).rows, _ids(lake)) == (3, [])
            assert lake.append([an_event(7)], now=NOON).last_seq == 6

    def test_stats_say_what_lies_where(self) -> None:
        with closing(self.make_lake()) as lake:
            assert lake.stats().systems == ()
            self._fill(lake)
            stats = lake.stats()
            assert [(one.system, one.rows) for one in stats.systems] == [("credit", 8), ("shop", 1)]
            assert stats.watermark == stats.compacted_upto == 9
            assert all(one.first <= one.last for one in stats.systems)

    def _fill(self, lake: LakeToErase) -> None:
        """Two people over two days, their labels, and a guard verdict; one of them is also known to the shop."""
        day = (NOON - timedelta(days=1)).isoformat()
        lake.append(
            [an_event(1, unit="jane"), an_event(2, unit="john"), an_event(3, unit="jane", occurred_at=day)], now=NOON
        )
        self.compact(lake)
        lake.append([an_event(4), an_event(1, system="shop", unit="jane"), a_label(1), a_label(2)], now=NOON + _HOUR)
        guard: dict[str, Any] = {"kind": "guard", "prediction": None, "checkpoint": "input", "verdict": "allow"}
        lake.append([an_event(8, inference_id="event-3", **guard), an_event(9, **guard)], now=NOON + 2 * _HOUR)
        self.compact(lake)


def _all(lake: Lake, system: str = "credit") -> Reading:
    return Reading(system=system, upto=lake.watermark())


def _ids(lake: Lake, system: str = "credit") -> Sequence[str]:
    return [each.event.id for each in lake.events(_all(lake, system))]
