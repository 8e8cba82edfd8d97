"""What the programme owes: whose it is, who stands in, and by when."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest
from status_builders import NOW

from careloop.adapters.package_standards import PackageStandards
from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import compile_tree
from careloop.domain.status import ClaimState, ProgrammeFinding, Status
from careloop.status.compute import compute_status
from careloop.testing.source_tree_builder import Files, edited, small_repository, tree_of

ACME = Path(__file__).parents[3] / "examples" / "acme"
DAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""A day on which Acme's books are as its story tells."""


@cache
def catalogue() -> Catalogue:
    return Catalogue(PackageStandards().read_all())


@cache
def acme() -> Files:
    """Acme's documents, as they lie in the examples."""
    found = (path for path in ACME.rglob("*") if path.suffix in (".yaml", ".md") and path.is_file())
    return {path.relative_to(ACME).as_posix(): path.read_bytes() for path in found}


def status_of(files: Files, now: datetime) -> Status:
    compiled = compile_tree(tree_of(files))
    assert not compiled.errors
    return compute_status(compiled, catalogue(), None, now)


def owed(files: Files, now: datetime, file: str) -> ProgrammeFinding:
    """The one thing that the programme owes about a file."""
    found = [finding for finding in status_of(files, now).programme if finding.file == file]
    assert len(found) == 1, found
    return found[0]


def test_an_overdue_policy_goes_to_its_owner_with_a_day_of_grace_after_the_missed_one() -> None:
    finding = owed(acme(), DAY, "policies/data-and-use.md")
    assert (finding.rule, finding.owner, finding.acting) == ("review-in-date", "data-lead", None)
    assert finding.due == date(2026, 10, 31), "30 days after 2026-10-01"
    assert "review_due was 2026-10-01" in finding.message


def test_a_review_due_today_is_not_owed_yet_and_tomorrow_it_is() -> None:
    files = edited(small_repository(), "roles.yaml", "reviewed: 2026-03-02", "reviewed: 2026-03-02\nreview_every: P29D")
    assert not [one for one in status_of(files, NOW).programme if one.file == "roles.yaml"]
    late = owed(files, datetime(2026, 4, 1, 0, 30, tzinfo=UTC), "roles.yaml")
    assert (late.rule, late.owner, late.due) == ("review-in-date", "ai-lead", date(2026, 4, 30))


def test_a_vacant_post_with_somebody_acting_is_filled() -> None:
    assert not [one for one in status_of(acme(), DAY).programme if one.file == "roles.yaml"]


def test_a_post_whose_stand_in_ended_is_owed_by_top_management_from_the_day_it_fell_vacant() -> None:
    ended = edited(acme(), "roles.yaml", "until: 2027-01-31", "until: 2026-11-22")
    finding = owed(ended, DAY, "roles.yaml")
    assert (finding.owner, finding.acting, finding.due) == ("chief-executive", None, date(2026, 10, 31))
    assert finding.message.startswith("supplier-manager: ")


@pytest.mark.parametrize(("until", "acting"), [("2026-11-23", "katrin-vogel"), ("2026-11-22", None)])
def test_who_stands_in_for_the_owner_is_named_until_the_last_day(until: str, acting: str | None) -> None:
    files = edited(acme(), "suppliers/helix-cloud.yaml", "reviewed: ", "review_every: P1D\nreviewed: ")
    files = edited(files, "roles.yaml", "until: 2027-01-31", f"until: {until}")
    found = [one for one in status_of(files, DAY).programme if one.file == "suppliers/helix-cloud.yaml"]
    assert [(one.owner, one.acting) for one in found if one.rule == "review-in-date"] == [("supplier-manager", acting)]


def test_what_the_programme_owes_comes_in_order_of_path_and_changes_no_claim_by_itself() -> None:
    status = status_of(edited(acme(), "roles.yaml", "until: 2027-01-31", "until: 2026-11-22"), DAY)
    files = [finding.file for finding in status.programme]
    assert files == sorted(files)
    assert len(files) >= 2


def test_without_a_ledger_every_claim_on_records_is_unknown_on_the_whole_of_acme() -> None:
    status = status_of(acme(), DAY)
    on_records = [result for row in status.requirements for result in row.claims if result.claim.record]
    assert len(on_records) > 20
    assert {result.judgement.state for result in on_records} == {ClaimState.UNKNOWN}
    assert status.ledger_size is None


def test_an_unreadable_document_makes_no_finding_out_of_what_rests_on_it() -> None:
    files = {**acme(), "roles.yaml": b"posts: [\n"}
    compiled = compile_tree(tree_of(files))
    assert compiled.errors
    status = compute_status(compiled, catalogue(), None, DAY)
    assert "policies/data-and-use.md" in [finding.file for finding in status.programme]
    assert "roles.yaml" not in [finding.file for finding in status.programme]
