"""Each structural check finds its one mistake in Acme at its place, and nothing in Acme as it is (R2, R20, R24)."""

from functools import cache
from pathlib import Path

import pytest
from structural_cases import STRUCTURAL_CASES, StructuralCase

from careloop.adapters.package_standards import PackageStandards
from careloop.checks.catalogue import Catalogue
from careloop.checks.run import check_tree
from careloop.domain.source_tree import SourceTree
from careloop.testing.source_tree_builder import tree_of

ACME = Path(__file__).parents[3] / "examples" / "acme"


@cache
def acme() -> SourceTree:
    paths = (path for path in sorted(ACME.rglob("*")) if path.suffix in {".yaml", ".md"})
    return tree_of({path.relative_to(ACME).as_posix(): path.read_bytes() for path in paths})


@cache
def catalogue() -> Catalogue:
    return Catalogue(PackageStandards().read_all())


def test_acme_as_it_is_has_nothing_to_mend() -> None:
    checked = check_tree(acme(), catalogue())
    assert checked.errors == ()
    assert checked.findings == ()
    assert checked.documents > 60


@pytest.mark.parametrize("name", STRUCTURAL_CASES)
def test_a_structural_check_finds_its_mistake_at_its_place(name: str) -> None:
    case: StructuralCase = STRUCTURAL_CASES[name]
    tree = case.edit(acme())
    checked = check_tree(tree, catalogue(), case.on)
    assert checked.errors == ()
    found = [finding for finding in checked.findings if finding.rule == name and finding.place.file == case.file]
    assert found, [f"{finding.place} {finding.rule} {finding.message}" for finding in checked.findings][:8]
    assert any(case.says in finding.message for finding in found), [finding.message for finding in found]
    assert all(finding.remedy and finding.place.line >= 1 for finding in found)
    lines = tree.files.get(case.file, b"").count(b"\n") + 1
    assert all(finding.place.line <= lines for finding in found)
