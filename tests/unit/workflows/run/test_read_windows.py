"""Windows of events: late ones add to the shown table, and detectors get each closed window once and unchanged."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.count_plan import Compare, CountPlan, Predicate
from careloop.domain.counts import CountTable
from careloop.domain.event import Event
from careloop.domain.event_columns import KIND, LABEL, PREDICTION, VERDICT, column_named
from careloop.domain.event_rows import View
from careloop.measures.rate import rate_plan
from careloop.measures.served import served, served_plan
from careloop.measures.split import Split
from careloop.ports.ledger import Actor, ActorKind
from careloop.testing.contracts.lake import a_label
from careloop.testing.event_builders import LOCK, NOON, a_schema, an_event
from careloop.testing.lake_fake import LakeFake
from careloop.testing.ledger_fake import LedgerFake
from careloop.workflows.run.read_windows import Span, WindowQuery, closed_windows, event_windows, record_windows

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
APPROVED = Predicate(PREDICTION, Compare.EQ, ("approve",))
RATE = rate_plan("approvals", hit=(APPROVED,), split=Split(group=(column_named("sex", a_schema()),)))
RIGHT = rate_plan("right", hit=(APPROVED,), among=(Predicate(LABEL, Compare.IS_PRESENT),))
WORKER = Actor(iss="acme", sub="worker", kind=ActorKind.AUTOMATION)


def hourly(*plans: CountPlan) -> WindowQuery:
    return WindowQuery(system="credit", plans=plans or (RATE,), seconds=3600)


def at(moment: datetime, number: int, *, sex: str = "female", answer: str = "approve") -> Event:
    return an_event(number, now=moment, occurred_at=moment.isoformat(), groups={"sex": sex}, prediction=answer)


def seen(table: CountTable) -> dict[tuple[int, str], tuple[int, ...]]:
    """Hits and rows per window, in hours from noon, and group."""
    found: dict[tuple[int, str], tuple[int, ...]] = {}
    for key, (hits, n) in table.rows():
        place = ((key.window - int(NOON.timestamp())) // 3600, key.group)
        old = found.get(place, (0, 0))
        found[place] = (old[0] + hits, old[1] + n)
    return found


def test_event_windows_lie_where_the_event_happened_and_late_rows_add() -> None:
    lake = LakeFake()
    lake.append([at(NOON, 1), at(NOON + 59 * MINUTE, 2, answer="no")], now=NOON + HOUR)
    first = event_windows(lake, hourly())
    assert seen(first.tables["approvals"]) == {(0, "female"): (1, 2)}
    lake.append([at(NOON + MINUTE, 3, sex="male")], now=NOON + 9 * HOUR)
    later = event_windows(lake, hourly())
    assert seen(later.tables["approvals"]) == {(0, "female"): (1, 2), (0, "male"): (1, 1)}
    assert {key.release for key in later.tables["approvals"].cells} == {LOCK}
    as_before = event_windows(lake, hourly(), span=Span(upto=first.watermark))
    assert as_before.digests == first.digests


def test_drills_and_made_up_events_are_kept_and_never_counted_as_real() -> None:
    lake = LakeFake()
    lake.append([an_event(1, drill=True), an_event(2, synthetic=True), an_event(3)], now=NOON)
    assert lake.watermark() == 3
    assert event_windows(lake, hourly()).tables["approvals"].total() == (1, 1)
    assert closed_windows(lake, hourly(), now=NOON + HOUR).tables["approvals"].total() == (1, 1)


def test_other_kinds_are_counted_only_when_a_plan_asks_for_them() -> None:
    lake = LakeFake()
    guard = an_event(2, kind="guard", checkpoint="input", verdict="block", prediction=None)
    census = an_event(3, kind="census", source="gateway", seq=1, served=400, prediction=None)
    lake.append([an_event(1, sample_rate=0.01), guard, census], now=NOON)
    blocked = rate_plan(
        "blocked",
        hit=(Predicate(VERDICT, Compare.EQ, ("block",)),),
        among=(Predicate(KIND, Compare.EQ, ("guard",)),),
    )
    windows = event_windows(lake, hourly(RATE, blocked, served_plan()))
    assert windows.tables["approvals"].total() == (1, 1)
    assert windows.tables["blocked"].total() == (1, 1)
    assert (served(windows.tables["served"]).value, served(windows.tables["served"]).n) == (400.0, 1)


def test_a_detector_gets_closed_windows_only() -> None:
    lake = LakeFake()
    lake.append([at(NOON, 1)], now=NOON + 10 * MINUTE)
    lake.append([at(NOON, 2)], now=NOON + 70 * MINUTE)
    found = closed_windows(lake, hourly(), now=NOON + 80 * MINUTE)
    assert seen(found.tables["approvals"]) == {(0, "female"): (1, 1)}
    assert found.until == NOON + HOUR
    rest = closed_windows(lake, hourly(), now=NOON + 2 * HOUR, after=found.until)
    assert seen(rest.tables["approvals"]) == {(1, "female"): (1, 1)}
    assert closed_windows(lake, hourly(), now=NOON + 2 * HOUR, after=rest.until).tables["approvals"].rows() == []


def test_an_event_from_before_a_closed_window_counts_in_the_open_one() -> None:
    lake = LakeFake()
    lake.append([at(NOON, 1)], now=NOON)
    closed = closed_windows(lake, hourly(), now=NOON + 90 * MINUTE)
    lake.append([at(NOON, 2)], now=NOON + 30 * MINUTE)
    again = closed_windows(lake, hourly(), now=NOON + 90 * MINUTE)
    assert again.digests == closed.digests
    assert seen(closed_windows(lake, hourly(), now=NOON + 3 * HOUR).tables["approvals"]) == {
        (0, "female"): (1, 1),
        (1, "female"): (1, 1),
    }


def test_a_labelled_row_is_fed_once_when_its_first_label_has_come() -> None:
    lake = LakeFake()
    lake.append([at(NOON, 1), at(NOON, 2)], now=NOON + MINUTE)
    assert closed_windows(lake, hourly(RIGHT), now=NOON + HOUR).tables["right"].rows() == []
    lake.append([a_label(1)], now=NOON + 2 * HOUR)
    found = closed_windows(lake, hourly(RIGHT), now=NOON + 5 * HOUR)
    assert (found.view, seen(found.tables["right"])) == (View.LABELLED, {(2, ""): (1, 1)})
    lake.append([a_label(1, id="revised", label="no"), a_label(2)], now=NOON + 6 * HOUR)
    later = closed_windows(lake, hourly(RIGHT), now=NOON + 9 * HOUR)
    assert seen(later.tables["right"]) == {(2, ""): (1, 1), (6, ""): (1, 1)}
    assert event_windows(lake, hourly(RIGHT)).tables["right"].total() == (2, 2)


@given(
    arrivals=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=12),
    looks=st.lists(st.integers(0, 400), max_size=6),
)
def test_however_often_a_detector_looks_it_sees_each_closed_window_once(
    arrivals: list[tuple[int, int]], looks: list[int]
) -> None:
    lake, one_go = LakeFake(), LakeFake()
    steps = sorted([(come, 0, happened) for come, happened in arrivals] + [(look, 1, 0) for look in looks])
    after: datetime | None = None
    fed: list[CountTable] = []
    ends: list[datetime] = []
    for number, (minute, is_look, happened) in enumerate(steps):
        now = NOON + minute * MINUTE
        if is_look:
            found = closed_windows(lake, hourly(), now=now, after=after)
            fed.append(found.tables["approvals"])
            assert found.until is not None
            after = found.until
            ends.append(after)
        else:
            for each in (lake, one_go):
                each.append([at(NOON + min(happened, minute) * MINUTE, number)], now=now)
    last = NOON + 500 * MINUTE
    fed.append(closed_windows(lake, hourly(), now=last, after=after).tables["approvals"])
    whole = closed_windows(one_go, hourly(), now=last).tables["approvals"]
    assert CountTable.merged(fed, columns=RATE.columns).rows() == whole.rows()
    assert all(not set(one.cells) & set(other.cells) for one, other in pairwise(fed))
    assert ends == sorted(ends)


def test_the_digest_of_each_table_goes_into_the_ledger_once() -> None:
    lake, ledger = LakeFake(), LedgerFake()
    lake.append([at(NOON, 1)], now=NOON)
    windows = closed_windows(lake, hourly(RATE, served_plan()), now=NOON + HOUR)
    for _ in range(2):
        record_windows(windows, ledger=ledger, actor=WORKER, now=NOON + HOUR)
    entries = [entry.record for entry in ledger.query(type="window.closed")]
    assert [record.data["monitor"] for record in entries] == ["approvals", "served"]
    assert entries[0].data["digest"] == f"sha256:{windows.tables['approvals'].digest()}"
    assert (entries[0].data["watermark"], entries[0].data["until"]) == (1, "2026-03-31T13:00:00Z")
