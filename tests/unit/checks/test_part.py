"""A check of the part that an edit can have changed says what a check of the whole says, or asks for the whole."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structural_cases import STRUCTURAL_CASES, StructuralCase, replaced

from careloop.adapters.package_standards import PackageStandards
from careloop.checks.catalogue import Catalogue
from careloop.checks.part import Memory, check_part, remember
from careloop.checks.run import check_tree, judge
from careloop.checks.tree_digests import UNITS, core_digest, file_digests
from careloop.documents.compile import compile_tree
from careloop.domain.check import TreeCheck
from careloop.domain.source_tree import SourceTree
from careloop.testing.source_tree_builder import tree_of

ACME = Path(__file__).parents[3] / "examples" / "acme"
CREDIT = "systems/credit-decision/system.yaml"


@cache
def catalogue() -> Catalogue:
    return Catalogue(PackageStandards().read_all())


def inside_units() -> list[tuple[str, int]]:
    files = ((path, raw) for path, raw in acme().files.items() if path.startswith(UNITS))
    return [(path, number) for path, raw in files for number in range(len(raw.splitlines()))]


@cache
def acme() -> SourceTree:
    paths = (path for path in sorted(ACME.rglob("*")) if path.suffix in {".yaml", ".md"})
    return tree_of({path.relative_to(ACME).as_posix(): path.read_bytes() for path in paths})


def remembered(tree: SourceTree) -> Memory | None:
    memory = remember(judge(compile_tree(tree), tree, catalogue(), None), file_digests(tree))
    return None if memory is None else Memory.thawed(memory.frozen(), memory.checked)


@cache
def memory_of_acme() -> Memory:
    memory = remembered(acme())
    assert memory is not None, "a check of the base pack is missing in PART_CHECKS, or looks at the whole organisation"
    return memory


def by_part(tree: SourceTree, before: SourceTree, memory: Memory) -> Memory | None:
    """As the workflow does it: a memory serves only a tree with the same core."""
    digests = file_digests(tree)
    if core_digest(tree, digests) != core_digest(before, file_digests(before)):
        return None
    return check_part(tree, digests, memory, catalogue(), None)


def without_part(checked: TreeCheck) -> list[tuple[str, ...]]:
    return [(str(one.place), one.rule, one.message, one.enforce.value, str(one.set_aside)) for one in checked.findings]


@pytest.mark.parametrize("name", [name for name, case in STRUCTURAL_CASES.items() if case.on is None])
def test_the_mistake_of_each_structural_check_is_found_by_part_as_by_whole(name: str) -> None:
    case: StructuralCase = STRUCTURAL_CASES[name]
    tree = case.edit(acme())
    memory = by_part(tree, acme(), memory_of_acme())
    if memory is not None:
        assert without_part(memory.checked) == without_part(check_tree(tree, catalogue()))
        assert memory.checked == check_tree(tree, catalogue())


DOWNLOADED = "sha256:5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d"
SHOP = "systems/product-recommender/system.yaml"
EDITS = {
    "a tier below what the criteria give": (CREDIT, "tier: very_high", "tier: low"),
    "a supplier that does not exist": (SHOP, "supplier: helix-cloud", "supplier: helix-clod"),
    "an owner who is nobody": (SHOP, "owner: product-shop", "owner: unassigned"),
    "a card with a placeholder": ("systems/credit-decision/card.md", "Estimates whether an", "TODO"),
    "a risk off the scale": ("risk/register/credit-drift.yaml", "likelihood: 4", "likelihood: 9"),
    "a risk that threatens another system": (
        *("risk/register/credit-drift.yaml", "systems: [credit-decision]"),
        "systems: [product-recommender, credit-decison]",
    ),
    "a step that took what another system's data made, before it was": (
        *("systems/support-assistant/data/help-centre.yaml", "customer care, on: 2026-10-12}"),
        f"customer care, on: 2026-01-12, takes: [{DOWNLOADED}]}}",
    ),
    "a tier below what the answers reach": (CREDIT, "tier: very_high", "tier: medium"),
    "a supplier better than its answers": ("suppliers/lumen-language.yaml", "inherent: 4", "inherent: 2"),
    "a supplier without an assessor": ("suppliers/helix-cloud.yaml", "by: tobias-richter", "by: tobias-ritcher"),
}


@pytest.mark.parametrize("what", EDITS)
def test_one_edit_is_checked_by_part(what: str) -> None:
    tree = replaced(acme(), *EDITS[what])
    memory = by_part(tree, acme(), memory_of_acme())
    assert memory is not None
    assert memory.checked == check_tree(tree, catalogue())
    if what != "a card with a placeholder":
        assert memory.checked.findings, "the edit was meant to be a mistake"


def test_a_name_that_goes_asks_for_the_whole() -> None:
    assessment = "systems/credit-decision/impact/assessment-2026.yaml"
    tree = replaced(acme(), assessment, "id: credit-decision-2026", "id: credit-decision-2027")
    assert by_part(tree, acme(), memory_of_acme()) is None
    assert check_tree(tree, catalogue()).findings


def test_a_file_that_comes_or_goes_asks_for_the_whole() -> None:
    fewer = {path: raw for path, raw in acme().files.items() if path != "systems/credit-decision/card.md"}
    assert by_part(replace(acme(), files=fewer), acme(), memory_of_acme()) is None


def test_a_file_that_cannot_be_read_asks_for_the_whole() -> None:
    tree = replaced(acme(), CREDIT, "tier: ", "tear: ")
    assert by_part(tree, acme(), memory_of_acme()) is None


def test_a_rule_about_the_whole_organisation_asks_for_the_whole() -> None:
    words = {"id": "few-systems", "sentence": "There are few systems.", "remedy": "have fewer", "severity": "must"}
    case = {"name": "none", "facts": {"systems": []}, "expect": "allow"}
    logic = {"subject": "organisation", "moment": "change", "require": "size(systems) < 9", "cases": [case]}
    rule = {**words, **logic, "controls": []}
    files = {**acme().files, "rules/few.yaml": json.dumps({"rules": [rule]}).encode()}
    tree = replace(acme(), files=files)
    judged = judge(compile_tree(tree), tree, catalogue(), None)
    assert judged.checked.errors == ()
    assert remember(judged, file_digests(tree)) is None


LINES = inside_units()


@st.composite
def edited_lines(draw: st.DrawFn) -> list[tuple[str, int, str]]:
    """A few edits of lines in files of units: taken out, doubled, or with its value taken from another line."""
    edits = []
    for _ in range(draw(st.integers(1, 3))):
        path, number = draw(st.sampled_from(LINES))
        other, line = draw(st.sampled_from(LINES))
        value = acme().files[other].decode().splitlines()[line].partition(": ")[2]
        edits.append((path, number, draw(st.sampled_from(["", "low", "true", "TODO", "2019-01-01", value]))))
    return edits


def applied(tree: SourceTree, edits: list[tuple[str, int, str]]) -> SourceTree:
    files = dict(tree.files)
    for path, number, value in edits:
        lines = files[path].decode().splitlines()
        key, colon, _ = lines[number].partition(": ")
        lines[number] = f"{key}{colon}{value}" if colon and value else ""
        files[path] = ("\n".join(lines) + "\n").encode()
    return replace(tree, files=files)


@settings(max_examples=max(40, settings().max_examples // 2), deadline=None)
@given(edited_lines(), edited_lines())
def test_edits_one_after_the_other_are_checked_by_part_as_by_whole(
    first: list[tuple[str, int, str]], second: list[tuple[str, int, str]]
) -> None:
    before, memory = acme(), memory_of_acme()
    for edits in (first, second):
        after = applied(before, edits)
        part = by_part(after, before, memory)
        if part is None:
            return
        assert part.checked == check_tree(after, catalogue())
        before, memory = after, Memory.thawed(part.frozen(), part.checked)
