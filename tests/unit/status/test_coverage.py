"""R13: all nine areas of Annex A with their controls, the age of the evidence and what is open; R7: our own, too."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from careloop.adapters.package_standards import PackageStandards
from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import compile_tree
from careloop.domain.status import RequirementState
from careloop.status.compute import compute_status
from careloop.status.coverage import AreaCoverage, coverage_by_area
from careloop.testing.source_tree_builder import tree_of

ACME = Path(__file__).parents[3] / "examples" / "acme"
TODAY = date(2026, 11, 23)
AREAS = {"A.2": 3, "A.3": 2, "A.4": 5, "A.5": 4, "A.6": 9, "A.7": 5, "A.8": 4, "A.9": 3, "A.10": 3, "own": 2}


@cache
def areas(day: date | None = date(2026, 11, 1)) -> dict[str, AreaCoverage]:
    files = {path.relative_to(ACME).as_posix(): path.read_bytes() for path in ACME.rglob("*.*") if path.is_file()}
    status = compute_status(
        compile_tree(tree_of(files)), Catalogue(PackageStandards().read_all()), None, datetime(2026, 11, 23, tzinfo=UTC)
    )
    return {one.area: one for one in coverage_by_area(status.requirements, lambda _: day, TODAY)}


def test_nine_areas_and_our_own_with_all_their_controls_r13() -> None:
    assert {name: one.controls for name, one in areas().items()} == AREAS
    assert sum(one.controls for name, one in areas().items() if name != "own") == 38


def test_each_control_is_counted_once_and_each_that_is_open_is_a_gap_with_its_remedy_r13() -> None:
    for one in areas().values():
        assert sum(one.counts.values()) == one.controls
        closed = one.counts[RequirementState.COMPLETE] + one.counts[RequirementState.EXCLUDED]
        assert len(one.gaps) == one.controls - closed
        assert all(gap.lacks for gap in one.gaps)
        assert (one.covered, one.applicable) == (
            one.counts[RequirementState.COMPLETE], one.controls - one.counts[RequirementState.EXCLUDED],
        )  # fmt: skip
    assert areas()["A.10"].applicable == 2


def test_the_age_is_that_of_the_evidence_and_nothing_is_guessed_r13() -> None:
    assert areas()["A.3"].oldest_days == areas()["A.3"].newest_days == 22
    undated = areas(None)["A.3"]
    assert (undated.oldest_days, undated.newest_days, undated.undated > 0) == (None, None, True)


def test_an_area_without_evidence_has_no_age_r13() -> None:
    assert coverage_by_area((), lambda _: None, TODAY) == ()
