"""Deadlines count only where a day is given: block_from, waivers, the baseline, reviews that are still to come."""

from datetime import date
from functools import cache

import pytest

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.checks.run import check_tree
from careloop.domain.finding import Finding
from careloop.domain.tier import Enforcement
from careloop.testing.source_tree_builder import Files, edited, small_repository, tree_of, with_file

_SYSTEM = "systems/book-finder/system.yaml"


@cache
def catalogue() -> Catalogue:
    return Catalogue(wiring.standards_library().read_all())


def findings(files: Files, on: date | None = None) -> tuple[Finding, ...]:
    checked = check_tree(tree_of(files), catalogue(), on)
    assert checked.errors == ()
    return checked.findings


def the_finding(rule: str, files: Files, on: date | None = None) -> Finding:
    (found,) = [finding for finding in findings(files, on) if finding.rule == rule]
    return found


def a_pricing_system(*more: str) -> dict[str, bytes]:
    files = edited(small_repository(), _SYSTEM, "domain: retail", "domain: pricing")
    return edited(files, "rules/shop.yaml", "    severity: must\n", "".join(["    severity: must\n", *more]))


@pytest.mark.parametrize(
    ("on", "enforce"),
    [
        (None, Enforcement.WARN),
        (date(2026, 6, 30), Enforcement.WARN),
        (date(2026, 7, 1), Enforcement.BLOCK),
        (date(2027, 1, 1), Enforcement.BLOCK),
    ],
)
def test_a_rule_blocks_from_its_day_on(on: date | None, enforce: Enforcement) -> None:
    files = a_pricing_system("    enforce: warn\n", "    block_from: 2026-07-01\n")
    assert the_finding("no-price-model", files, on).enforce is enforce


def test_a_rule_without_a_day_blocks_at_once() -> None:
    assert the_finding("no-price-model", a_pricing_system()).blocking


def a_waiver(*, rule: str = "no-price-model", subject: str = "book-finder", approved: str = "2026-03-01") -> str:
    return f"""\
id: try-prices
rule: {rule}
subject: {subject}
reason: A trial of one month.
owner: ai-lead
expires: 2026-04-01
approved: [{{by: director, on: {approved}}}]
"""


def a_waivable_system(waiver: str, terms: str = "{allowed: true, max_days: 60}") -> dict[str, bytes]:
    return with_file(a_pricing_system(f"    waiver: {terms}\n"), "waivers/try-prices.yaml", waiver)


@pytest.mark.parametrize(("on", "covered"), [(None, True), (date(2026, 4, 1), True), (date(2026, 4, 2), False)])
def test_a_waiver_covers_until_its_last_day(on: date | None, covered: bool) -> None:
    finding = the_finding("no-price-model", a_waivable_system(a_waiver()), on)
    assert finding.blocking is not covered
    assert (finding.set_aside == "waiver try-prices until 2026-04-01") is covered


@pytest.mark.parametrize(
    ("waiver", "terms"),
    [
        (a_waiver(), "{allowed: false}"),
        (a_waiver(), "{allowed: true, max_days: 30}"),
        (a_waiver().replace("[{by: director, on: 2026-03-01}]", "[]"), "{allowed: true}"),
        (a_waiver(subject="another-system"), "{allowed: true}"),
        (a_waiver(rule="owner-named"), "{allowed: true}"),
    ],
    ids=[
        "may not be waived",
        "for longer than the rule allows",
        "approved by nobody",
        "another system",
        "another rule",
    ],
)
def test_a_waiver_that_does_not_fit_covers_nothing(waiver: str, terms: str) -> None:
    assert the_finding("no-price-model", a_waivable_system(waiver, terms)).blocking


def test_a_waiver_counts_its_days_from_the_last_approval() -> None:
    later = a_waiver().replace(
        "{by: director, on: 2026-03-01}", "{by: ai-lead, on: 2025-12-01}, {by: director, on: 2026-03-02}"
    )
    assert not the_finding("no-price-model", a_waivable_system(later, "{allowed: true, max_days: 30}")).blocking


@pytest.mark.parametrize(("on", "covered"), [(None, True), (date(2026, 9, 30), True), (date(2026, 10, 1), False)])
def test_the_baseline_covers_a_known_finding_until_it_is_to_be_gone(on: date | None, covered: bool) -> None:
    files = a_pricing_system()
    known = the_finding("no-price-model", files)
    baseline = f"""\
recorded: 2026-03-02
items:
  - finding: {known.id}
    rule: no-price-model
    file: {_SYSTEM}
    owner: ai-lead
    burn_down: 2026-09-30
"""
    finding = the_finding("no-price-model", with_file(files, "baseline.yaml", baseline), on)
    assert finding.blocking is not covered
    assert (finding.set_aside == "baseline until 2026-09-30") is covered


@pytest.mark.parametrize(("on", "told"), [(None, False), (date(2026, 3, 1), True), (date(2026, 3, 2), False)])
def test_a_review_of_tomorrow_has_not_happened(on: date | None, told: bool) -> None:
    found = [finding for finding in findings(small_repository(), on) if finding.rule == "review-past"]
    governed = {path for path, text in small_repository().items() if b"reviewed:" in text} - {"care.yaml"}
    assert {finding.place.file for finding in found} == (governed if told else set())
