"""What every lake must do, whatever it is stored in. Derive a test class, give it a `make_lake`, and run it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from careloop.domain.count_plan import (
    Aggregate,
    Column,
    ColumnKind,
    Compare,
    CountPlan,
    EdgeBins,
    ExponentialBins,
    Predicate,
    WindowBy,
)
from careloop.domain.counts import CountTable
from careloop.domain.event import Event
from careloop.domain.event_columns import (
    FIXED_COLUMNS,
    KIND,
    LABEL,
    LATENCY_US,
    PREDICTION,
    RELEASE,
    UNIT_OR_ID,
    VALUE,
    WEIGHT,
    declared_columns,
)
from careloop.domain.event_rows import View, columns_of, event_rows
from careloop.domain.label_spec import Maturity
from careloop.ports.lake import Engine, Lake, Newest, Reading
from careloop.testing.event_builders import NOON, a_label_row, a_schema, an_event
from careloop.testing.plain_counts import PlainCounts

__all__ = ["LakeContract", "a_label", "agreed_tables", "plans_of_all_sorts"]

_DECLARED = declared_columns(a_schema())
_RIPE = timedelta(hours=1)
"""How long labels are waited for here."""
_ALL = CountPlan(monitor="all", aggregates=(Aggregate(name="n"),))


def a_label(number: int, **changed: object) -> Event:
    """The label of the inference of that number."""
    return an_event(**a_label_row(number, **changed))


def plans_of_all_sorts(view: View) -> tuple[CountPlan, ...]:
    """Plans that read columns of every kind; one of them reads labels."""
    approved = Predicate(PREDICTION, Compare.EQ, ("approve",))
    n, hits = Aggregate(name="n"), Aggregate(name="hits", where=(approved,))
    window = WindowBy(view.instant, 3600)
    amount = Aggregate(name="amount", sums=_DECLARED["business.amount"])
    hours = EdgeBins(_DECLARED["features.hours"], (10.0, 40.0))
    right = Aggregate(name="right", where=(approved, Predicate(LABEL, Compare.EQ, ("approve",))))
    valued = Aggregate(name="valued", where=(Predicate(VALUE, Compare.GT, (0.5,)),))
    return (
        CountPlan(
            monitor="rate",
            aggregates=(n, hits, amount, Aggregate(name="weight", sums=WEIGHT)),
            release=RELEASE,
            window=window,
            group=(_DECLARED["groups.sex"], _DECLARED["segment.region"]),
            unit=UNIT_OR_ID,
        ),
        CountPlan(monitor="drift", aggregates=(n,), window=window, bins=hours),
        CountPlan(monitor="latency", aggregates=(n,), window=window, bins=ExponentialBins(LATENCY_US)),
        CountPlan(monitor="right", aggregates=(n, right, valued), window=window, group=(KIND,)),
        CountPlan(
            monitor="scores", aggregates=(n,), window=window, bins=EdgeBins(Column("score", ColumnKind.REAL), (0.5,))
        ),
    )


def agreed_tables(lake: Lake, reading: Reading, plans: Sequence[CountPlan]) -> list[CountTable]:
    """The tables of the plans, after every engine of the lake gave the same ones, and so did counting row by row."""
    whole = Reading(system=reading.system, upto=reading.upto)
    joined = event_rows(lake.events(whole), reading.maturity or reading.view)
    rows = columns_of(joined, [*FIXED_COLUMNS.values(), *_DECLARED.values()])
    plain = PlainCounts([dict(zip(rows, row, strict=True)) for row in zip(*rows.values(), strict=True)], list(rows))
    asked = Reading(
        system=reading.system,
        upto=reading.upto,
        view=reading.view,
        maturity=reading.maturity,
        columns=(*FIXED_COLUMNS.values(), *_DECLARED.values()),
    )
    expected = [plain.count(plan) for plan in plans]
    for engine in Engine:
        with lake.counting(asked, engine=engine) as counts:
            found = [counts.count(plan) for plan in plans]
        assert [table.rows() for table in found] == [table.rows() for table in expected], engine
        assert [table.digest() for table in found] == [table.digest() for table in expected], engine
    return expected


class LakeContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_lake(self) -> Lake:
        """A fresh, empty lake."""

    def test_an_empty_lake_has_nothing_to_count(self) -> None:
        with closing(self.make_lake()) as lake:
            assert lake.watermark() == 0
            assert list(lake.events(_all(lake))) == []
            for view in View:
                tables = agreed_tables(lake, _all(lake, view), plans_of_all_sorts(view))
                assert [table.rows() for table in tables] == [[]] * len(tables)

    def test_events_come_back_in_the_order_in_which_they_came(self) -> None:
        given = [
            an_event(1, features={"age": 30, "hours": 7, "job": "clerk", "owner": True, "note": "é\n😀"}, score=0.25),
            a_label(1, value=0.5, matured_at="2026-03-30T00:00:00+02:00"),
            an_event(2, groups={"sex": "female"}, business={"amount": -12.5}, latency_ms=0.001, unit="u", drill=True),
            an_event(3, kind="guard", checkpoint="input", verdict="block", rules=["r-1", "r-2"], prediction=None),
            an_event(4, kind="census", source="gateway", seq=7, served=1000, prediction=None),
        ]
        with closing(self.make_lake()) as lake:
            lake.append(given[:2], now=NOON)
            lake.append(given[2:], now=NOON + timedelta(seconds=1))
            found = list(lake.events(_all(lake)))
            assert [each.event for each in found] == given
            assert [each.seq for each in found] == [1, 2, 3, 4, 5]
            assert [each.received_us - found[0].received_us for each in found] == [
                0,
                0,
                1_000_000,
                1_000_000,
                1_000_000,
            ]

    def test_an_id_is_taken_once_in_a_batch_and_ever_after(self) -> None:
        with closing(self.make_lake()) as lake:
            first = lake.append([an_event(1), an_event(2), an_event(1, prediction="refuse")], now=NOON)
            again = lake.append([an_event(3), an_event(2)], now=NOON)
            assert (first.accepted, first.duplicates, first.last_seq) == (2, (2,), 2)
            assert (again.accepted, again.duplicates, again.last_seq) == (1, (1,), 3)
            assert [each.event.id for each in lake.events(_all(lake))] == ["event-1", "event-2", "event-3"]

    def test_the_same_id_in_two_systems_is_two_events_in_one_order(self) -> None:
        with closing(self.make_lake()) as lake:
            lake.append([an_event(1), an_event(1, system="shop"), an_event(2)], now=NOON)
            assert [each.seq for each in lake.events(_all(lake))] == [1, 3]
            assert [each.seq for each in lake.events(Reading(system="shop", upto=3))] == [2]

    def test_time_of_receipt_never_goes_back(self) -> None:
        with closing(self.make_lake()) as lake:
            lake.append([an_event(1)], now=NOON)
            late = lake.append([an_event(2)], now=NOON - timedelta(hours=1))
            assert late.received_at == NOON
            one, two = lake.events(_all(lake))
            assert one.received_us == two.received_us

    def test_nothing_is_received_before_a_fence(self) -> None:
        with closing(self.make_lake()) as lake:
            lake.append([an_event(1)], now=NOON)
            fence = lake.fence(NOON + timedelta(minutes=1))
            assert (fence.watermark, fence.received_before) == (1, NOON + timedelta(minutes=1))
            assert lake.fence(NOON).received_before == fence.received_before
            assert lake.append([an_event(2)], now=NOON).received_at == fence.received_before

    def test_a_reading_sees_nothing_after_its_watermark(self) -> None:
        with closing(self.make_lake()) as lake:
            lake.append([an_event(n) for n in (1, 2, 3)], now=NOON)
            before = Reading(system="credit", upto=2)
            counted = agreed_tables(lake, before, plans_of_all_sorts(View.OCCURRED))
            lake.append([an_event(4), a_label(1)], now=NOON)
            assert [each.seq for each in lake.events(before)] == [1, 2]
            assert agreed_tables(lake, before, plans_of_all_sorts(View.OCCURRED)) == counted

    def test_a_reading_after_a_watermark_sees_only_what_came_since(self) -> None:
        with closing(self.make_lake()) as lake:
            lake.append([an_event(n) for n in (1, 2)], now=NOON)
            lake.append([an_event(3, system="shop"), an_event(3), an_event(4)], now=NOON)
            reading = Reading(system="credit", upto=4, after=1)
            assert [each.seq for each in lake.events(reading)] == [2, 4]
            for engine in Engine:
                for view, columns in ((View.RECEIVED, ()), (View.OCCURRED, ()), (View.OCCURRED, (RELEASE,))):
                    asked = Reading(system="credit", upto=4, after=1, view=view, columns=columns)
                    with lake.counting(asked, engine=engine) as counts:
                        assert counts.count(_ALL).total() == (2,), asked

    def test_tables_of_stretches_that_meet_add_up_to_the_table_of_all(self) -> None:
        with closing(self.make_lake()) as lake:
            for n in range(6):
                hour = timedelta(hours=n % 3)
                lake.append([an_event(n, occurred_at=(NOON - hour).isoformat(), unit=f"u{n % 2}")], now=NOON + hour)
                lake.append([a_label(n - 1)] if n else [a_label(5)], now=NOON + hour)
            ends = (0, 1, 4, 5, 9, lake.watermark())
            plans = {
                View.OCCURRED: [plan for plan in plans_of_all_sorts(View.OCCURRED) if plan.monitor != "right"],
                View.RECEIVED: plans_of_all_sorts(View.RECEIVED),
                View.LABELLED: plans_of_all_sorts(View.LABELLED),
            }
            for view, asked in plans.items():
                whole = _counted(lake, Reading(system="credit", upto=ends[-1], view=view), asked)
                parts = [
                    _counted(lake, Reading(system="credit", after=after, upto=upto, view=view), asked)
                    for after, upto in pairwise(ends)
                ]
                added = [CountTable.merged(tables, columns=tables[0].columns) for tables in zip(*parts, strict=True)]
                assert [table.rows() for table in added] == [table.rows() for table in whole], view

    def test_the_newest_event_of_each_system_is_known(self) -> None:
        with closing(self.make_lake()) as lake:
            assert lake.newest() == {}
            lake.append([an_event(1), an_event(1, system="shop"), an_event(2)], now=NOON)
            assert lake.newest() == {"credit": Newest(seq=3, received_at=NOON), "shop": Newest(seq=2, received_at=NOON)}
            later = NOON + timedelta(minutes=1)
            lake.append([an_event(2, system="shop"), an_event(1, system="shop")], now=later)
            lake.append([an_event(1)], now=later + timedelta(minutes=1))
            assert lake.newest()["shop"] == Newest(seq=4, received_at=later)
            assert lake.newest()["credit"] == Newest(seq=3, received_at=NOON)

    def test_since_and_until_cut_by_the_views_own_instant(self) -> None:
        with closing(self.make_lake()) as lake:
            for n in range(4):
                event = an_event(n, occurred_at=(NOON - timedelta(hours=4 - n)).isoformat())
                lake.append([event], now=NOON + timedelta(hours=3 - n))
            hour = timedelta(hours=1)
            occurred = Reading(system="credit", upto=4, since=NOON - 3 * hour, until=NOON - hour)
            assert [each.event.id for each in lake.events(occurred)] == ["event-1", "event-2"]
            received = Reading(system="credit", upto=4, view=View.RECEIVED, since=NOON + 3 * hour)
            assert len(list(lake.events(received))) == 4
            for reading, n in ((occurred, 2), (received, 4)):
                for engine in Engine:
                    with lake.counting(reading, engine=engine) as counts:
                        plan = CountPlan(monitor="n", aggregates=(Aggregate(name="n"),))
                        assert counts.count(plan).total() == (n,), (reading, engine)

    def test_a_late_label_finds_its_answer_and_the_last_given_one_stands(self) -> None:
        with closing(self.make_lake()) as lake:
            lake.append([a_label(2, label="refuse"), an_event(1), an_event(2), an_event(3)], now=NOON)
            later = {"id": "later", "occurred_at": (NOON - timedelta(seconds=1)).isoformat()}
            lake.append([a_label(1, label="refuse", **later), a_label(1)], now=NOON + timedelta(hours=2))
            assert _labels(lake, View.OCCURRED) == {"event-1": "refuse", "event-2": "refuse", "event-3": None}
            assert _labels(lake, View.LABELLED) == {"event-1": "refuse", "event-2": "refuse"}
            assert _labels(lake, View.RECEIVED) == {"event-1": None, "event-2": None, "event-3": None}

    def test_of_labels_that_came_in_time_the_one_given_last_stands_in_whatever_order(self) -> None:
        early = a_label(1, id="early", label="refuse", occurred_at=(NOON - timedelta(days=1)).isoformat())
        for order in ([early, a_label(1)], [a_label(1), early]):
            with closing(self.make_lake()) as lake:
                lake.append([an_event(1), an_event(2), an_event(3)], now=NOON)
                lake.append(order[:1], now=NOON + timedelta(minutes=1))
                lake.append([*order[1:], a_label(2)], now=NOON + _RIPE - timedelta(microseconds=1))
                lake.append([a_label(3), a_label(1, id="mended", label="refuse")], now=NOON + _RIPE)
                found = {"event-1": "approve", "event-2": "approve", "event-3": None}
                assert _labels(lake, Maturity(after=_RIPE)) == found
                assert _labels(lake, Maturity(after=_RIPE, otherwise="refuse")) == {**found, "event-3": "refuse"}
                assert _labels(lake, Maturity(after=2 * _RIPE))["event-3"] == "approve"

    def test_what_matured_never_changes_and_a_label_may_come_before_its_answer(self) -> None:
        with closing(self.make_lake()) as lake:
            lake.append([a_label(1), a_label(2, drill=True)], now=NOON - 2 * _RIPE)
            lake.append([an_event(1), an_event(2)], now=NOON)
            fence = lake.fence(NOON + _RIPE)
            assert _labels(lake, Maturity(after=_RIPE)) == {"event-1": "approve", "event-2": None}
            lake.append([a_label(2), an_event(3), a_label(3)], now=NOON)
            after = _labels(lake, Maturity(after=_RIPE))
            assert after == {"event-1": "approve", "event-2": None, "event-3": "approve"}
            ripe = replace(_all(lake, View.MATURED), until=fence.received_before - _RIPE + timedelta(microseconds=1))
            assert [table.total()[0] for table in _counted(lake, ripe, plans_of_all_sorts(View.MATURED)[3:4])] == [4]

    def test_what_was_counted_by_receipt_never_changes(self) -> None:
        with closing(self.make_lake()) as lake:
            lake.append([an_event(1), an_event(2), a_label(1)], now=NOON)
            fence = lake.fence(NOON + timedelta(hours=1))
            plans = {view: plans_of_all_sorts(view) for view in (View.RECEIVED, View.LABELLED)}
            before = {view: agreed_tables(lake, _all(lake, view), plans[view]) for view in plans}
            revised = a_label(1, id="revised", label="refuse", occurred_at=NOON.isoformat())
            lake.append([an_event(3, occurred_at="2026-03-01T00:00:00Z"), a_label(2), revised], now=NOON)
            for view, tables in before.items():
                now_tables = agreed_tables(lake, _all(lake, view), plans[view])
                closed = [table.select(until=int(fence.received_before.timestamp())) for table in now_tables]
                assert [table.rows() for table in closed] == [table.rows() for table in tables]
                assert now_tables != tables

    def test_a_drills_label_never_labels_a_real_answer(self) -> None:
        with closing(self.make_lake()) as lake:
            lake.append([an_event(1), a_label(1, drill=True), an_event(2, drill=True), a_label(2)], now=NOON)
            assert _labels(lake, View.OCCURRED) == {"event-1": None, "event-2": None}
            assert _labels(lake, View.LABELLED) == {}

    def test_the_order_of_batches_makes_no_difference_to_event_windows(self) -> None:
        events = [
            event
            for n in range(6)
            for event in (
                an_event(
                    n,
                    occurred_at=(NOON - timedelta(minutes=25 * n)).isoformat(),
                    prediction="approve" if n % 2 else "no",
                ),
                a_label(n, label="approve" if n % 3 else "no"),
                a_label(n, id=f"again-{n}", label="no", occurred_at=(NOON - timedelta(days=n % 2)).isoformat()),
            )
        ]
        plans = plans_of_all_sorts(View.OCCURRED)
        found = []
        for order in (events, events[::-1], [*events[1::2], *events[::2]]):
            with closing(self.make_lake()) as lake:
                for at in range(0, len(order), 4):
                    lake.append(order[at : at + 4], now=NOON + timedelta(minutes=at))
                found.append(agreed_tables(lake, _all(lake), plans))
        assert found[0] == found[1] == found[2]
        assert found[0][0].total()[0] == len(events)


def _counted(lake: Lake, reading: Reading, plans: Sequence[CountPlan]) -> list[CountTable]:
    """The tables of the plans, the same from every engine; only the columns that they read are asked for."""
    asked = replace(reading, columns=tuple({column.name: column for plan in plans for column in plan.reads()}.values()))
    found = []
    for engine in Engine:
        with lake.counting(asked, engine=engine) as counts:
            found.append([counts.count(plan) for plan in plans])
    assert [[table.rows() for table in tables] for tables in found] == [[t.rows() for t in found[0]]] * len(found)
    return found[0]


def _all(lake: Lake, view: View = View.OCCURRED) -> Reading:
    maturity = Maturity(after=_RIPE) if view is View.MATURED else None
    return Reading(system="credit", upto=lake.watermark(), view=view, maturity=maturity)


def _labels(lake: Lake, view: View | Maturity) -> dict[str, str | None]:
    """The label of each inference, from the counts of a plan that splits by id and label; in a view, or matured so."""
    id_column = FIXED_COLUMNS["id"]
    plans = {
        label: CountPlan(
            monitor="labels",
            aggregates=(Aggregate(name="n"),),
            where=(Predicate(KIND, Compare.EQ, ("inference",)), *tests),
            group=(id_column,),
        )
        for label, tests in {
            "approve": (Predicate(LABEL, Compare.EQ, ("approve",)),),
            "refuse": (Predicate(LABEL, Compare.EQ, ("refuse",)),),
            None: (Predicate(LABEL, Compare.IS_ABSENT),),
        }.items()
    }
    reading = replace(_all(lake, View.MATURED), maturity=view) if isinstance(view, Maturity) else _all(lake, view)
    tables = agreed_tables(lake, reading, list(plans.values()))
    return {group: label for label, table in zip(plans, tables, strict=True) for group in table.by_group()}
