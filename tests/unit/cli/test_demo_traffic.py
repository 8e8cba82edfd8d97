"""Traffic of the demonstration: admitted as declared, the same each time, quiet when all is well and loud when not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from statistics import quantiles
from typing import Any

import pytest
import yaml
from demo_builders import GAP_TERMS, ROOT, a_window, the_model, the_pools

from careloop.cli.demo.models import BAD, FAIR, FIRST, Recipe
from careloop.cli.demo.traffic import CAMPAIGN, ROWS_A_DAY, Partner, TrafficTerms, day_events, days_from, events_between
from careloop.domain.alarm import Signal, Worse
from careloop.domain.attribution import Attribution, AttributionEvidence, Paired, Replayed, Verdict
from careloop.domain.event_contract import Admitted, EventContract, EventTerms, admit
from careloop.domain.event_values import microseconds
from careloop.domain.system import EventSchema
from careloop.errors import InvalidInput
from careloop.monitors.gap_alarm import GapAlarm, compile_gap_alarm
from careloop.monitors.replay import judge_readiness, rehearse
from careloop.monitors.window import WindowCounts
from careloop.plans.attribute import AttributionTerms, attribute

SEXES = ("female", "male")
HISTORY = days_from(date(2026, 9, 28), 28)
NEXT = days_from(date(2026, 10, 26), 14)
MONDAY, SUNDAY = date(2026, 9, 28), date(2026, 10, 4)
Batch = list[dict[str, Any]]


def a_day(day: date = MONDAY, recipe: Recipe = FAIR, *, seed: int = 1, partners: tuple[Partner, ...] = ()) -> Batch:
    terms = TrafficTerms(release=recipe.name, seed=seed, partners=partners)
    return day_events(the_model(recipe), the_pools().traffic, day, terms=terms)


@lru_cache
def the_history(seed: int) -> tuple[WindowCounts, ...]:
    terms = TrafficTerms(release="fair", seed=seed)
    return tuple(map(a_window, events_between(the_model(FAIR), the_pools().traffic, HISTORY, terms=terms)))


def an_alarm(history: Sequence[WindowCounts]) -> GapAlarm:
    return compile_gap_alarm(GAP_TERMS, groups=SEXES, history=history)


def until_the_alarm(batches: Iterator[Batch], release: str, history: Sequence[WindowCounts]) -> tuple[Signal, Batch]:
    """The alarm, and all events until then."""
    alarm = an_alarm(history)
    state, seen = alarm.start(release), []
    for batch in batches:
        seen += batch
        state, signal = alarm.step(state, a_window(batch))
        if signal is not None:
            return signal, seen
    pytest.fail("no alarm")


def attributed(signal: Signal, events: Batch, target: Recipe) -> Attribution:
    """The answer of a replay of the target on the rows of the alarm."""
    answers = the_model(target).predict([event["features"] for event in events])
    sides: dict[str, Counter[tuple[bool, bool]]] = {sex: Counter() for sex in SEXES}
    for event, answer in zip(events, answers, strict=True):
        if (
            "sex" in event["groups"]
            and microseconds(datetime.fromisoformat(event["occurred_at"])) >= signal.since * 10**6
        ):
            sides[event["groups"]["sex"]][event["prediction"] == "approve", answer == "approve"] += 1
    assert signal.group is not None
    other = next(sex for sex in SEXES if sex != signal.group)
    paired = {sex: Paired(c[True, True], c[True, False], c[False, True], c[False, False]) for sex, c in sides.items()}
    replayed = Replayed(observed=paired[signal.group], compared=paired[other], digest="0" * 64)
    return attribute(signal, AttributionEvidence(replay=replayed), AttributionTerms(least_n=200))


def test_every_event_is_admitted_and_nothing_of_it_is_dropped() -> None:
    system = yaml.safe_load((ROOT / "examples/acme/systems/credit-decision/system.yaml").read_text(encoding="utf-8"))
    contract = EventContract.of("credit-decision", EventSchema.model_validate(system["events"]))
    terms = EventTerms(
        contracts={"credit-decision": contract},
        release_of=lambda _, release: release,
        latest_us=microseconds(datetime.fromisoformat("2026-09-29T00:00:00Z")),
        system="credit-decision",
    )
    admitted = [admit(event, terms) for event in (*a_day(), *a_day(seed=2, partners=CAMPAIGN))]
    assert [each for each in admitted if not isinstance(each, Admitted) or each.dropped] == []


def test_the_same_day_of_the_same_seed_is_the_same_traffic() -> None:
    assert a_day() == a_day()
    assert a_day() != a_day(seed=2)
    whole = events_between(
        the_model(FAIR), the_pools().traffic, HISTORY[:3], terms=TrafficTerms(release="fair", seed=1)
    )
    assert list(whole)[2] == a_day(HISTORY[2]), "no day depends on the days before"


def test_answers_are_those_of_the_model_on_the_inputs_in_the_event() -> None:
    events = a_day()
    inputs = [event["features"] for event in events]
    model = the_model(FAIR)
    assert [event["prediction"] for event in events] == model.predict(inputs)
    assert [event["score"] for event in events] == pytest.approx(model.scores(inputs).tolist(), abs=1e-6)


def test_only_people_of_the_traffic_pool_come() -> None:
    known = {person.unit: person.inputs() for person in the_pools().traffic}
    assert all(known[event["unit"]] == event["features"] for event in a_day())


def test_no_event_from_new_york_tells_the_sex_and_every_other_does() -> None:
    events = a_day()
    assert {event["segment"]["region"] == "new_york" for event in events if "sex" not in event["groups"]} == {True}
    assert {event["segment"]["region"] == "new_york" for event in events if "sex" in event["groups"]} == {False}


def test_events_come_by_time_of_day_within_the_day_and_under_their_own_ids() -> None:
    events = a_day()
    moments = [event["occurred_at"] for event in events]
    assert moments == sorted(moments)
    assert {moment[:10] for moment in moments} == {"2026-09-28"}
    weeks = [event["id"] for day in HISTORY[:7] for event in a_day(day)]
    assert len(set(weeks)) == len(weeks)


def test_a_day_has_a_rhythm_and_branches_keep_office_hours() -> None:
    hours = Counter(int(event["occurred_at"][11:13]) for event in a_day())
    night, evening = (sum(hours[hour] for hour in span) for span in (range(5), range(17, 22)))
    assert evening > 5 * night
    branch = {int(e["occurred_at"][11:13]) for e in a_day() if e["segment"]["channel"] == "branch"}
    assert branch <= set(range(8, 18))
    assert {event["segment"]["channel"] for event in a_day(SUNDAY)} == {"online"}
    assert len(a_day(SUNDAY)) < ROWS_A_DAY < len(a_day(MONDAY))


def test_only_approved_applications_have_an_amount_and_only_others_are_overruled() -> None:
    for event in a_day():
        approved, business = event["prediction"] == "approve", event["business"]
        assert (business["approved_amount"] > 0) is approved
        assert not (business["overridden"] and approved)
    assert any(event["business"]["overridden"] for event in a_day())


def test_nineteen_answers_of_twenty_come_within_the_promised_time() -> None:
    assert quantiles([event["latency_ms"] for event in a_day()], n=20)[-1] < 300


@pytest.mark.parametrize("seed", [1, 2])
def test_four_ordinary_weeks_of_the_fair_release_earn_the_right_to_act(seed: int) -> None:
    readiness = judge_readiness(rehearse(the_history(seed), an_alarm), terms=GAP_TERMS)
    assert readiness.may_act, readiness.because
    assert (readiness.days, readiness.alarms) == (28, 0)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_bad_release_is_found_within_days_and_the_fair_one_would_do_better_on_the_same_rows(seed: int) -> None:
    terms = TrafficTerms(release="bad", seed=seed)
    batches = events_between(the_model(BAD), the_pools().traffic, NEXT[:6], terms=terms)
    signal, events = until_the_alarm(batches, "bad", the_history(seed))
    assert (signal.group, signal.moved) == ("female", Worse.LOWER)
    found = attributed(signal, events, FAIR)
    assert (found.verdict, found.supports_rollback) == (Verdict.BETTER, True), found.because


@pytest.mark.parametrize(
    ("serving", "target", "seed"),
    [(FAIR, FIRST, 1), (FAIR, FIRST, 2), (FIRST, FAIR, 1)],
    ids=["fair", "again", "first"],
)
def test_a_campaign_raises_the_gap_of_either_release_and_a_rollback_would_not_help(
    serving: Recipe, target: Recipe, seed: int
) -> None:
    terms = TrafficTerms(release=serving.name, seed=seed, partners=CAMPAIGN)
    batches = events_between(the_model(serving), the_pools().traffic, NEXT, terms=terms)
    signal, events = until_the_alarm(batches, serving.name, the_history(seed))
    found = attributed(signal, events, target)
    assert found.verdict is Verdict.NOT_BETTER, found.because


def test_partners_choose_by_inputs_and_never_by_sex() -> None:
    for person in the_pools().traffic[:2000]:
        other = person._replace(sex="male" if person.sex == "female" else "female")
        assert [partner.sends(person) for partner in CAMPAIGN] == [partner.sends(other) for partner in CAMPAIGN]


def test_a_way_that_nobody_can_come_is_refused() -> None:
    nobody = Partner(name="nobody", share=0.5, sends=lambda _: False)
    with pytest.raises(InvalidInput, match="nobody"):
        a_day(partners=(nobody,))
