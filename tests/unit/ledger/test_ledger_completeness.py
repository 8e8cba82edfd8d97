"""What is not recorded shows: skipped numbers, silent sources, late records (LEDGER 10, R51)."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from careloop.ledger.completeness import Completeness, LedgerTally
from careloop.ledger.record import read_entry, seal
from careloop.ports.ledger import Entry, Json
from careloop.testing.contracts.ledger import NOON, a_record


def an_entry(index: int, kind: str, data: dict[str, Json], *, after_s: int = 0) -> Entry:
    record = replace(a_record(index), type=kind, data=data)
    return read_entry(index, seal(record, recorded_at=NOON + timedelta(seconds=after_s)))


def numbered(*numbers: int) -> list[Entry]:
    data = [{"source": "guard", "seq": n, "system": "s", "severity": "low"} for n in numbers]
    return [an_entry(index, "incident.opened", one) for index, one in enumerate(data)]  # type: ignore[arg-type]  # plain values


def counted(entries: list[Entry], *, later_s: int = 0) -> Completeness:
    tally = LedgerTally()
    for entry in entries:
        tally.take(entry)
    return tally.report(NOON + timedelta(seconds=later_s))


@given(st.lists(st.integers(1, 30), max_size=25))
def test_the_missing_numbers_are_exactly_those_that_never_came(numbers: list[int]) -> None:
    found = counted(numbered(*numbers))
    runs = found.sources[0].missing if numbers else ()
    missing = {n for first, last in runs for n in range(first, last + 1)}
    assert missing == set(range(1, max(numbers, default=0) + 1)) - set(numbers)
    assert sum(one.missing_count for one in found.sources) == len(missing)
    assert found.whole == (not missing)


def test_a_source_that_was_not_heard_for_twice_its_promise_is_silent() -> None:
    beat = an_entry(0, "source.heartbeat", {"source": "guard", "seq": 1, "every_s": 60})
    for later_s, silent_s in ((0, None), (120, None), (121, 121)):
        (source,) = counted([beat], later_s=later_s).sources
        assert source.silent_s == silent_s
    word = an_entry(1, "incident.opened", {"source": "guard", "seq": 2, "system": "s", "severity": "low"}, after_s=100)
    assert counted([beat, word], later_s=200).whole


def test_what_came_late_is_counted_apart() -> None:
    gap = an_entry(
        1, "spool.drained", {"source": "guard", "records": 7, "since": "", "until": "", "chain": ""}, after_s=5
    )
    (source,) = counted([*numbered(1), gap]).sources
    assert (source.late, source.records, source.last_seq) == (7, 1, 1)


def test_counts_rates_and_sizes_say_what_is_there() -> None:
    entries = [*numbered(1, 2), an_entry(2, "retrain.requested", {"system": "s", "reason": "r"}, after_s=43_200)]
    found = counted(entries)
    assert (found.size, dict(found.types)) == (3, {"incident.opened": 2, "retrain.requested": 1})
    assert found.body_bytes == sum(len(entry.body) for entry in entries)
    assert found.per_day == 6.0
    assert counted(numbered(1)).per_day is None
    assert counted([]).whole


def test_a_census_says_how_far_each_source_had_come() -> None:
    tally = LedgerTally()
    for entry in numbered(1, 4):
        tally.take(entry)
    assert tally.census() == {
        "size": 2,
        "types": {"incident.opened": 2},
        "sources": {"guard": {"records": 2, "last_seq": 4, "missing": 2}},
    }
    seen = an_entry(2, "ledger.census", {**tally.census()}, after_s=9)
    tally.take(seen)
    assert tally.report(NOON).census_at == seen.recorded_at
