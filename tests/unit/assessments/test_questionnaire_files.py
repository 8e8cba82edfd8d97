"""parse(render(x)) == x for questionnaires, and what is wrong with a file has its place in it."""

import json
import re
from pathlib import Path

import pytest
import yaml
from assessment_builders import a_question, a_questionnaire, forms, given_answers, score, shipped_forms
from hypothesis import given

from careloop.adapters.package_standards import PackageStandards
from careloop.assessments.form import Form
from careloop.checks.questionnaire_shelf import NamedFile, QuestionnaireShelf
from careloop.domain.finding import Finding
from careloop.domain.questionnaire import Questionnaire
from careloop.errors import NotFound

SHELF = QuestionnaireShelf(PackageStandards().read_all())
SHIPPED = {name: form.questionnaire for name, form in shipped_forms().items()}


def opened(text: str, name: str = "own.yaml") -> Form:
    found = SHELF.open(NamedFile(name, text.encode()))
    assert isinstance(found, Form), found
    return found


def refused(text: str, name: str) -> tuple[Finding, ...]:
    found = SHELF.open(NamedFile(name, text.encode()))
    assert not isinstance(found, Form)
    return found


def _check_that_it_reads_back(questionnaire: Questionnaire) -> None:
    values = questionnaire.model_dump(mode="json")
    assert opened(yaml.safe_dump(values, sort_keys=False)).questionnaire == questionnaire
    assert opened(json.dumps(values), "own.json").questionnaire == questionnaire


@pytest.mark.parametrize("name", SHIPPED)
def test_a_questionnaire_that_ships_is_read_as_it_is_written_out(name: str) -> None:
    _check_that_it_reads_back(SHIPPED[name])
    assert SHIPPED[name].id == name


@given(forms())
def test_any_questionnaire_is_read_as_it_is_written_out(form: Form) -> None:
    _check_that_it_reads_back(form.questionnaire)


def test_a_flaw_has_its_line_and_a_condition_its_column() -> None:
    broken = a_questionnaire(a_question("first"), a_question("second", visible_if='{first} = "maybe"'))
    text = yaml.safe_dump(broken.model_dump(mode="json", exclude_defaults=True), sort_keys=False)
    (error,) = refused(text, "own.yaml")
    line = text.split("\n")[error.place.line - 1]
    assert line.strip().startswith("visible_if:")
    assert line[error.place.column - 1 :].startswith('"maybe"')
    in_json = json.dumps(broken.model_dump(mode="json", exclude_defaults=True))
    (error,) = refused(in_json, "own.json")
    assert in_json[error.place.column - 1 :].startswith('\\"maybe\\"')


def test_everything_wrong_with_the_form_of_a_file_is_told() -> None:
    text = (
        "id: own/x@1\ntitle: X\nsorce: me\nscoring: {method: product}\nlevels: []\n"
        "sections:\n  - {id: a, title: A, questions: []}\n"
    )
    errors = refused(text, "own.yaml")
    assert [(error.place.line, error.rule) for error in errors] == [
        (1, "missing-key"),
        (3, "unknown-key"),
        (4, "bad-value"),
        (5, "bad-value"),
        (7, "bad-value"),
    ]
    assert "did you mean 'source'?" in errors[1].message


def test_a_name_that_does_not_ship_is_told_with_those_that_do() -> None:
    with pytest.raises(NotFound, match="no questionnaire 'careloop/impact@9'") as unknown:
        SHELF.open("careloop/impact@9")
    assert "careloop/impact@1" in (unknown.value.hint or "")


def test_the_questionnaire_that_the_docs_show_whole_can_be_used() -> None:
    document = Path(__file__).parents[3] / "docs" / "how-to" / "assess.md"
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    form = opened(block)
    found = score(form, given_answers(gives=["medical"], reviewed="yes"))
    assert (found.level_is.id, [one.id for one in found.obligations]) == ("high", ["script"])
