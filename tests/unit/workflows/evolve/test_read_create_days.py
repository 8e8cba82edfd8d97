"""M24 from documents and history: when Create began, and the day since which its six items have been shipped (R30)."""

from datetime import UTC, datetime, timedelta

import pytest

from careloop import wiring
from careloop.adapters.package_standards import PackageStandards
from careloop.domain.metric import Metric, NullReason
from careloop.testing.repository_fake import RepositoryFake
from careloop.testing.source_tree_builder import small_repository
from careloop.workflows.evolve.compute_scorecard import Period, Stores, compute_scorecard

BEGAN = datetime(2026, 10, 20, 9, tzinfo=UTC)
"""After every day that Acme's documents name: what is dated later has not happened yet."""
NOW = datetime(2026, 12, 9, 12, tzinfo=UTC)


def m24(source: RepositoryFake, period: Period | None = None) -> Metric:
    card = compute_scorecard(Stores(source=source, standards=PackageStandards()), now=NOW, period=period).scorecard
    return next(one for one in card.metrics if one.id == "M24")


def a_firm(shipped_on_day: int | None, *, started: str = "") -> RepositoryFake:
    """A bookshop that becomes as complete as Acme on one of its days."""
    made = RepositoryFake.holding(small_repository(), at=BEGAN)
    if shipped_on_day is not None:
        acme = dict(wiring.repository_source(wiring.examples().folder("acme")).work_tree().files)
        stated = f"{{phase: create, started: {started}, " if started else "{phase: create, "
        acme["care.yaml"] = acme["care.yaml"].replace(b"{phase: create, ", stated.encode())
        if started:  # a phase that begins later has not run yet
            acme["care.yaml"] = acme["care.yaml"].replace(b", last_run: 2026-10-14}", b"}", 1)
        for path in list(made.files):
            made.delete(path)
        for path, raw in acme.items():
            made.write(path, raw)
        made.commit(BEGAN + timedelta(days=shipped_on_day - 1))
    return made


@pytest.mark.parametrize("day", [1, 12, 30, 45])
def test_the_day_since_which_all_six_are_shipped_is_found_in_history_r30(day: int) -> None:
    figure = m24(a_firm(day)).figure
    assert figure.value == day
    assert figure.because.endswith("begun on 2026-10-20")


def test_a_first_day_that_care_yaml_states_counts_before_the_first_commit() -> None:
    assert m24(a_firm(12, started="2026-10-10")).figure.value == 22


def test_create_that_is_not_shipped_is_open_and_late_after_thirty_days() -> None:
    figure = m24(a_firm(None)).figure
    assert figure.value == 51
    assert figure.open is not None
    assert figure.because.endswith("of 6 items are shipped on day 51")


def test_a_quarter_before_it_began_has_no_figure() -> None:
    assert m24(a_firm(12), Period(quarter="2026Q3")).figure.reason is NullReason.NOT_READ
    begins_later = m24(a_firm(1, started="2026-12-20"))
    assert begins_later.figure.reason is NullReason.NOT_BEGUN


def test_outside_git_nobody_knows_since_when() -> None:
    outside = RepositoryFake(dict(a_firm(12).files), is_git=False)
    figure = m24(outside).figure
    assert (figure.value, figure.reason) == (None, NullReason.NOT_READ)
