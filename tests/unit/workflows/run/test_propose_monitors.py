"""`care monitor init` proposes what the rows allow, with tolerances that ordinary days do not break (R65)."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from careloop.adapters.numpy_counts import NumpyCounts
from careloop.documents.compile import compile_tree
from careloop.documents.monitors_draft import draft_monitors
from careloop.domain.monitor import Monitor, Monitors
from careloop.domain.source_tree import SourceTree
from careloop.domain.system import EventSchema, System
from careloop.errors import InvalidInput
from careloop.workflows.run.compile_monitors import compile_monitors
from careloop.workflows.run.propose_monitors import Proposed, propose_monitors
from careloop.workflows.run.seen_rows import seen_rows

EVENTS: dict[str, Any] = {
    "features": {
        "age": {"type": "integer", "personal": True},
        "gain": {"type": "number", "personal": True},
        "work": {"type": "category", "personal": True, "values": ["office", "craft"]},
        "notes": {"type": "text", "personal": True},
    },
    "groups": {"sex": {"type": "category", "personal": True, "values": ["female", "male"]}},
    "business": {
        "converted": {"type": "boolean", "personal": False},
        "revenue": {"type": "number", "personal": False},
    },
    "protected_basis": "permitted",
    "favourable": ["yes"],
}
START = datetime(2026, 3, 2, tzinfo=UTC)


def a_system(**changed: Any) -> System:
    values = {
        "id": "credit",
        "name": "Credit",
        "owner": "desk",
        "purpose": "Decides",
        "origin": "built",
        "tier": "high",
        "tier_reason": "People",
        "lifecycle": "operation",
        "autonomy": "human_decides",
        "domain": "credit",
        "personal_data": True,
        "affects_rights": True,
        "safe_state": {"kind": "human", "description": "People decide"},
        "events": EVENTS,
    }
    return System.model_validate({**values, **changed})


def some_rows(n: int = 4000, *, days: int = 35, day_sd: float = 0.0, seed: int = 1) -> dict[str, list[object]]:
    chance = random.Random(seed)
    shifts = [chance.gauss(0, day_sd) for _ in range(days)]
    rows: dict[str, list[object]] = {name: [] for name in (
        "occurred_at", "unit", "age", "gain", "work", "sex", "answer", "latency_ms", "converted",
    )}  # fmt: skip
    for i in range(n):
        day = i * days // n
        sex = chance.choice(["female", "male"])
        rate = 0.4 + (shifts[day] if sex == "female" else -shifts[day])
        rows["occurred_at"].append((START + timedelta(days=i * days / n)).isoformat())
        rows["unit"].append(f"u{i}")
        rows["age"].append(chance.randint(18, 80))
        rows["gain"].append(0.0 if chance.random() < 0.9 else chance.uniform(100, 9000))
        rows["work"].append(chance.choice(["office", "craft"]))
        rows["sex"].append(sex)
        rows["answer"].append("yes" if chance.random() < rate else "no")
        rows["latency_ms"].append(chance.lognormvariate(4, 0.3))
        rows["converted"].append(chance.random() < 0.1)
    return rows


def proposed(rows: dict[str, list[object]], system: System | None = None, *, days: float = 28) -> Proposed:
    asked = system or a_system()
    seen = seen_rows(rows, asked.events or EventSchema(), named={"answer": "prediction"}, days=days)
    return propose_monitors(asked, seen, counting=NumpyCounts)


def by_id(found: Proposed) -> dict[str, Monitor]:
    return {each.monitor.id: each.monitor for each in found.proposals}


def test_every_family_that_the_rows_allow_is_proposed_and_runs() -> None:
    found = proposed(some_rows())
    monitors = by_id(found)
    assert set(monitors) == {
        *("gap-by-sex", "favourable-answers", "drift-of-age", "drift-of-gain", "drift-of-work"),
        *("converted-rate", "latency-p95"),
    }
    assert compile_monitors(list(monitors.values()), a_system().events or EventSchema()).left_out == ()
    assert all(len(each.because) >= 4 for each in found.proposals)
    assert 0.0 in monitors["drift-of-gain"].edges, "what most rows have is a bin of its own"
    said = {each.what: each.because for each in found.left_out}
    assert said["drift of features.notes"] == "the file has no such column"
    assert "business figure business.revenue" in said


def test_what_is_written_is_read_back_as_the_same_monitors() -> None:
    found = proposed(some_rows(1000))
    text = draft_monitors("desk", [(each.monitor, each.because) for each in found.proposals], head=["Hello: # you"])
    tree = SourceTree(files={"systems/credit/monitors.yaml": text.encode()})
    compiled = compile_tree(tree)
    assert [error for error in compiled.errors if error.place.file != "care.yaml"] == []
    assert compiled.repository.nouns(Monitors)[0].monitors == tuple(each.monitor for each in found.proposals)


def test_where_days_differ_by_themselves_the_tolerance_is_raised_and_it_is_said() -> None:
    calm, wild = proposed(some_rows(20_000)), proposed(some_rows(20_000, day_sd=0.06))
    assert by_id(calm)["gap-by-sex"].tolerance == 0.05
    assert by_id(wild)["gap-by-sex"].tolerance > 0.08
    because = next(each.because for each in wild.proposals if each.monitor.id == "gap-by-sex")
    assert any("so the tolerance is" in each for each in because)
    assert any("is noticed within 30 days" in each for each in because)


def test_fewer_rows_get_longer_windows_and_a_later_answer() -> None:
    many, few = by_id(proposed(some_rows(30_000)))["gap-by-sex"], by_id(proposed(some_rows(300)))["gap-by-sex"]
    assert (many.window, few.window) == ("P1D", "P1W")


def test_rows_without_times_take_the_days_that_are_given_and_say_what_is_not_known() -> None:
    rows = some_rows(2000)
    del rows["occurred_at"]
    found = proposed(rows, days=1)
    assert by_id(found)["gap-by-sex"].window == "PT1H"
    assert any("is not known from these rows" in each for each in found.proposals[0].because)
    assert not any("Replayed" in each for proposal in found.proposals for each in proposal.because)


def test_the_tier_and_the_safe_state_decide_what_an_alarm_does() -> None:
    rows = some_rows(1000)
    without = by_id(proposed(rows, a_system(safe_state=None)))["gap-by-sex"]
    low = by_id(proposed(rows, a_system(tier="low")))["gap-by-sex"]
    serious = by_id(proposed(rows))["gap-by-sex"]
    assert (serious.response, serious.promise) == ("rollback", "P5Y")
    assert (without.response, without.promise) == ("page", "P2Y")
    assert (low.response, low.tolerance) == ("page", 0.1)


def test_columns_share_a_promise_so_that_many_features_are_not_many_false_alarms() -> None:
    found = proposed(some_rows(1000))
    assert {by_id(found)[name].promise for name in ("drift-of-age", "drift-of-gain", "drift-of-work")} == {"P3Y"}


def test_answers_nobody_declared_favourable_and_missing_columns_are_named() -> None:
    rows = some_rows(500)
    rows["answer"] = ["granted_in_part" if value == "yes" else value for value in rows["answer"]]
    said = {each.what: each.because for each in proposed(rows).left_out}
    assert "events.favourable" in said["fairness by groups.sex"]
    assert "granted_in_part" in said["fairness by groups.sex"]


def test_labels_and_scores_give_a_monitor_of_calibration_and_which_label_is_positive() -> None:
    """R42: the label whose rows have the higher scores is the positive one, and that is said."""
    rows = some_rows(1500)
    chance = random.Random(9)
    rows["score"] = [chance.random() for _ in rows["age"]]
    rows["label"] = ["repaid" if chance.random() < float(str(score)) else "default" for score in rows["score"]]
    monitor = by_id(proposed(rows))["calibration"]
    assert (monitor.measure, monitor.values, monitor.response) == ("calibration_error", ("repaid",), "page")
    rows["label"] = ["repaid"] * 1500
    assert "calibration" in {each.what for each in proposed(rows).left_out}


def test_undeclared_columns_come_with_the_line_that_declares_them() -> None:
    rows: dict[str, list[object]] = {
        "sex": ["f", "m"],
        "Net Income": [1.5, 2.5],
        "id": ["a" * 300, "b"],
        "flag": [True, False],
    }
    seen = seen_rows(rows, EventSchema(), named={}, days=1)
    assert seen.undeclared == {
        "sex": ("groups", 'sex: {type: category, values: ["f", "m"], personal: true}'),
        "Net Income": ("features", "net_income: {type: number, personal: true}"),
        "id": None,
        "flag": ("features", "flag: {type: boolean, personal: true}"),
    }


def test_values_that_do_not_fit_are_counted_and_never_shown() -> None:
    rows: dict[str, list[object]] = {"sex": ["female", "other", None, ""], "age": [3, 2.5, "x", None]}
    seen = seen_rows(rows, a_system().events or EventSchema(), named={}, days=1)
    assert seen.unreadable == {"groups.sex": 1, "features.age": 2}
    assert list(seen.columns["groups.sex"]) == ["female", None, None, None]


@pytest.mark.parametrize(
    ("rows", "named", "said"),
    [
        ({"age": []}, {}, "no rows"),
        ({}, {}, "no rows"),
        ({"age": [1]}, {"income": "prediction"}, "no column 'income'"),
        ({"age": [1]}, {"age": "nothing"}, "no single column 'nothing'"),
        ({"age": [1]}, {"age": "release"}, "not read from a file"),
    ],
)
def test_what_cannot_be_read_is_said(rows: dict[str, list[object]], named: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        seen_rows(rows, a_system().events or EventSchema(), named=named, days=1)
