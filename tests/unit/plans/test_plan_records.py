"""Plans and alarms in the ledger: they come back as they were, fit the ledger's rules, and have ids of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_builders import NEW, OLD, READY, a_plan, a_rate_signal, a_signal, an_alarm, an_attribution

from careloop.domain.alarm import Signal, Worse
from careloop.domain.attribution import Verdict
from careloop.domain.counts import Tally
from careloop.domain.deployment import ServeRelease, ServeSafeState
from careloop.domain.monitor import Response
from careloop.domain.plan_steps import Plan
from careloop.domain.system import SafeStateKind
from careloop.errors import InvalidInput
from careloop.ledger.record import seal
from careloop.plans.automation_history import (
    cooling_down,
    deployments,
    last_rollback,
    pause_in_force,
    plans_of,
    serving_by_ledger,
)
from careloop.plans.explain import explain_plan
from careloop.plans.identity import alarm_id, effect_id, plan_id, step_id
from careloop.plans.plan_record import alarm_data, plan_data, read_alarm, read_plan
from careloop.plans.progress import StepOutcome
from careloop.plans.step_records import Effect, alarm_record, decision_record, effect_record, outcome_record
from careloop.ports.ledger import Actor, ActorKind, Json, Record
from careloop.testing.ledger_fake import LedgerFake

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
AUTOMATION = Actor(iss="careloop", sub="care-monitor", kind=ActorKind.AUTOMATION)
ADA = Actor(iss="governance-repository", sub="ada", kind=ActorKind.PERSON)
WHERE = {"system": "credit", "environment": "production"}
PLANS = [
    a_plan(),
    a_plan(attribution=an_attribution(Verdict.NOT_BETTER)),
    a_plan(paused="freeze"),
    a_plan(alarm=an_alarm(response=Response.ALERT)),
    a_plan(attribution=None),
    a_plan(alarm=an_alarm(a_rate_signal())),
]

signals = st.builds(
    Signal,
    monitor=st.just("gap"),
    release=st.sampled_from([NEW, OLD]),
    window=st.integers(0, 2**33),
    since=st.integers(0, 2**33),
    moved=st.sampled_from([Worse.HIGHER, Worse.LOWER]),
    group=st.none() | st.sampled_from(["women", "Köln"]),
    observed=st.builds(Tally, st.integers(0, 10), st.integers(10, 20)),
    compared=st.none() | st.builds(Tally, st.integers(0, 10), st.integers(10, 20)),
    limit=st.floats(-1, 1),
    statistic=st.floats(0, 1e300),
    threshold=st.floats(1, 1e9),
)


@given(signals)
def test_an_alarm_comes_back_from_its_record_as_it_was(signal: Signal) -> None:
    alarm = an_alarm(signal)
    assert read_alarm(alarm_data(alarm)) == alarm


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_comes_back_from_the_ledger_as_it_was(plan: Plan) -> None:
    ledger = LedgerFake()
    ledger.append([decision_record(plan, actor=AUTOMATION, now=NOON)], recorded_at=NOON)
    (progress,) = plans_of(ledger.query(type="plan.decided"), **WHERE)
    assert (progress.plan, progress.outcomes, progress.switched_at) == (plan, {}, None)


@pytest.mark.parametrize("data", [{}, {"id": "x"}, {**plan_data(a_plan()), "steps": [{"step": "dance"}]}])
def test_what_is_no_plan_is_said_to_be_none(data: dict[str, Json]) -> None:
    with pytest.raises(InvalidInput):
        read_plan(data)
    with pytest.raises(InvalidInput):
        read_alarm(data)


@given(signals, signals)
def test_two_alarms_have_one_id_only_if_they_are_one_alarm(one: Signal, other: Signal) -> None:
    same = (one.monitor, one.release, one.group, one.moved, one.window) == (
        *(other.monitor, other.release, other.group, other.moved, other.window),
    )
    assert (alarm_id(one, **WHERE) == alarm_id(other, **WHERE)) is same


def test_every_record_of_a_plan_has_an_id_of_its_own() -> None:
    cause = alarm_id(a_signal(), **WHERE)
    plan = plan_id(cause)
    places = [f"{part}/{at}" for part in ("steps", "otherwise", "emergency/steps") for at in range(1, 8)]
    ids = [cause, plan, *(step_id(plan, at) for at in places), *(effect_id(plan, at) for at in places)]
    assert len(set(ids)) == len(ids)
    assert len({each[:13] for each in ids}) == 1, "they carry the time of the alarm's window"


def test_every_record_that_automation_writes_fits_the_ledger() -> None:
    plan = a_plan()
    records = [
        alarm_record(an_alarm(), readiness=READY, promise="P5Y", actor=AUTOMATION, now=NOON),
        decision_record(plan, actor=AUTOMATION, now=NOON),
        outcome_record(plan, "steps/1", plan.steps[0], outcome=(StepOutcome.DONE, "held"), written=(AUTOMATION, NOON)),
        effect_record(plan, "steps/2", Effect(type="deploy.done", data={"lock": OLD}, at=NOON, lock=OLD), actor=ADA),
    ]
    assert all(seal(record, recorded_at=NOON) for record in records)


def test_text_from_outside_cannot_keep_a_step_from_being_recorded() -> None:
    plan = a_plan()
    ugly = "half a pair \ud800, decomposed e\u0301, " + "long " * 1000
    record = outcome_record(
        plan, "steps/2", plan.steps[1], outcome=(StepOutcome.FAILED, ugly), written=(AUTOMATION, NOON)
    )
    assert seal(record, recorded_at=NOON)


def test_an_explained_plan_names_every_step_and_what_follows_if_they_fail() -> None:
    plan = a_plan()
    lines = explain_plan(plan)
    assert lines[0].startswith("rollback of credit in production, because")
    assert len(lines) == 2 + len(plan.steps) + 1 + len(plan.otherwise)
    assert any(OLD in line for line in lines)


def _entries(*facts: tuple[str, Actor, dict[str, Json], timedelta]) -> LedgerFake:
    ledger = LedgerFake()
    for number, (kind, actor, data, after) in enumerate(facts):
        record = Record(
            id=f"01900000-0000-7000-8000-{number:012d}", type=kind, actor=actor, occurred_at=NOON + after, data=data
        )
        ledger.append([record], recorded_at=NOON + after)
    return ledger


HOURS = timedelta(hours=1)


def test_what_answers_is_what_the_last_switch_brought() -> None:
    ledger = _entries(
        ("deploy.done", ADA, {**WHERE, "lock": OLD}, 0 * HOURS),
        ("deploy.done", ADA, {**WHERE, "lock": NEW}, 1 * HOURS),
        ("deploy.done", ADA, {**WHERE, "environment": "staging", "lock": OLD}, 2 * HOURS),
        ("deploy.done", ADA, {**WHERE, "system": "shop", "lock": OLD}, 2 * HOURS),
        ("safe_state.entered", AUTOMATION, {**WHERE, "state": "human"}, 3 * HOURS),
    )
    entries = list(ledger.entries(0, ledger.size()))
    assert serving_by_ledger([], **WHERE) is None
    first = serving_by_ledger(entries[:2], **WHERE)
    assert first is not None
    assert (first.served, first.replaced, first.since) == (ServeRelease(NEW), ServeRelease(OLD), NOON + HOURS)
    last = serving_by_ledger(entries, **WHERE)
    assert last is not None
    assert (last.served, last.replaced) == (ServeSafeState(SafeStateKind.HUMAN), ServeRelease(NEW))
    assert deployments(entries, **WHERE) == ((OLD, NOON), (NEW, NOON + HOURS))


def test_a_switch_that_was_recorded_late_does_not_hide_a_newer_one() -> None:
    ledger = _entries(
        ("deploy.done", ADA, {**WHERE, "lock": NEW}, 2 * HOURS),
        ("deploy.done", AUTOMATION, {**WHERE, "lock": OLD}, 1 * HOURS),
    )
    found = serving_by_ledger(ledger.entries(0, 2), **WHERE)
    assert found is not None
    assert found.served == ServeRelease(NEW)


def test_only_automations_own_rollbacks_count_as_flapping() -> None:
    by_ada = _entries(("deploy.done", ADA, {**WHERE, "lock": OLD}, 0 * HOURS))
    by_itself = _entries(("deploy.done", AUTOMATION, {**WHERE, "lock": OLD}, 0 * HOURS))
    day = timedelta(days=1)
    assert last_rollback(by_ada.entries(0, 1), **WHERE) is None
    last = last_rollback(by_itself.entries(0, 1), **WHERE)
    assert last == NOON
    assert cooling_down(last, now=NOON + day - timedelta(seconds=1), span=day) is not None
    assert cooling_down(last, now=NOON + day, span=day) is None


@pytest.mark.parametrize(
    ("said", "after", "paused"),
    [
        ([], 0, False),
        ([("automation.paused", "credit", None)], 1, True),
        ([("automation.paused", None, None)], 1, True),
        ([("automation.paused", "shop", None)], 1, False),
        ([("automation.paused", "credit", None), ("automation.resumed", "credit", None)], 2, False),
        ([("automation.paused", "credit", None), ("automation.resumed", "shop", None)], 2, True),
        ([("automation.paused", "credit", "2026-03-31T15:00:00.000000Z")], 2, True),
        ([("automation.paused", "credit", "2026-03-31T15:00:00.000000Z")], 3, False),
    ],
)
def test_a_pause_holds_until_it_is_over_or_taken_back(
    said: list[tuple[str, str | None, str | None]], after: int, paused: bool
) -> None:
    facts: list[tuple[str, Actor, dict[str, Json], timedelta]] = [
        (kind, ADA, {"system": system, "reason": "freeze", "until": until}, at * HOURS)
        for at, (kind, system, until) in enumerate(said)
    ]
    ledger = _entries(*facts)
    found = pause_in_force(ledger.entries(0, ledger.size()), system="credit", now=NOON + after * HOURS)
    assert (found is not None) is paused
