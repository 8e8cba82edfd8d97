"""Canada's Algorithmic Impact Assessment: 400 random answer sets, scored as its government's own program did."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from careloop.adapters.package_standards import PackageStandards
from careloop.assessments.form import Form
from careloop.checks.questionnaire_shelf import NamedFile, QuestionnaireShelf
from careloop.domain.assessment_result import AssessmentResult
from careloop.domain.questionnaire import Side
from careloop.testing.repository_fake import RepositoryFake
from careloop.workflows.create.score_assessment import score_assessment

CARE = Path(sys.executable).with_name("care")
MAXIMA = {
    "businessDrivers": 5,
    "riskProfile": 15,
    "projectAuthority": 2,
    "aboutSystem": 17,
    "aboutAlgorithm": 15,
    "decisionSector": 8,
    "impact": 52,
    "aboutData": 53,
}
PHASE_MAXIMA = {"consultation": 10, "dataQuality": 14, "fairness": 44, "privacy": 9}


@pytest.fixture(scope="module")
def published(oracles: Path) -> Path:
    """The folder of the survey and the vectors."""
    folder = oracles / "canada-aia"
    if not folder.is_dir():
        pytest.skip(f"Canada's survey is not at {folder}")
    return folder


@pytest.fixture(scope="module")
def form(published: Path) -> Form:
    """The survey, ready for answers."""
    survey = published / "survey.json"
    opened = QuestionnaireShelf(PackageStandards().read_all()).open(NamedFile(survey.name, survey.read_bytes()))
    assert isinstance(opened, Form), opened
    return opened


@pytest.fixture(scope="module")
def vectors(published: Path) -> list[dict[str, Any]]:
    """The published answer sets with their results."""
    found: list[dict[str, Any]] = json.loads((published / "vectors.json").read_text(encoding="utf-8"))
    return found


def scored(published: Path, answers: list[dict[str, Any]] | dict[str, Any]) -> AssessmentResult:
    survey = published / "survey.json"
    return score_assessment(
        NamedFile("answers.json", json.dumps(answers).encode()),
        NamedFile(survey.name, survey.read_bytes()),
        standards=PackageStandards(),
        source=RepositoryFake(is_git=False),
    )


def test_all_400_results_are_those_of_the_official_program(published: Path, vectors: list[dict[str, Any]]) -> None:
    result = scored(published, [vector["answers"] for vector in vectors])
    assert result.errors == ()
    same = [
        all(getattr(one.score, name) == number for name, number in vector["expected"].items())
        for one, vector in zip(result.scored, vectors, strict=True)
    ]
    assert (sum(same), len(same)) == (400, 400)
    assert {name for vector in vectors for name in vector["expected"]} == {"raw", "mitigation", "current", "level"}


def test_the_vectors_meet_every_level_and_both_sides_of_the_relief(vectors: list[dict[str, Any]]) -> None:
    expected = [vector["expected"] for vector in vectors]
    assert set(Counter(one["level"] for one in expected)) == {1, 2, 3, 4}
    assert {one["mitigation"] >= 61.6 for one in expected} == {True, False}
    halves = [one for one in expected if one["mitigation"] >= 61.6 and one["raw"] % 20 == 10]
    assert halves, "no vector tells rounding half up from rounding half to even"


def test_a_result_that_is_not_the_published_one_is_noticed(published: Path, vectors: list[dict[str, Any]]) -> None:
    right = scored(published, vectors[:1])
    assert (right.exit_code, right.scored[0].differing) == (0, ())
    wrong = {**vectors[0], "expected": {**vectors[0]["expected"], "level": 4}}
    result = scored(published, [wrong])
    assert (result.exit_code, result.scored[0].differing) == (1, ("level",))


def test_maxima_are_those_of_the_official_program(form: Form, published: Path, vectors: list[dict[str, Any]]) -> None:
    assert [float(form.maximum.raw), float(form.maximum.mitigation)] == [167, 154]
    sections = {one.id: one for one in scored(published, vectors[0]["answers"]).scored[0].score.sections}
    assert {name: one.max_raw for name, one in sections.items() if one.max_raw} == MAXIMA
    by_phase = {name + phase: most for name, most in PHASE_MAXIMA.items() for phase in ("Design", "Implementation")}
    assert {name: one.max_mitigation for name, one in sections.items() if one.max_mitigation} == by_phase


def test_the_survey_is_read_whole(form: Form) -> None:
    sides = Counter(item.side for item in form.items.values())
    assert (sides[Side.RISK], sides[Side.MITIGATION]) == (70, 90)
    conditions = sum(1 for item in form.items.values() if item.question.visible_if)
    pages = sum(1 for section in form.questionnaire.sections if section.visible_if)
    assert (conditions, pages) == (116, 8)
    assert len(form.items) == 295  # 299 elements, 4 of them text to read


def test_the_command_prints_the_published_numbers_for_a_list_and_for_one(
    published: Path, vectors: list[dict[str, Any]], tmp_path: Path
) -> None:
    many, one = tmp_path / "many.json", tmp_path / "one.json"
    many.write_text(json.dumps([vector["answers"] for vector in vectors[:3]]), encoding="utf-8")
    one.write_text(json.dumps(vectors[0]["answers"]), encoding="utf-8")
    command = [str(CARE), "assess", "score", "--questionnaire", str(published / "survey.json"), "--format", "json"]
    runs = [subprocess.run([*command, "--answers", str(path)], capture_output=True, check=True) for path in (many, one)]
    listed, single = (json.loads(run.stdout) for run in runs)
    maxima = {"max_raw": 167, "max_mitigation": 154}
    for answer, vector in zip([*listed, single], [*vectors[:3], vectors[0]], strict=True):
        assert {**vector["expected"], **maxima}.items() <= answer.items()
