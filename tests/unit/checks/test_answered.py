"""R9, R11, R27, R61: filled-in questionnaires are documents: owned, in review, approved, and others rest on them."""

from datetime import UTC, datetime
from functools import cache

import pytest
from structural_cases import CREDIT, replaced

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.checks.run import check_tree
from careloop.checks.subjects import Cases
from careloop.documents.compile import compile_tree
from careloop.domain.finding import Finding
from careloop.domain.rule import Subject
from careloop.domain.source_tree import SourceTree

IMPACT = "assessments/credit-decision.yaml"
SUPPLIER = "assessments/lumen-language.yaml"
WAIVER = """\
id: lower-tier
rule: tier-answered
subject: credit-decision
reason: The committee looked at the case and holds the form to be too strict here.
owner: responsible-ai-lead
expires: 2027-02-01
approved: [{{by: {by}, on: 2026-11-02}}]
"""
CHATBOTS = """\
id: acme/chatbots@1
title: Chatbots
source: Our own question
scoring: {method: sum}
levels:
  - {id: low, title: low}
  - {id: high, title: high, above: 0.5}
sections:
  - id: advice
    title: What it tells people
    questions:
      - id: medical
        text: Does it give advice on health?
        side: risk
        options: [{id: "yes", text: "Yes", weight: 3}, {id: "no", text: "No"}]
"""
ANSWERS = """\
questionnaire: acme/chatbots@1
subject: support-assistant
by: legal-counsel
on: 2026-11-02
owner: legal-counsel
reviewed: 2026-11-02
approved: {by: responsible-ai-lead, on: 2026-11-03}
expected: {raw: 0, level: 1}
answers: {medical: "no"}
"""


@cache
def catalogue() -> Catalogue:
    return Catalogue(wiring.standards_library().read_all())


@cache
def acme() -> SourceTree:
    return wiring.repository_source(wiring.examples().folder("acme")).work_tree()


def added(tree: SourceTree, path: str, text: str) -> SourceTree:
    return SourceTree({**tree.files, path: text.encode()})


def found(tree: SourceTree, rule: str) -> list[Finding]:
    checked = check_tree(tree, catalogue())
    assert checked.errors == ()
    return [one for one in checked.findings if one.rule == rule]


def test_acme_keeps_three_filled_in_questionnaires_and_nothing_is_wrong_with_them() -> None:
    checked = check_tree(acme(), catalogue())
    assert (checked.errors, checked.findings) == ((), ())


def test_a_filled_in_questionnaire_is_reviewed_like_every_document_r9() -> None:
    cases = Cases(compile_tree(acme()).repository, datetime(2026, 11, 20, tzinfo=UTC))
    documents = {case.id: case.values["document"] for case in cases.of(Subject.DOCUMENT)}
    assert (documents[IMPACT].owner, documents[IMPACT].version) == ("product-credit", "2")
    assert documents[IMPACT].review_due is not None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("careloop/impact@1", "careloop/impakt@1", "there is no questionnaire 'careloop/impakt@1'"),
        ("autonomy: can_override", "autonomy: sometimes", "'sometimes' is not among the answers offered"),
        ("  stakes: livelihood\n", "", "the question 'stakes' is shown and has no answer"),
        ("\nanswers:\n", "\nexpected: {raw: 12}\nanswers:\n", "these answers give 57 for raw, and 12 is kept"),
    ],
)
def test_answers_that_do_not_fit_are_a_finding_with_its_place(old: str, new: str, says: str) -> None:
    (finding,) = found(replaced(acme(), IMPACT, old, new), "answers-fit")
    assert says in finding.message
    assert finding.place.file == IMPACT
    assert finding.blocking
    if new and not new.startswith("\n"):
        line = replaced(acme(), IMPACT, old, new).files[IMPACT].decode().splitlines()[finding.place.line - 1]
        assert new in line


def test_answers_about_nothing_that_exists_are_dangling() -> None:
    (finding,) = found(
        replaced(acme(), IMPACT, "subject: credit-decision", "subject: credit-decison"), "reference-exists"
    )
    assert "there is no system or supplier 'credit-decison'; did you mean 'credit-decision'?" in finding.message


def test_an_approval_before_the_answers_approves_nothing() -> None:
    early = replaced(acme(), SUPPLIER, "on: 2026-09-02", "on: 2026-08-02")
    (finding,) = found(early, "answers-approved")
    assert finding.message == "it was approved on 2026-08-02, before it was answered on 2026-08-31"


def test_a_supplier_that_is_no_better_than_its_answers_passes_r61() -> None:
    worse = replaced(acme(), "suppliers/lumen-language.yaml", "inherent: 4", "inherent: 5")
    assert found(worse, "supplier-answered") == []
    nothing = replaced(acme(), "suppliers/lumen-language.yaml", "inherent: 4", "inherent: 3")
    (finding,) = found(nothing, "supplier-answered")
    assert "inherent risk 3 is less than the 4 that assessments/lumen-language.yaml gives" in finding.message
    assert "inherent: 4 and assurance: 0.78" in finding.remedy


def test_only_the_newest_answers_of_a_questionnaire_decide() -> None:
    old = acme().files[IMPACT].decode()
    earlier = old.replace("on: 2026-09-14", "on: 2025-09-14", 1)
    low = replaced(acme(), CREDIT, "tier: very_high", "tier: medium")
    assert len(found(added(low, "assessments/credit-decision-2025.yaml", earlier), "tier-answered")) == 1


@pytest.mark.parametrize(("by", "covers"), [("chief-risk-officer", True), ("product-credit", False)])
def test_a_lower_tier_than_answered_wants_somebody_elses_approval_r27(by: str, covers: bool) -> None:
    low = replaced(acme(), CREDIT, "tier: very_high", "tier: medium")
    waived = added(low, "waivers/tier.yaml", WAIVER.format(by=by))
    (finding,) = found(waived, "tier-answered")
    assert (finding.set_aside is not None) is covers


def test_an_organisation_answers_a_questionnaire_of_its_own() -> None:
    tree = added(added(acme(), "questionnaires/chatbots.yaml", CHATBOTS), "assessments/chat.yaml", ANSWERS)
    assert check_tree(tree, catalogue()).findings == ()
    wrong = replaced(tree, "assessments/chat.yaml", 'medical: "no"', 'medical: "yes"')
    assert {one.message for one in found(wrong, "answers-fit")} == {
        "these answers give 3 for raw, and 0 is kept",
        "these answers give 2 for level, and 1 is kept",
    }


def test_a_name_that_ships_is_not_taken() -> None:
    taken = CHATBOTS.replace("acme/chatbots@1", "careloop/impact@1")
    (finding,) = found(added(acme(), "questionnaires/impact.yaml", taken), "questionnaire-sound")
    assert "a questionnaire 'careloop/impact@1' ships with careloop" in finding.message
