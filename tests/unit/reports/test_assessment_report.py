"""A score as a person reads it: level and reasons, whose risk, what raised it, what follows, what to mind."""

from dataclasses import replace
from pathlib import Path

from careloop.adapters.package_standards import PackageStandards
from careloop.checks.questionnaire_shelf import NamedFile
from careloop.domain.assessment_result import AssessmentResult
from careloop.reports.assessment_report import assessment_json, assessment_lines
from careloop.testing.repository_fake import RepositoryFake
from careloop.workflows.create.score_assessment import score_assessment

ACME = Path(__file__).parents[3] / "examples" / "acme" / "assessments"


def result(name: str, more: str = "") -> AssessmentResult:
    raw = (ACME / f"{name}.yaml").read_bytes() + more.encode()
    file = NamedFile(f"{name}.yaml", raw)
    found = score_assessment(file, None, standards=PackageStandards(), source=RepositoryFake(is_git=False))
    assert found.errors == ()
    return found


def lines(found: AssessmentResult) -> list[str]:
    return [line for _, line in assessment_lines(found)]


def test_level_and_reasons_come_first() -> None:
    assert lines(result("credit-decision"))[:4] == [
        "Impact of an AI system   [careloop/impact@1]   credit-decision",
        "level 3 of 4: high · raw 57 of 217 · mitigation 37 of 48 · current 45.6",
        "    People can be harmed in what matters to them.",
        "    because it decides about livelihood or liberty unless a person steps in",
    ]


def test_each_part_is_shown_with_its_own_level() -> None:
    told = lines(result("credit-decision"))
    start = told.index("whose risk")
    assert [line.split("  ")[1] for line in told[start + 1 : start + 4]] == [
        "Organisation",
        "Individuals and groups",
        "Society",
    ]
    assert "level 1  raw 6 of 63  mitigation 8 of 10 asked for  current 4.8" in told[start + 3]


def test_five_answers_that_raised_it_are_shown_and_the_rest_counted() -> None:
    told = lines(result("credit-decision"))
    start = told.index("what raised it most")
    assert told[start + 1].startswith("  5 of 8 (individuals)  What does its outcome decide")
    assert told[start + 11] == "  and 20 more; --format json lists all"


def test_what_follows_has_its_day_and_its_source() -> None:
    told = lines(result("credit-decision-eu"))
    assert told[1] == "level 4 of 5: high risk · by rule, without a sum"
    assert "  Run risk management over the life cycle · from 2027-12-02   [Article 9]" in told
    assert "  Keep the documentation for ten years · from 2027-12-02 · not verified   [Article 18]" in told
    assert told[-1].startswith("note: This is our reading of the Act")


def test_answers_without_evidence_and_answers_that_are_hidden_are_named() -> None:
    told = lines(result("credit-decision", "  content_marked: no\n"))
    assert "note: answers to questions that other answers hide count for nothing: content_marked" in told
    assert "note: these count less, for no evidence is named: usable_by_all" in told


def test_the_six_numbers_are_whole_where_they_are_and_a_list_gives_a_list() -> None:
    found = result("lumen-language")
    answer = assessment_json(found)
    assert isinstance(answer, dict)
    assert (answer["raw"], answer["mitigation"], answer["current"]) == (4, 0.780488, 0.878049)
    assert isinstance(answer["raw"], int)
    assert answer["commit"] is None
    listed = assessment_json(replace(found, listed=True))
    assert listed == [answer]
    assert lines(replace(found, listed=True)) == [
        "1  lumen-language  level 1 of 5: low · raw 4 of 5 · mitigation 0.7805 of 1 · current 0.878"
    ]
