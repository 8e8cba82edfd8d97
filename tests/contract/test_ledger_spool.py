"""While the ledger is away what was observed waits, chained and numbered; nothing goes unseen (LEDGER 10, R51)."""

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from careloop.adapters.spooled_source import SpooledSource, waiting_spools
from careloop.errors import InvalidInput, Refused, Unavailable
from careloop.ledger.completeness import SourceReport
from careloop.ledger.record import uuid7
from careloop.ports.ledger import Actor, ActorKind, Ledger
from careloop.testing.contracts.ledger import NOON, a_record
from careloop.testing.ledger_fake import LedgerFake
from careloop.workflows.evolve.count_ledger import count_ledger

GUARD = Actor(iss="careloop", sub="guard", kind=ActorKind.SERVICE)


class _Place:
    """A ledger that may be away, and a source that sends to it."""

    def __init__(self, folder: Path) -> None:
        self.ledger = LedgerFake()
        self.folder = folder
        self._numbers = count()

    def source(self) -> SpooledSource:
        return SpooledSource(self._reach, self.folder, actor=GUARD, make_id=self._id)

    def counted(self) -> SourceReport:
        return count_ledger(self.ledger, NOON).sources[0]

    def _reach(self) -> Ledger:
        if self.ledger.out_of_reach:
            raise Unavailable("no route to the ledger")
        return self.ledger

    def _id(self) -> str:
        return uuid7(1, next(self._numbers).to_bytes(10))


@pytest.fixture
def place(tmp_path: Path) -> _Place:
    return _Place(tmp_path / "spool")


def test_with_the_ledger_at_hand_records_are_numbered_and_recorded(place: _Place) -> None:
    kept = place.source().record([a_record(1), a_record(2)], now=NOON)
    assert ([one.index for one in kept.receipts], kept.waiting, kept.why) == ([0, 1], 0, None)
    assert [entry.record.data["seq"] for entry in place.ledger.entries(0, 2)] == [1, 2]
    assert waiting_spools(place.folder) == {}


def test_what_waited_comes_first_and_the_gap_is_a_record(place: _Place) -> None:
    place.source().record([a_record(1)], now=NOON)
    place.ledger.out_of_reach = True
    for number in (2, 3):
        kept = place.source().record([a_record(number)], now=NOON)
        assert (kept.receipts, kept.waiting, kept.why) == ((), number - 1, "no route to the ledger")
    place.ledger.out_of_reach = False
    kept = place.source().record([a_record(4)], now=NOON)
    assert (kept.drained, kept.waiting, [one.index for one in kept.receipts]) == (2, 0, [4])
    entries = list(place.ledger.entries(0, 5))
    assert [e.record.data.get("seq") for e in entries] == [1, 2, 3, None, 4]
    gap = entries[3].record
    assert (gap.type, gap.data["records"], gap.refs) == ("spool.drained", 2, (a_record(2).id, a_record(3).id))
    assert (place.counted().missing_count, place.counted().late) == (0, 2)
    assert place.source().drain(now=NOON) == 0


def test_draining_again_after_a_crash_in_the_middle_repeats_nothing(place: _Place) -> None:
    place.ledger.out_of_reach = True
    place.source().record([a_record(n) for n in range(3)], now=NOON)
    before = (place.folder / "guard.spool").read_bytes()
    place.ledger.out_of_reach = False
    assert place.source().drain(now=NOON) == 3
    (place.folder / "guard.spool").write_bytes(before)
    assert place.source().drain(now=NOON) == 3
    assert place.ledger.size() == 4


def test_a_line_half_written_was_never_acknowledged_and_goes(place: _Place) -> None:
    place.ledger.out_of_reach = True
    place.source().record([a_record(1)], now=NOON)
    spool = place.folder / "guard.spool"
    whole = spool.read_bytes()
    for torn in range(1, 30):
        spool.write_bytes(whole + whole.splitlines(keepends=True)[1][:torn])
        assert place.source().record([a_record(2)], now=NOON).waiting == 2
        spool.write_bytes(whole)
    spool.write_bytes(whole[:10])
    assert place.source().record([a_record(3)], now=NOON).waiting == 1


@pytest.mark.parametrize("what", ["taken out", "swapped", "altered", "first line"])
def test_a_spool_that_somebody_edited_is_not_sent(place: _Place, what: str) -> None:
    place.ledger.out_of_reach = True
    place.source().record([a_record(n) for n in range(4)], now=NOON)
    spool = place.folder / "guard.spool"
    first, *lines = spool.read_bytes().splitlines(keepends=True)
    edited = {
        "taken out": [first, *lines[:1], *lines[2:]],
        "swapped": [first, lines[1], lines[0], *lines[2:]],
        "altered": [first, lines[0].replace(b"A", b"B", 1), *lines[1:]],
        "first line": lines,
    }[what]
    spool.write_bytes(b"".join(edited))
    place.ledger.out_of_reach = False
    for attempt in (
        lambda: place.source().drain(now=NOON),
        lambda: place.source().record([a_record(9)], now=NOON),
        lambda: waiting_spools(place.folder),
    ):
        with pytest.raises(Refused):
            attempt()
    assert place.ledger.size() == 0


def test_a_spool_cut_short_or_thrown_away_leaves_a_hole_in_the_numbers(place: _Place) -> None:
    place.source().record([a_record(1)], now=NOON)
    place.ledger.out_of_reach = True
    place.source().record([a_record(2), a_record(3)], now=NOON)
    (place.folder / "guard.spool").unlink()
    place.ledger.out_of_reach = False
    place.source().record([a_record(4)], now=NOON)
    assert place.counted().missing == ((2, 3),)


def test_what_decides_something_never_waits(place: _Place) -> None:
    place.ledger.out_of_reach = True
    data = {"system": "s", "lock": "l", "decision": "allow", "reasons": []}
    with pytest.raises(InvalidInput, match=r"gate\.decision may not wait"):
        place.source().record([replace(a_record(1), type="gate.decision", data=data)], now=NOON)
    assert not place.folder.exists()


def test_a_record_that_does_not_fit_uses_no_spool_and_no_number(place: _Place) -> None:
    place.ledger.out_of_reach = True
    with pytest.raises(InvalidInput, match=r"data\.severity"):
        place.source().record([a_record(1, data={"system": "s"})], now=NOON)
    assert waiting_spools(place.folder) == {}
    place.ledger.out_of_reach = False
    place.source().record([a_record(1)], now=NOON)
    assert place.counted().last_seq == 1
    with pytest.raises(InvalidInput, match="no name of a source"):
        SpooledSource(LedgerFake, place.folder, actor=replace(GUARD, sub="../x"), make_id=str)
