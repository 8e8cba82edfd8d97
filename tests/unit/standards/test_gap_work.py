"""The data of the gap assessment covers every requirement once, names only what exists, and runs in no circle."""

from collections import Counter

import pytest
from standards_files import all_claims, care, outline, plain

from careloop.domain.gap_work import GapWork
from careloop.status.road_network import find_circle
from careloop.status.road_tasks import work_of


@pytest.fixture(scope="module")
def work() -> GapWork:
    return GapWork.model_validate(plain("gap.yaml"))


def test_every_requirement_stands_in_exactly_one_area(work: GapWork) -> None:
    placed = Counter(requirement for area in work.areas for requirement in area.requirements)
    expected = {row.id for row in (*outline().requirements, *care().practices)}
    assert set(placed) == expected
    assert set(placed.values()) == {1}
    assert work.own_controls in {area.id for area in work.areas}


def test_it_names_only_claims_areas_and_milestones_that_exist(work: GapWork) -> None:
    claims = {claim.id for claim in all_claims()}
    areas, milestones = {area.id for area in work.areas}, {one.id for one in work.milestones}
    named = [claim for practice in work.practices for claim in practice.claims]
    named += [claim for item in work.create.items for claim in item.claims]
    assert [claim for claim in named if claim not in claims] == []
    assert [name for area in work.areas for name in area.after if name not in areas] == []
    assert [name for area in work.areas for name in area.run_after if name not in areas | milestones] == []
    steps = {f"{area}.{kind}" for area in areas for kind in ("write", "run", "improve")}
    assert [name for one in work.milestones for name in one.after if name not in steps | milestones] == []


def test_the_order_runs_in_no_circle(work: GapWork) -> None:
    assert find_circle(work_of((), work, None).tasks({})) == ()


def test_the_milestones_are_those_of_the_road_in_their_order(work: GapWork) -> None:
    road = [
        "scoped",
        "operating",
        "internal-audit",
        "management-review",
        "stage-1",
        "stage-2",
        "surveillance",
        "renewal",
    ]
    assert [one.id for one in work.milestones if one.id in road] == road


def test_create_has_six_items_within_thirty_days(work: GapWork) -> None:
    assert work.create.days == 30
    assert len(work.create.items) == 6
    assert [item.day for item in work.create.items] == sorted(item.day for item in work.create.items)
