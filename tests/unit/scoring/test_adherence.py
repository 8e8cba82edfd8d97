"""M1: rules that block, system by system."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType

import pytest
from scoring_builders import part

from careloop.adapters.package_standards import PackageStandards
from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import compile_tree
from careloop.domain.metric import Figure, NullReason
from careloop.domain.organisation import Approval
from careloop.scoring.adherence import Adherence, CellState, adherence, adherence_figure
from careloop.testing.source_tree_builder import Files, edited, small_repository, tree_of, with_file, without

ON = datetime(2026, 5, 4, 12, tzinfo=UTC)
SYSTEM = "systems/book-finder/system.yaml"
WAIVABLE = "    severity: must\n    waiver: {allowed: true, max_days: 60}\n"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(PackageStandards().read_all())


GRANTED = {"trial": (Approval(by="director", on=date(2026, 4, 20)),)}


def adhering(
    files: Files,
    catalogue: Catalogue,
    *,
    now: datetime = ON,
    granted: Mapping[str, tuple[Approval, ...]] = MappingProxyType({}),
) -> Adherence:
    tree = tree_of(files)
    return adherence(tree, compile_tree(tree), catalogue, now, granted=granted)


def figure_of(found: Adherence) -> Figure:
    return adherence_figure(found, at=ON)


def states(found: Adherence) -> dict[str, CellState]:
    return {cell.rule: cell.state for cell in found.cells}


def a_pricing_system() -> dict[str, bytes]:
    """It breaks the local rule `no-price-model`, which may be waived here."""
    files = edited(small_repository(), SYSTEM, "domain: retail", "domain: pricing")
    return edited(files, "rules/shop.yaml", "    severity: must\n", WAIVABLE)


def a_waiver(expires: str) -> str:
    return f"""\
id: trial
rule: no-price-model
subject: book-finder
reason: A trial in one shop, without customers.
owner: ai-lead
expires: {expires}
approved: [{{by: director, on: 2026-04-20}}]
"""


def test_a_repository_without_findings_adheres_in_full(catalogue: Catalogue) -> None:
    found = adhering(small_repository(), catalogue)
    figure = figure_of(found)
    assert set(states(found).values()) == {CellState.PASSED}
    assert {"no-price-model", "owner-named", "jurisdictions-stated"} <= states(found).keys()
    assert (figure.value, figure.n) == (100.0, len(found.cells))
    assert part(figure, "systems_without_violation").value == 100.0


def test_a_broken_rule_counts_against_its_system(catalogue: Catalogue) -> None:
    found = adhering(a_pricing_system(), catalogue)
    figure = figure_of(found)
    assert states(found)["no-price-model"] is CellState.FAILED
    assert figure.value == pytest.approx(100 * (figure.n - 1) / figure.n)
    assert part(figure, "systems_without_violation").value == 0.0


def test_a_waiver_in_force_stands_apart_and_is_no_pass(catalogue: Catalogue) -> None:
    without_it = figure_of(adhering(a_pricing_system(), catalogue))
    found = adhering(
        with_file(a_pricing_system(), "waivers/trial.yaml", a_waiver("2026-06-01")), catalogue, granted=GRANTED
    )
    figure = figure_of(found)
    assert states(found)["no-price-model"] is CellState.WAIVED
    assert (figure.n, figure.value) == (without_it.n - 1, 100.0)
    assert part(figure, "passed").value == part(without_it, "passed").value


def test_a_waiver_that_says_of_itself_that_it_is_approved_and_was_never_granted_leaves_the_failure(
    catalogue: Catalogue,
) -> None:
    files = with_file(a_pricing_system(), "waivers/trial.yaml", a_waiver("2026-06-01"))
    assert states(adhering(files, catalogue))["no-price-model"] is CellState.FAILED
    another = {"other": GRANTED["trial"]}
    assert states(adhering(files, catalogue, granted=another))["no-price-model"] is CellState.FAILED


def test_a_waiver_that_ran_out_leaves_the_failure(catalogue: Catalogue) -> None:
    files = with_file(a_pricing_system(), "waivers/trial.yaml", a_waiver("2026-05-03"))
    assert states(adhering(files, catalogue, granted=GRANTED))["no-price-model"] is CellState.FAILED


def test_a_rule_that_only_warns_is_not_counted_and_one_that_blocks_from_a_day_is_from_then_on(
    catalogue: Catalogue,
) -> None:
    files = edited(
        a_pricing_system(), "rules/shop.yaml", "severity: must\n", "severity: must\n    block_from: 2026-05-04\n"
    )
    assert states(adhering(files, catalogue))["no-price-model"] is CellState.FAILED
    assert "no-price-model" not in states(adhering(files, catalogue, now=datetime(2026, 5, 3, tzinfo=UTC)))


def test_a_rule_that_does_not_compile_was_never_asked_and_counts_against(catalogue: Catalogue) -> None:
    files = edited(small_repository(), "rules/shop.yaml", "system.domain != 'pricing'", "system.domian != 'pricing'")
    found = adhering(files, catalogue)
    assert states(found)["no-price-model"] is CellState.MISSING
    assert figure_of(found).value != 100.0


def test_a_system_that_cannot_be_read_is_missing_and_not_gone(catalogue: Catalogue) -> None:
    found = adhering(with_file(small_repository(), SYSTEM, "id: [\n"), catalogue)
    assert found.systems == {"book-finder"}
    assert CellState.PASSED not in states(found).values()
    assert figure_of(found).value == 0.0


def test_a_rule_pack_that_nobody_knows_makes_the_figure_worthless(catalogue: Catalogue) -> None:
    files = edited(small_repository(), "care.yaml", "careloop/base@1", "careloop/base@9")
    figure = figure_of(adhering(files, catalogue))
    assert figure.reason is NullReason.DATA_ERROR
    assert "careloop/base@9" in figure.because


def test_without_a_system_in_scope_there_is_nothing_to_count(catalogue: Catalogue) -> None:
    assert figure_of(adhering(without(small_repository(), SYSTEM), catalogue)).reason is NullReason.NO_ACTIVITY


def test_a_system_out_of_scope_is_not_counted(catalogue: Catalogue) -> None:
    out = "  systems_excluded: [{system: book-finder, reason: A toy}]\n  reviewed"
    files = edited(small_repository(), "care.yaml", "  reviewed", out)
    assert adhering(files, catalogue).cells == ()
