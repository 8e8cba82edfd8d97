"""What holds for every ledger: order, drills, copies and unrelated records never move a figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from scoring_builders import (
    NOW,
    Q4,
    TIERS,
    a_deploy,
    a_drill,
    a_plan_decided,
    a_request,
    a_safe_state,
    a_step,
    a_verification,
    an_alarm,
    an_approved_release,
    an_entry,
    an_incident,
    flat,
)

from careloop.domain.metric import Figure, Scorecard, Sources, Window
from careloop.ports.ledger import Entry
from careloop.scoring.adherence import Adherence
from careloop.scoring.repository_reading import RepositoryReading
from careloop.scoring.score import PeriodReading, score

LOCKS = ["sha256:" + digit * 64 for digit in "0123"]
Q3 = Window("2026Q3", datetime(2026, 7, 1, tzinfo=UTC), Q4.since)
SOURCES = Sources(
    commit=None, dirty=None, ledger_size=None, lake_watermark=None, standards_digest="sha256:0", time_zone="UTC"
)

times = st.floats(min_value=-80, max_value=59, allow_nan=False).map(lambda number: round(number, 3))


@st.composite
def a_story(draw: st.DrawFn) -> list[Entry]:
    """One thing that happened, as the records that tell of it."""
    at, name = draw(times), draw(st.sampled_from(["r1", "r2", "r3"]))
    lock = draw(st.sampled_from(LOCKS))
    alarm = an_alarm(at, since=at - 1, monitor=draw(st.sampled_from(["gap", "drift"])))
    stories: list[list[Entry]] = [
        an_approved_release(at, name=name, lock=lock, took=draw(st.sampled_from([0.5, 2.0, 4.0]))),
        [a_request(at, name=name, lock=lock)],
        [a_deploy(at, lock=lock)],
        [alarm],
        [
            alarm,
            a_plan_decided(at, plan=name, alarm=alarm),
            an_incident(at, plan=name, alarm=alarm),
            a_verification(at + draw(st.sampled_from([-0.1, 0.1, 0.3])), plan=name),
        ],
        [a_plan_decided(at, plan=name), a_step(at + 0.1, "roll_back", "failed", plan=name)],
        [an_incident(at, plan=name), a_safe_state(at + 0.1, plan=name)],
    ]
    return draw(st.sampled_from(stories))


@st.composite
def a_ledger(draw: st.DrawFn) -> list[Entry]:
    """The entries of several stories, each once, with the places that a log would give them."""
    entries = {one.record.id: one for one in flat(draw(st.lists(a_story(), max_size=6)))}
    return [replace(one, index=place) for place, one in enumerate(sorted(entries.values(), key=lambda e: e.index))]


def a_card(entries: list[Entry]) -> Scorecard:
    repository = RepositoryReading(
        at=NOW, adherence=Adherence(frozenset(), (), frozenset()), projects=(), tiers=TIERS, kinds={}
    )
    periods = [PeriodReading(window=window, repository=repository, served={"credit": 10_000}) for window in (Q3, Q4)]
    return score(entries, periods, now=NOW, objectives=(), sources=SOURCES)


def figures(card: Scorecard) -> list[Figure]:
    """Every figure without the count of what was left out."""
    return [replace(metric.figure, left_out={}) for metric in card.metrics]


@given(ledger=a_ledger(), data=st.data())
def test_the_order_of_records_makes_no_difference(ledger: list[Entry], data: st.DataObject) -> None:
    assert a_card(data.draw(st.permutations(ledger))) == a_card(ledger)


@given(ledger=a_ledger(), drills=a_ledger())
def test_a_drill_never_changes_a_figure(ledger: list[Entry], drills: list[Entry]) -> None:
    with_drills = a_card([*map(a_drill, drills), *ledger])
    assert figures(with_drills) == figures(a_card(ledger))
    assert [metric.state for metric in with_drills.metrics] == [metric.state for metric in a_card(ledger).metrics]


@given(ledger=a_ledger(), at=times)
def test_a_record_of_an_unrelated_type_changes_nothing(ledger: list[Entry], at: float) -> None:
    others = [an_entry(kind, at) for kind in ("training.completed", "page.sent", "ingest.segment", "policy.in_force")]
    assert a_card([*ledger, *others]) == a_card(ledger)


@given(ledger=a_ledger(), data=st.data())
def test_a_second_copy_of_a_record_is_refused_and_counted(ledger: list[Entry], data: st.DataObject) -> None:
    copies = [replace(one, index=one.index + 10_000) for one in ledger]
    card = a_card(data.draw(st.permutations([*ledger, *copies])))
    assert figures(card) == figures(a_card(ledger))
    counted = [metric.figure.left_out.get("duplicates", 0) for metric in card.metrics]
    assert any(counted) is bool(ledger)


@given(ledger=a_ledger())
def test_a_value_lies_in_its_interval_and_a_missing_one_has_a_reason(ledger: list[Entry]) -> None:
    for metric in a_card(ledger).metrics:
        figure = metric.figure
        assert (figure.value is None) is (figure.reason is not None)
        if figure.value is not None and figure.interval is not None:
            assert figure.interval.low - 1e-9 <= figure.value <= figure.interval.high + 1e-9


@given(ledger=a_ledger())
def test_grey_anywhere_keeps_the_whole_from_being_green(ledger: list[Entry]) -> None:
    card = a_card(ledger)
    states = {metric.state.value for metric in card.metrics}
    assert card.state.value == next(one for one in ("red", "amber", "grey", "green") if one in states)
