"""From `monitors.yaml` to plans of counts; whatever cannot be watched yet is named with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from watch_builders import a_monitor

from careloop.domain.alarm import ReleaseReference, Worse
from careloop.domain.count_plan import Column, ColumnKind, Compare, Predicate
from careloop.domain.counts import Tally
from careloop.domain.event_columns import SCORE
from careloop.domain.event_rows import View
from careloop.domain.monitor import Monitor
from careloop.domain.system import EventSchema
from careloop.measures.catalogue import CATALOGUE
from careloop.measures.measure_kind import Family, MeasureKind, Need, Terms
from careloop.measures.measure_kind import Worse as KindWorse
from careloop.measures.rate import rate, rate_plan
from careloop.measures.split import Split
from careloop.testing.event_builders import LOCK, NOON, an_event
from careloop.testing.lake_fake import LakeFake
from careloop.workflows.run.compile_monitors import Beside, compile_monitors, with_windows
from careloop.workflows.run.watched_monitor import WatchedMonitor

SCHEMA = EventSchema.model_validate(
    {
        "features": {"income": {"type": "number", "personal": True}, "age": {"type": "integer", "personal": True}},
        "groups": {"sex": {"type": "category", "personal": True, "values": ["female", "male"]}},
        "segment": {"region": {"type": "category", "personal": False}},
        "business": {
            "converted": {"type": "boolean", "personal": False},
            "overridden": {"type": "boolean", "personal": False},
            "amount": {"type": "number", "personal": False},
        },
        "protected_basis": "permitted",
    }
)


def compiled(monitor: Monitor) -> WatchedMonitor:
    found = compile_monitors([monitor], SCHEMA)
    assert found.left_out == ()
    return found.watched[0]


def test_a_gap_counts_favourable_answers_by_group() -> None:
    found = compiled(a_monitor())
    assert (found.gap, found.groups, found.plan.columns) == (True, ("female", "male"), ("hits", "n"))
    assert [column.name for column in found.plan.group] == ["groups.sex"]
    assert found.why_no_replay is None


@pytest.mark.parametrize(
    ("measure", "column", "worse"),
    [
        ("selection_rate", "prediction", Worse.EITHER),
        ("conversion_rate", "business.converted", Worse.LOWER),
        ("converted_rate", "business.converted", Worse.LOWER),
        ("override_rate", "business.overridden", Worse.HIGHER),
    ],
)
def test_a_rate_reads_the_answer_or_a_declared_yes_or_no_field(measure: str, column: str, worse: Worse) -> None:
    found = compiled(a_monitor(measure=measure))
    hit = next(each.where for each in found.plan.aggregates if each.name == "hits")
    assert ([test.column.name for test in hit], found.worse, found.gap) == ([column], worse, False)


@pytest.mark.parametrize(
    ("monitor", "because"),
    [
        (a_monitor(measure="accuracy"), "no detector watches accuracy yet"),
        (a_monitor(measure="latency_p95_ms"), "leave `by` out"),
        (a_monitor(measure="psi"), "leave `by` out"),
        (a_monitor(measure="psi", by=None), "may alert or page, not rollback"),
        (a_monitor(measure="psi", by=None, response="page"), "say which column is watched for drift with `of`"),
        (a_monitor(measure="psi", by=None, response="page", of="features.income"), "needs `edges`"),
        (a_monitor(measure="impact_ratio"), "may alert or page, not rollback"),
        (a_monitor(measure="impact_ratio", response="page", by=None), "at least two declared values"),
        (a_monitor(measure="injection_rate", by=None, of="verdict"), "say with `values`"),
        (a_monitor(measure="injection_rate", of="verdict", values=["blocked"]), "does not say 'sex'"),
        (a_monitor(measure="rate", by=None, of="business.converted", values=["maybe"]), "cannot be one of its values"),
        (a_monitor(by=None), "a gap needs a field with at least two declared values"),
        (a_monitor(by="region"), "declares no values to tell groups by"),
        (a_monitor(by="colour"), "no single column 'colour'"),
        (a_monitor(tolerance=25.0), "lies between 0 and 1"),
    ],
)
def test_what_cannot_be_watched_is_named_and_not_dropped(monitor: Monitor, because: str) -> None:
    found = compile_monitors([monitor, a_monitor(id="other")], SCHEMA)
    assert [watched.monitor.id for watched in found.watched] == ["other"]
    assert [left.monitor.id for left in found.left_out] == [monitor.id]
    assert because in found.left_out[0].because


def test_a_reference_goes_to_the_monitor_it_is_for() -> None:
    monitors = [a_monitor(id="one"), a_monitor(id="two")]
    shown = (ReleaseReference(release="r", tallies=(("", Tally(1, 2)),)),)
    found = compile_monitors(monitors, SCHEMA, beside=Beside(references={"two": shown}))
    assert [watched.references for watched in found.watched] == [(), shown]


def test_only_closed_windows_are_given_to_detectors() -> None:
    lake = LakeFake()
    for hour in range(3):
        event = an_event(hour, groups={"sex": "female"}, unit=str(hour))
        lake.append([event], now=NOON + timedelta(hours=hour, minutes=10))
    monitor = compiled(a_monitor(window="PT1H"))
    now = NOON + timedelta(hours=2, minutes=30)
    (found,) = with_windows([monitor], lake=lake, system="credit", now=now)
    assert sorted({key.window for key in found.table.cells}) == [int(NOON.timestamp()) + 3600 * at for at in (0, 1)]
    assert {key.release for key in found.table.cells} == {LOCK}
    assert found.table.tallies() == {"female": Tally(2, 2)}


def test_calibration_is_counted_by_twentieths_of_the_score_once_rows_have_their_label() -> None:
    found = compiled(
        a_monitor(measure="calibration_error", by=None, of=None, values=("repaid",), response="page", tolerance=0.03)
    )
    assert (found.calibration, found.drift, found.view, len(found.middles)) == (True, False, View.LABELLED, 20)
    assert found.middles[0] == pytest.approx(0.025)
    assert found.why_no_replay is not None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"values": ()}, "say with `values` which labels are positive"),
        ({"response": "rollback"}, "may alert or page"),
        ({"by": "sex"}, "leave `by` out"),
        ({"tolerance": 1.0}, "between 0 and 1"),
    ],
)
def test_calibration_says_what_it_needs(changed: dict[str, object], said: str) -> None:
    values = {"by": None, "values": ("repaid",), "response": "page", **changed}
    left = compile_monitors([a_monitor(measure="calibration_error", **values)], SCHEMA).left_out
    assert said in left[0].because


def test_a_measure_of_the_catalogue_that_is_a_share_of_rows_is_watched_by_its_own_plan() -> None:
    found = compiled(a_monitor(measure="completeness", by="sex", of="features.income"))
    assert (found.plan.columns, found.groups, found.worse) == (("hits", "n"), ("female", "male"), Worse.LOWER)
    terms = Terms(
        name="approval-gap",
        column=Column("features.income", ColumnKind.REAL),
        split=Split(group=(Column("groups.sex", ColumnKind.TEXT),)),
    )
    assert replace(found.plan, apart=()) == CATALOGUE["completeness"].plan_for(terms)


def test_a_measure_that_somebody_plugs_in_is_monitored_as_it_is() -> None:
    """Answers that the model gave with a low score: nobody knows it by name, and its own plan is what is counted."""
    unsure = Predicate(SCORE, Compare.LT, (0.6,))
    kind = MeasureKind(
        id="unsure_answers",
        family=Family.PERFORMANCE,
        worse=KindWorse.HIGHER,
        tells="share of answers with a score below .6",
        needs=frozenset({Need.SCORE}),
        plan=lambda terms: rate_plan(terms.name, hit=(unsure,), split=terms.split),
        value=lambda table, _, terms: rate(table, level=terms.level),
    )
    asked = a_monitor(measure="unsure_answers", by=None)
    assert "no detector watches unsure_answers yet" in compile_monitors([asked], SCHEMA).left_out[0].because
    (found,) = compile_monitors([asked], SCHEMA, beside=Beside(catalogue={**CATALOGUE, kind.id: kind})).watched
    assert (found.plan.aggregates[0].where, found.worse, found.view) == ((unsure,), Worse.HIGHER, View.RECEIVED)


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({"measure": "completeness", "by": None}, "completeness yet; say with `of` what it is taken of"),
        ({"measure": "volume", "of": "segment.region", "values": ("north",)}, "volume yet: it is no share of rows"),
        ({"measure": "accuracy", "values": ("approve",)}, "accuracy yet: it is no share of rows"),
        ({"measure": "currentness", "of": "age"}, "it needs as_of, which a monitor cannot say"),
        ({"measure": "query_concentration"}, "it needs unit, which a monitor cannot say"),
    ],
)
def test_a_measure_that_is_no_share_of_rows_is_left_out_with_the_reason(changed: dict[str, Any], because: str) -> None:
    (left,) = compile_monitors([a_monitor(**changed)], SCHEMA).left_out
    assert because in left.because
