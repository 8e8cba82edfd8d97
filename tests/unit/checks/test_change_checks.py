"""What a change did: artefacts without card and risk (R39), a baseline that grows (R80), drafts that only warn."""

from functools import cache

import pytest
from change_cases import CHANGE_CASES, baseline

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.checks.change_run import check_change
from careloop.checks.run import check_tree
from careloop.domain.change_review import ChangeReview
from careloop.domain.finding import Finding
from careloop.domain.path_pattern import path_fits
from careloop.domain.tier import Enforcement
from careloop.testing.source_tree_builder import Files, edited, small_repository, tree_of, with_file, without

FINDER = "systems/book-finder/system.yaml"
RISK = "risk/register/odd-advice.yaml"
CARD = "systems/book-finder/card.md"


@cache
def catalogue() -> Catalogue:
    return Catalogue(wiring.standards_library().read_all())


@cache
def acme() -> Files:
    return wiring.repository_source(wiring.examples().folder("acme")).work_tree().files


def found(old: Files, new: Files, *changed: str) -> tuple[Finding, ...]:
    """Findings of the change from one set of documents to another that touches some other files."""
    before, after = (check_tree(tree_of(files), catalogue()) for files in (old, new))
    assert after.errors == ()
    return check_change(ChangeReview(tree_of(old), tree_of(new), before, after, frozenset(changed)), catalogue())


def a_shop_with_weights() -> dict[str, bytes]:
    """The bookshop, whose idea of a system has weights and a card that says all."""
    files = edited(
        small_repository(), FINDER, "domain: retail", 'domain: retail\nartefacts: ["models/**", params.yaml]'
    )
    card = acme()["systems/product-recommender/card.md"].decode()
    front = card.split("---\n", 2)
    kept = "\n".join(line for line in front[1].split("care:")[0].splitlines())
    return with_file(files, CARD, f"---\n{kept}\n---\n{front[2]}")


@pytest.mark.parametrize("name", CHANGE_CASES)
def test_a_check_of_a_change_finds_its_mistake_at_its_place(name: str) -> None:
    case = CHANGE_CASES[name]
    (finding,) = [one for one in found(*case.trees(acme()), *case.files) if one.rule == name]
    assert finding.place.file == case.file
    assert case.says in finding.message
    assert (finding.blocking, finding.introduced) == (True, True)
    assert finding.remedy


def test_a_changed_model_with_a_valid_card_and_a_recorded_risk_passes_r39() -> None:
    files = a_shop_with_weights()
    assert found(files, files, "models/weights.bin", "params.yaml", "README.md") == ()


@pytest.mark.parametrize(
    ("gone", "says"),
    [(CARD, "its model card systems/book-finder/card.md is missing"), (RISK, "no risk of it is recorded")],
)
def test_a_changed_model_without_card_or_risk_fails_whatever_its_tier_r39(gone: str, says: str) -> None:
    files = a_shop_with_weights()
    (finding,) = found(files, without(files, gone), "models/weights.bin")
    assert (finding.place.file, finding.place.line, finding.blocking) == ("models/weights.bin", 1, True)
    assert says in finding.message


def test_a_card_that_is_a_placeholder_counts_as_missing_r39() -> None:
    files = a_shop_with_weights()
    start = files[CARD].decode().index("### Out-of-Scope Use\n")
    end = files[CARD].decode().index("\n## ", start)
    empty = (
        files[CARD].decode()[:start] + "### Out-of-Scope Use\n\nMore Information Needed\n" + files[CARD].decode()[end:]
    )
    (finding,) = [one for one in found(files, with_file(files, CARD, empty), "models/w.bin") if one.blocking]
    assert "is not valid: the section on out-of-scope use is there and says nothing" in finding.message


def test_a_new_model_that_no_system_claims_is_found_and_material_of_tests_is_not() -> None:
    files = small_repository()
    told = found(files, files, "nightly/model.onnx", "tests/data/tiny.pkl", "src/train.py")
    assert [finding.place.file for finding in told] == ["nightly/model.onnx"]
    assert "no system claims it" in told[0].message


def test_known_debt_of_a_card_covers_its_artefact_until_it_is_paid() -> None:
    uses = "lifecycle: design\nintended_use:\n  - {id: next, purpose: Suggest the next book, roles: [reader]}"
    files = edited(without(a_shop_with_weights(), CARD), FINDER, "lifecycle: inception", uses)
    (debt,) = [one for one in check_tree(tree_of(files), catalogue()).findings if one.rule == "card-present"]
    known = baseline((debt.id, "2027-01-01")).replace("model-risk", "ai-lead")
    assert [one.rule for one in found(files, files, "models/w.bin")] == ["artefact-covered"]
    owned = with_file(files, "baseline.yaml", known)
    assert found(owned, owned, "models/w.bin") == ()


# --- the baseline may only shrink -------------------------------------------------------------------------------------

A, B = "a" * 16, "b" * 16


def _debt(*items: tuple[str, str]) -> dict[str, bytes]:
    return with_file(small_repository(), "baseline.yaml", baseline(*items).replace("model-risk", "ai-lead"))


def test_a_date_that_is_put_off_is_found_and_one_brought_forward_is_not() -> None:
    (finding,) = found(_debt((A, "2026-06-30")), _debt((A, "2026-07-01")))
    assert finding.message.endswith("is put off from 2026-06-30 to 2026-07-01")
    assert finding.place.line == 3
    assert found(_debt((A, "2026-06-30")), _debt((A, "2026-06-01"))) == ()


def test_an_item_may_leave_and_none_may_come() -> None:
    both = _debt((A, "2026-06-30"), (B, "2026-06-30"))
    assert found(both, _debt((A, "2026-06-30"))) == ()
    assert [one.rule for one in found(_debt((A, "2026-06-30")), both)] == ["baseline-shrinks"]


def test_a_first_baseline_takes_in_old_debt_only() -> None:
    broken = edited(small_repository(), FINDER, "owner: ai-lead", "owner: unassigned")
    old = {one.rule: one.id for one in check_tree(tree_of(broken), catalogue()).findings}
    item = (old["owner-named"], "2026-06-30")
    first = with_file(broken, "baseline.yaml", baseline(item).replace("model-risk", "ai-lead"))
    assert found(broken, first) == ()
    (finding,) = found(small_repository(), first)
    assert "was not there before this change" in finding.message
    assert found({}, first) == (), "where nothing was governed before, all debt is old"


# --- drafts -----------------------------------------------------------------------------------------------------------


def test_what_is_wrong_with_a_draft_goes_to_its_owner_and_blocks_nothing_r80() -> None:
    files = edited(small_repository(), FINDER, "jurisdictions: [Ireland]\n", "draft: true\n")
    (finding,) = check_tree(tree_of(files), catalogue()).findings
    assert (finding.rule, finding.enforce, finding.owner) == ("jurisdictions-stated", Enforcement.WARN, "ai-lead")


def test_what_is_wrong_with_the_data_sheet_of_a_draft_blocks_nothing_either_r80() -> None:
    sheet = "id: letters\nname: Letters\npurpose: Try it\nused_for: [evaluation]\npersonal: false\nowner: ai-lead\n"
    sheet += "source: The shop\nlicence: Ours\nrights: TODO\n"
    files = edited(small_repository(), FINDER, "jurisdictions: [Ireland]\n", "jurisdictions: [Ireland]\ndraft: true\n")
    told = check_tree(tree_of(with_file(files, "systems/book-finder/data/letters.yaml", sheet)), catalogue()).findings
    assert {one.rule for one in told} == {"quality-targets-set", "provenance-recorded", "data-sheet-filled"}
    assert {(one.enforce, one.owner) for one in told} == {(Enforcement.WARN, "ai-lead")}


def test_a_draft_that_is_in_use_is_no_draft() -> None:
    files = edited(small_repository(), FINDER, "lifecycle: inception", "lifecycle: operation\ndraft: true")
    blocking = [one.rule for one in check_tree(tree_of(files), catalogue()).findings if one.blocking]
    assert blocking == ["draft-is-inception"]


# --- patterns ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "pattern", "fits"),
    [
        ("models/a/b.bin", "models/**", True),
        ("models/b.bin", "./models/", True),
        ("models2/b.bin", "models/**", False),
        ("a/b/c.txt", "**/c.txt", True),
        ("c.txt", "**/c.txt", True),
        ("a/c.txt", "*.txt", False),
        ("a.txt", "?.txt", True),
        ("a+b.txt", "a+b.*", True),
    ],
)
def test_a_star_stays_in_its_folder_and_two_go_through(path: str, pattern: str, fits: bool) -> None:
    assert path_fits(path, [pattern]) is fits
