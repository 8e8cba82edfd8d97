"""Freshness: how long a review counts, and the days on which it does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.noun import Governed, days_in
from careloop.status.freshness import Freshness, freshness_of

TODAY = date(2026, 3, 31)


def a_document(reviewed: date | None, every: str = "P30D") -> Governed:
    return Governed(owner="ai-lead", reviewed=reviewed, review_every=every)


@dataclass(frozen=True)
class Judged:
    """Something with an id that was assessed, such as a risk."""

    id: str
    assessed: Day | None


@dataclass(frozen=True)
class Day:
    """When it was assessed."""

    on: date


def test_a_document_that_was_never_reviewed_is_not_fresh() -> None:
    assert freshness_of("criteria", a_document(None), TODAY) == Freshness(None, "criteria was never reviewed")


def test_a_review_that_is_still_to_come_has_not_happened() -> None:
    found = freshness_of("criteria", a_document(TODAY + timedelta(days=1)), TODAY)
    assert found.until is None
    assert found.stale == "criteria says it was reviewed on 2026-04-01, which is still to come"


def test_a_review_of_today_counts_from_today() -> None:
    assert freshness_of("criteria", a_document(TODAY), TODAY) == Freshness(date(2026, 4, 30))


@pytest.mark.parametrize(("age", "fresh"), [(29, True), (30, True), (31, False)])
def test_what_is_due_today_is_still_fresh_and_tomorrow_no_longer(age: int, fresh: bool) -> None:
    found = freshness_of("criteria", a_document(TODAY - timedelta(days=age)), TODAY)
    assert (found.stale is None) is fresh


def test_an_overdue_review_names_the_last_and_the_missed_day() -> None:
    found = freshness_of("criteria", a_document(date(2026, 2, 1)), TODAY)
    assert found.stale == "criteria was last reviewed on 2026-02-01; the next review was due on 2026-03-03"


def test_of_several_the_earliest_next_review_decides() -> None:
    both = (a_document(TODAY, "P90D"), a_document(TODAY, "P30D"))
    assert freshness_of("policies", both, TODAY).until == date(2026, 4, 30)


def test_one_stale_item_of_many_is_named_by_its_id() -> None:
    risks = (Judged("drift", Day(TODAY)), Judged("bias", None))
    assert freshness_of("risks", risks, TODAY).stale == "risks 'bias' was never reviewed"


def test_an_assessment_without_an_interval_counts_for_twelve_months() -> None:
    assert freshness_of("risk", Judged("drift", Day(TODAY)), TODAY).until == TODAY + timedelta(days=360)


def test_where_there_is_nothing_to_review_nothing_is_stale() -> None:
    assert freshness_of("criteria", None, TODAY) == freshness_of("risks", (), TODAY) == Freshness(None)


@given(st.integers(-400, 400), st.sampled_from(["P1D", "P2W", "P6M", "P1Y", "PT36H"]))
def test_a_review_is_fresh_exactly_from_its_day_to_its_next(age: int, every: str) -> None:
    found = freshness_of("it", a_document(TODAY - timedelta(days=age), every), TODAY)
    assert (found.stale is None) == (0 <= age <= days_in(every))
    assert found.until == (TODAY + timedelta(days=days_in(every) - age) if found.stale is None else None)
