"""The thirty days of Create, item by item (R30)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from status_builders import a_result

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.domain.create_plan import PlanStart
from careloop.domain.gap_work import CreateItem, CreateWork
from careloop.domain.status import ClaimState
from careloop.errors import UsageError
from careloop.status.create_plan import create_plan
from careloop.testing.commit_history_fake import CommitHistoryFake
from careloop.testing.repository_fake import RepositoryFake
from careloop.testing.source_tree_builder import Files, small_repository
from careloop.workflows.create.follow_create_plan import follow_create_plan

WORK = CreateWork(
    days=30,
    source="the article",
    items=(
        CreateItem(id="repository", title="Repository", day=5, claims=("c",)),
        CreateItem(id="rules", title="Rules", day=30, claims=("c", "d")),
    ),
)
START = PlanStart(date(2026, 3, 2), "option")


@pytest.mark.parametrize(("on", "day"), [(date(2026, 3, 1), 0), (date(2026, 3, 2), 1), (date(2026, 3, 31), 30)])
def test_the_days_count_from_one(on: date, day: int) -> None:
    held = {"c": a_result(ClaimState.HELD), "d": a_result(ClaimState.NOT_HELD, identity="d")}
    plan = create_plan(WORK, held, START, on, in_git=True)
    assert (plan.day, plan.end) == (day, date(2026, 3, 31))
    assert [item.done for item in plan.items] == [True, False]
    assert plan.done == 1


def test_an_item_is_overdue_the_day_after_its_day_and_not_before() -> None:
    none = {"c": a_result(ClaimState.UNKNOWN), "d": a_result(ClaimState.NOT_HELD)}
    on_time = create_plan(WORK, none, START, date(2026, 3, 6), in_git=True)
    late = create_plan(WORK, none, START, date(2026, 3, 7), in_git=True)
    assert [item.id for item in on_time.overdue] == []
    assert [item.id for item in late.overdue] == ["repository"]
    over = create_plan(WORK, none, START, date(2026, 4, 1), in_git=True)
    assert [item.id for item in over.overdue] == ["repository", "rules"]


def test_a_folder_outside_git_has_no_change_control() -> None:
    held = {"c": a_result(ClaimState.HELD), "d": a_result(ClaimState.HELD)}
    assert [item.done for item in create_plan(WORK, held, START, START.day, in_git=False).items] == [False, True]


# --- from which day it counts -----------------------------------------------------------------------------------------

NOW = datetime(2026, 3, 20, 23, 30, tzinfo=UTC)


def followed(files: Files, history: CommitHistoryFake, start: date | None = None) -> tuple[date, str, int]:
    source = RepositoryFake.holding(files, at=NOW)
    found = follow_create_plan(source, history, standards=wiring.standards_library(), now=NOW, start=start).plan
    return found.start, found.start_from, found.day


def test_the_option_goes_before_the_document_and_the_document_before_the_first_commit() -> None:
    history = CommitHistoryFake()
    history.made("a" * 40, touching=["care.yaml"])
    stated = small_repository()
    stated["care.yaml"] += b"phases:\n  - {phase: create, owner: ai-lead, every: P3M, started: 2026-03-09}\n"
    given = date(2026, 3, 16)
    assert followed(stated, history, given) == (given, "option", 5)
    assert followed(stated, history) == (date(2026, 3, 9), "care.yaml", 12)
    assert followed(small_repository(), history) == (date(2026, 3, 2), "first commit", 19)


def test_where_nothing_says_when_it_began_the_way_out_is_told() -> None:
    with pytest.raises(UsageError) as told:
        followed(small_repository(), CommitHistoryFake())
    assert "--start" in str(told.value.hint)


def test_all_six_items_are_done_at_acme_and_none_is_by_a_template() -> None:
    catalogue = Catalogue(wiring.standards_library().read_all())
    assert len(catalogue.gap_work.create.items) == 6
    source = wiring.repository_source(wiring.examples().folder("acme"))
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    plan = follow_create_plan(
        source, CommitHistoryFake(), standards=wiring.standards_library(), now=at, start=at.date() - timedelta(days=9)
    ).plan
    undone = {item.id for item in plan.items if not item.done}
    assert undone <= {"repository"}, "the example may lie in no git repository of its own"
