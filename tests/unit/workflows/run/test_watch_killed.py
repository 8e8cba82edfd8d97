"""Killed at any point, or run twice at once: the next look ends as if nothing had happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from watch_builders import ONE, World, a_watch, a_world, answers, at_day, five_bad_days, look

from careloop.domain.deployment import ServeRelease
from careloop.ports.ledger import Receipt, Record
from careloop.testing.ledger_fake import LedgerFake
from careloop.workflows.run.watch_system import watch_system

NOW = 35.1


class _Killed(BaseException):
    """The process is gone."""


class _LedgerThatDies(LedgerFake):
    """Dies at the n-th append: before it, or right after it was made durable."""

    def __init__(self, kept: LedgerFake, *, at: int, after: bool) -> None:
        self.__dict__.update(kept.__dict__)
        self._left, self._after = at, after

    def append(self, records: Sequence[Record], *, recorded_at: datetime) -> tuple[Receipt, ...]:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise _Killed
        receipts = super().append(records, recorded_at=recorded_at)
        if self._left == 0:
            raise _Killed
        return receipts


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 9))
def test_killed_at_any_append_the_next_run_ends_as_if_nothing_had_happened(at: int, after: bool) -> None:
    world, undisturbed = a_world(), a_world()
    assert isinstance(world.ledger, LedgerFake)
    dying = _LedgerThatDies(world.ledger, at=at, after=after)
    watched = (five_bad_days(),)
    with pytest.raises(_Killed):
        watch_system(a_watch(*watched), world.watching(watched, ledger=dying), now=at_day(NOW))
    look(world, day=35.2)
    look(undisturbed)
    assert answers(world) == ServeRelease(ONE)
    assert [order.to for order in world.deployer.orders] == [ServeRelease(ONE)]
    assert sorted(_facts(world)) == sorted(_facts(undisturbed))
    assert world.pager.pages.keys() == undisturbed.pager.pages.keys()


def test_two_processes_at_once_do_everything_once() -> None:
    world = a_world()
    watched = (five_bad_days(),)

    class Beside(LedgerFake):
        """Another process does the same look just before each append of this one."""

        busy = False

        def append(self, records: Sequence[Record], *, recorded_at: datetime) -> tuple[Receipt, ...]:
            if not self.busy:
                self.busy = True
                watch_system(a_watch(*watched), world.watching(watched), now=at_day(NOW + 0.01))
            return super().append(records, recorded_at=recorded_at)

    beside = Beside()
    beside.__dict__.update(world.ledger.__dict__)
    watch_system(a_watch(*watched), world.watching(watched, ledger=beside), now=at_day(NOW))
    assert [order.to for order in world.deployer.orders] == [ServeRelease(ONE)]
    ids = [entry.record.id for entry in world.ledger.entries(0, world.ledger.size())]
    assert len(ids) == len(set(ids))


def _facts(world: World) -> list[tuple[str, str]]:
    return [(entry.record.type, entry.record.id) for entry in world.ledger.entries(4, world.ledger.size())]
