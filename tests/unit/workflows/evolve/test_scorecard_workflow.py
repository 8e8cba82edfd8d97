"""From stores to scorecard: which documents, which entries and which answers it rests on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest

from careloop.adapters.package_standards import PackageStandards
from careloop.documents.compile import compile_tree
from careloop.domain.evolve import Waiver
from careloop.domain.metric import Metric, MetricState, NullReason
from careloop.errors import InvalidInput, UsageError
from careloop.gates.matters import terms_bytes, waiver_matter
from careloop.ledger.record import uuid7
from careloop.ports.ledger import Actor, ActorKind, Json, Record
from careloop.reports.scorecard_report import scorecard_json, scorecard_lines
from careloop.testing.event_builders import an_event
from careloop.testing.lake_fake import LakeFake
from careloop.testing.ledger_fake import LedgerFake
from careloop.testing.repository_fake import RepositoryFake
from careloop.testing.source_tree_builder import edited, small_repository, with_file
from careloop.workflows.evolve.compute_scorecard import (
    Period,
    ScorecardResult,
    Stores,
    compute_scorecard,
    served_answers,
)

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
SYSTEM = "systems/book-finder/system.yaml"
AUTOMATION = Actor(iss="careloop", sub="care-worker", kind=ActorKind.AUTOMATION)


def a_repository() -> RepositoryFake:
    """It breaks a rule in February and mends it in March."""
    good = small_repository()
    made = RepositoryFake.holding(
        edited(good, SYSTEM, "domain: retail", "domain: pricing"), at=datetime(2026, 2, 3, tzinfo=UTC)
    )
    made.write(SYSTEM, good[SYSTEM])
    made.commit(datetime(2026, 4, 7, tzinfo=UTC))
    return made


def a_ledger(*records: Record) -> LedgerFake:
    ledger = LedgerFake()
    for record in records:
        ledger.append([record], recorded_at=record.occurred_at)
    return ledger


def a_record(kind: str, at: datetime, data: Mapping[str, Json], *, number: int = 1) -> Record:
    return Record(
        id=uuid7(int(at.timestamp() * 1000), number.to_bytes(10)),
        type=kind,
        actor=AUTOMATION,
        occurred_at=at,
        data={"system": "book-finder", "environment": "production", **data},
    )


def an_alarm(at: datetime, *, number: int = 1) -> Record:
    return a_record("alarm.raised", at, {"release": "sha256:1", "monitor": "gap", "window": number}, number=number)


def a_lake(*, at: datetime, answers: int) -> LakeFake:
    lake = LakeFake()
    events = [
        an_event(number, system="shop", occurred_at=at.isoformat(), sample_rate=0.5, now=at + timedelta(minutes=1))
        for number in range(answers)
    ]
    lake.append(events, now=at)
    return lake


def a_scorecard(
    *, ledger: LedgerFake | None = None, lake: LakeFake | None = None, period: Period | None = None, now: datetime = NOW
) -> ScorecardResult:
    stores = Stores(source=a_repository(), standards=PackageStandards(), ledger=ledger, lake=lake)
    return compute_scorecard(stores, now=now, period=period)


def row(result: ScorecardResult, metric: str) -> Metric:
    return next(one for one in result.scorecard.metrics if one.id == metric)


def test_it_is_about_the_quarter_so_far_of_the_organisations_own_calendar() -> None:
    card = a_scorecard().scorecard
    assert (card.window.name, card.to_date, card.sources.time_zone) == ("2026Q2", True, "Europe/Dublin")
    assert card.window.since == datetime(2026, 3, 31, 23, tzinfo=UTC)


def test_past_quarters_are_judged_by_the_documents_of_their_own_time() -> None:
    metric = row(a_scorecard(), "M1")
    assert metric.figure.value == 100.0
    earlier = {point.window.name: point for point in metric.trend.points}
    assert list(earlier) == ["2025Q2", "2025Q3", "2025Q4", "2026Q1"]
    assert earlier["2025Q4"].reason is NullReason.NOT_READ
    before = earlier["2026Q1"].value
    assert before is not None
    assert before < 100.0


def test_a_past_quarter_can_be_asked_for_by_name_and_rests_on_its_own_commit() -> None:
    result = a_scorecard(period=Period(quarter="2026Q1"))
    value = row(result, "M1").figure.value
    assert value is not None
    assert value < 100.0
    assert (result.scorecard.to_date, result.scorecard.sources.dirty) == (False, False)
    assert result.scorecard.sources.commit == a_repository().resolve("HEAD~1")


def test_the_ledger_says_which_commit_was_in_force_before_history_does() -> None:
    mended = a_repository().resolve("HEAD")
    in_force = a_record("policy.in_force", datetime(2026, 3, 1, tzinfo=UTC), {"commit": mended})
    result = a_scorecard(ledger=a_ledger(in_force), period=Period(quarter="2026Q1"))
    assert row(result, "M1").figure.value == 100.0


def test_days_are_taken_whole_and_the_last_one_is_in_the_window() -> None:
    ledger = a_ledger(an_alarm(datetime(2026, 5, 2, 22, 59, tzinfo=UTC)), an_alarm(NOW - timedelta(hours=1), number=2))
    lake = a_lake(at=datetime(2026, 5, 1, tzinfo=UTC), answers=1)
    period = Period(first=date(2026, 5, 1), last=date(2026, 5, 2))
    figure = row(a_scorecard(ledger=ledger, lake=lake, period=period), "M2").figure
    assert figure.reason is NullReason.DATA_ERROR
    assert figure.because.startswith("1 alert,")


def test_without_stores_each_figure_says_what_was_not_read() -> None:
    result = a_scorecard()
    reasons = {one.id: one.figure.reason for one in result.scorecard.metrics}
    assert reasons == {
        "M1": None, "M2": NullReason.NOT_READ, "M8": NullReason.NOT_READ, "M9": NullReason.NOT_READ,
        "M10": NullReason.NO_ACTIVITY, "M12": NullReason.NOT_READ, "M20": NullReason.NOT_READ,
        "M24": None,
    }  # fmt: skip
    assert result.scorecard.state is MetricState.RED, "Create is far behind its thirty days"


def test_an_empty_ledger_is_no_activity_and_no_missing_ledger() -> None:
    assert row(a_scorecard(ledger=a_ledger()), "M20").figure.reason is NullReason.NO_ACTIVITY


def test_a_quarter_that_has_not_begun_has_no_figure() -> None:
    result = a_scorecard(ledger=a_ledger(), period=Period(quarter="2026Q4"))
    assert {one.figure.reason for one in result.scorecard.metrics} == {NullReason.NOT_BEGUN}


def test_the_first_moment_of_a_quarter_already_has_a_scorecard() -> None:
    result = a_scorecard(ledger=a_ledger(), now=datetime(2026, 3, 31, 23, tzinfo=UTC))
    assert result.scorecard.window.name == "2026Q2"
    assert row(result, "M8").figure.reason is NullReason.NO_ACTIVITY


def test_sampled_events_stand_for_as_many_answers_as_their_rate_says() -> None:
    lake = a_lake(at=datetime(2026, 5, 1, tzinfo=UTC), answers=3)
    window = a_scorecard().scorecard.window
    assert served_answers(lake, {"shop", "credit"}, window, upto=lake.watermark()) == {"shop": 6, "credit": 0}


def test_a_drill_and_an_event_outside_the_window_are_no_answers() -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    lake = LakeFake()
    lake.append(
        [
            an_event(1, now=at, occurred_at=at.isoformat(), drill=True),
            an_event(2, now=at, occurred_at=at.isoformat()),
            an_event(3, now=at, occurred_at=datetime(2026, 3, 1, tzinfo=UTC).isoformat()),
        ],
        now=at,
    )
    window = a_scorecard().scorecard.window
    assert served_answers(lake, {"credit"}, window, upto=lake.watermark()) == {"credit": 1}


def test_a_census_is_the_true_count_where_events_are_fewer() -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    lake = LakeFake()
    census = {"kind": "census", "source": "web-1", "seq": 1, "served": 40, "prediction": None}
    lake.append(
        [an_event(1, now=at, occurred_at=at.isoformat()), an_event(2, now=at, occurred_at=at.isoformat(), **census)],
        now=at,
    )
    window = a_scorecard().scorecard.window
    assert served_answers(lake, {"credit"}, window, upto=lake.watermark()) == {"credit": 40}


@pytest.mark.parametrize(
    ("period", "error"),
    [
        (Period(quarter="2026Q1", first=date(2026, 1, 1)), UsageError),
        (Period(last=date(2026, 1, 1)), UsageError),
        (Period(first=date(2026, 2, 1), last=date(2026, 1, 1)), InvalidInput),
        (Period(quarter="soon"), InvalidInput),
    ],
)
def test_a_period_that_is_none_is_refused(period: Period, error: type[Exception]) -> None:
    with pytest.raises(error):
        a_scorecard(period=period)


def test_documents_that_cannot_be_read_are_told_with_their_place() -> None:
    source = RepositoryFake.holding(with_file(small_repository(), SYSTEM, "id: [\n"), at=NOW)
    result = compute_scorecard(Stores(source=source, standards=PackageStandards()), now=NOW)
    assert [error.place.file for error in result.errors] == [SYSTEM]
    assert row(result, "M1").figure.value == 0.0


def test_the_answer_for_machines_has_the_shape_of_the_contract() -> None:
    answer = json.loads(json.dumps(scorecard_json(a_scorecard(ledger=a_ledger()).scorecard)))
    assert answer["schema"] == "careloop/scorecard/v1"
    assert {"careloop_version", "standards_digest", "commit", "window", "metrics"} <= answer.keys()
    asked = {"id", "value", "reason", "unit", "n", "interval", "target", "trend", "state"}
    assert all(asked <= metric.keys() for metric in answer["metrics"])
    assert all((metric["value"] is None) is (metric["reason"] is not None) for metric in answer["metrics"])


def test_the_page_names_every_metric_with_its_colour_and_says_whose_the_target_is() -> None:
    lines = [line for _, line in scorecard_lines(a_scorecard(ledger=a_ledger()).scorecard)]
    for metric, state in (("M1", "green"), ("M12", "grey")):
        assert any(line.startswith(state) and f" {metric} " in line for line in lines)
    assert any("typical, ours" in line for line in lines)
    assert lines[-2].startswith("overall red: 1 green, 0 amber, 1 red, 6 grey")
    assert max(map(len, lines)) <= 140


WAIVER = """\
id: trial
rule: no-price-model
subject: book-finder
reason: A trial in one shop, without customers.
owner: ai-lead
expires: 2026-04-01
approved: [{by: director, on: 2026-02-04}]
"""


def a_waived_repository() -> RepositoryFake:
    """It breaks a rule that may be waived, with a waiver that says of itself that it is approved."""
    files = edited(small_repository(), SYSTEM, "domain: retail", "domain: pricing")
    waivable = "    severity: must\n    waiver: {allowed: true, max_days: 60}\n"
    files = edited(files, "rules/shop.yaml", "    severity: must\n", waivable)
    return RepositoryFake.holding(with_file(files, "waivers/trial.yaml", WAIVER), at=datetime(2026, 2, 3, tzinfo=UTC))


def a_grant(at: datetime) -> Record:
    repository = compile_tree(a_waived_repository().work_tree()).repository
    (document, waiver), *_ = repository.all(Waiver)
    terms = f"sha256:{sha256(terms_bytes(waiver_matter(waiver, document.path, repository))).hexdigest()}"
    by: Json = [{"person": "sam", "post": "director"}, {"person": "kim", "post": "ai-lead"}]
    return a_record("matter.granted", at, {"matter": "waiver/trial", "terms": terms, "request": "sha256:1", "by": by})


@pytest.mark.parametrize(
    ("granted_at", "counts"),
    [(datetime(2026, 2, 4, tzinfo=UTC), True), (None, False), (datetime(2026, 4, 20, tzinfo=UTC), False)],
    ids=["granted in the quarter", "never granted", "granted after the quarter"],
)
def test_m1_counts_a_waiver_only_when_it_was_granted_by_then(granted_at: datetime | None, *, counts: bool) -> None:
    ledger = a_ledger(*([a_grant(granted_at)] if granted_at else []))
    stores = Stores(source=a_waived_repository(), standards=PackageStandards(), ledger=ledger)
    metric = row(compute_scorecard(stores, now=NOW, period=Period(quarter="2026Q1")), "M1")
    assert metric.figure.value is not None
    assert (metric.figure.value == 100.0) is counts
