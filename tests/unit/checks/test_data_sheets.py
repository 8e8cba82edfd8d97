"""R57, R58: the chain of digests of a data set holds, and its sheet says something."""

from functools import cache

import pytest
from structural_cases import ADULT, replaced

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.checks.run import check_tree
from careloop.domain.finding import Finding
from careloop.domain.source_tree import SourceTree

A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
LOANS = "systems/credit-decision/data/loan-applications.yaml"


@cache
def catalogue() -> Catalogue:
    return Catalogue(wiring.standards_library().read_all())


@cache
def acme() -> SourceTree:
    return wiring.repository_source(wiring.examples().folder("acme")).work_tree()


def found(tree: SourceTree, rule: str) -> list[Finding]:
    return [one for one in check_tree(tree, catalogue()).findings if one.rule == rule]


def steps(*rows: str, of: str = ADULT, tree: SourceTree | None = None) -> SourceTree:
    text = "".join(f"  - {{{row}}}\n" for row in rows)
    return replaced(tree or acme(), of, "provenance:\n", f"provenance:\n{text}")


MADE = f"step: Made, by: A, on: 2026-01-05, digest: {A}"
TOOK = f"step: Took, by: A, on: 2026-01-06, takes: [{A}], digest: {B}"


def test_a_chain_that_holds_passes_within_and_across_data_sets_r58() -> None:
    assert found(steps(MADE, TOOK), "provenance-chained") == []
    across = steps(f"step: Drawn, by: A, on: 2026-02-01, takes: [{B}]", of=LOANS, tree=steps(MADE, TOOK))
    assert found(across, "provenance-chained") == []


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ((TOOK,), "which no step of any data set made"),
        ((TOOK, MADE), "which is made by a later step"),
        ((MADE.replace("01-05", "01-07"), TOOK), "which was made on 2026-01-07, after it was taken on 2026-01-06"),
        ((f"step: Itself, by: A, on: 2026-01-06, takes: [{A}], digest: {A}",), "which is made by a later step"),
    ],
)
def test_a_broken_chain_fails_at_the_digest_r58(rows: tuple[str, ...], says: str) -> None:
    (finding,) = found(steps(*rows), "provenance-chained")
    assert says in finding.message
    assert finding.blocking
    line = steps(*rows).files[ADULT].decode().splitlines()[finding.place.line - 1]
    assert "takes" in line


@pytest.mark.parametrize("nothing", ["TODO", "n/a", "To be defined", "[More Information Needed]"])
def test_a_placeholder_in_a_sheet_says_nothing_r57(nothing: str) -> None:
    quoted = nothing.replace("[", "'[").replace("]", "]'")
    (finding,) = found(replaced(acme(), ADULT, "licence: CC-BY-4.0", f"licence: {quoted}"), "data-sheet-filled")
    assert finding.message == f"licence says nothing: {nothing}"
