"""`care assess` from the shell: a sheet, its score, the part for an authority; and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from care_rooms import care

ACME = Path(__file__).parents[2] / "examples" / "acme" / "assessments"
SIX = ("raw", "mitigation", "current", "level", "max_raw", "max_mitigation")
SURVEY = {
    "pages": [
        {
            "name": "page1",
            "elements": [
                {
                    "type": "panel",
                    "name": "panel-RS",
                    "elements": [
                        {"type": "radiogroup", "name": "a", "isRequired": True, "choices": ["item1-3", "item2-0"]},
                        {"type": "checkbox", "name": "b", "choices": ["x-1", "y-2"], "visibleIf": '{a} = "item1-3"'},
                    ],
                },
                {
                    "type": "panel",
                    "name": "panel-MS",
                    "elements": [{"type": "dropdown", "name": "m", "choices": ["yes-2", "no-0"]}],
                },
            ],
        }
    ]
}


def score(at: Path, *more: str, code: int = 0) -> Any:
    said = care("assess", "score", *more, "--format", "json", at=at)
    assert said.code == code, said.err
    return json.loads(said.out)


def numbers(answer: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(answer[name] for name in SIX)


def test_every_example_of_acme_is_scored_with_six_numbers_and_a_heading(tmp_path: Path) -> None:
    expected = {
        "lumen-language": (4, 0.780488, 0.878049, 1, 5, 1),
        "credit-decision": (57, 37, 45.6, 3, 217, 48),
        "credit-decision-eu": (0, 0, 0, 4, 0, 0),
    }
    for name, six in expected.items():
        answer = score(tmp_path, "--answers", str(ACME / f"{name}.yaml"))
        assert numbers(answer) == six
        assert answer["schema"] == "careloop/assess/v1"
        assert answer["standards_digest"].startswith("sha256:")
        assert {"careloop_version", "commit", "level_id", "because", "sections", "drivers", "obligations"} <= set(
            answer
        )


def test_a_survey_is_scored_for_one_set_of_answers_and_for_a_list(tmp_path: Path) -> None:
    (tmp_path / "survey.json").write_text(json.dumps(SURVEY), encoding="utf-8")
    one, two = {"a": "item1-3", "b": ["x-1", "y-2"], "m": "no-0"}, {"a": "item2-0", "m": "yes-2"}
    (tmp_path / "one.json").write_text(json.dumps(one), encoding="utf-8")
    (tmp_path / "two.json").write_text(json.dumps([one, two]), encoding="utf-8")
    of = ("--questionnaire", "survey.json", "--answers")
    assert numbers(score(tmp_path, *of, "one.json")) == (6, 0, 6, 4, 6, 2)
    answers = score(tmp_path, *of, "two.json")
    assert [numbers(answer) for answer in answers] == [(6, 0, 6, 4, 6, 2), (0, 2, 0, 1, 6, 2)]
    lines = care("assess", "score", *of, "two.json", at=tmp_path).out.splitlines()
    assert len(lines) == 2
    assert lines[1].endswith("level 1 of 4: Level I · raw 0 of 6 · mitigation 2 of 2 · current 0")


def test_a_hidden_answer_of_a_survey_counts_as_its_own_calculator_counts_it_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "survey.json").write_text(json.dumps(SURVEY), encoding="utf-8")
    (tmp_path / "answers.json").write_text('{"b": ["y-2"]}', encoding="utf-8")
    answer = score(tmp_path, "--questionnaire", "survey.json", "--answers", "answers.json")
    assert (answer["raw"], answer["hidden_answers"], answer["hidden_answers_count"]) == (2, ["b"], True)
    assert answer["missing_answers"] == ["a"]


def test_an_organisation_scores_a_questionnaire_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        """\
id: acme/small@1
title: Small
source: Us
scoring: {method: sum}
levels: [{id: fine, title: fine}, {id: not-fine, title: not fine, above: 0.5}]
maxima: {raw: 2, mitigation: 0}
sections:
  - id: only
    title: Only
    side: risk
    questions:
      - {id: bad, text: Is it bad?, options: [{id: yes, text: Yes, weight: 2}, {id: no, text: No}]}
""",
        encoding="utf-8",
    )
    (tmp_path / "answers.yaml").write_text("bad: yes\n", encoding="utf-8")
    answer = score(tmp_path, "--questionnaire", "own.yaml", "--answers", "answers.yaml")
    assert (numbers(answer), answer["level_id"]) == ((2, 0, 2, 2, 2, 0), "not-fine")


def test_a_score_that_is_not_the_expected_one_fails(tmp_path: Path) -> None:
    text = (ACME / "lumen-language.yaml").read_text(encoding="utf-8")
    (tmp_path / "right.yaml").write_text(text + "expected: {raw: 4, current: 0.878049}\n", encoding="utf-8")
    assert score(tmp_path, "--answers", "right.yaml")["differs_from_expected"] == []
    (tmp_path / "wrong.yaml").write_text(text + "expected: {raw: 3, level: 1}\n", encoding="utf-8")
    assert score(tmp_path, "--answers", "wrong.yaml", code=1)["differs_from_expected"] == ["raw"]
    told = care("assess", "score", "--answers", "wrong.yaml", at=tmp_path)
    assert "not what the file expects · raw should be 3" in told.out


@pytest.mark.parametrize("name", ["careloop/impact@1", "careloop/supplier@1", "careloop/eu-ai-act@1"])
def test_a_blank_sheet_is_refused_at_each_question_that_is_open_and_for_nothing_else(name: str, tmp_path: Path) -> None:
    sheet = care("assess", "blank", name, at=tmp_path)
    assert sheet.code == 0
    (tmp_path / "sheet.yaml").write_text(sheet.out, encoding="utf-8")
    said = score(tmp_path, "--answers", "sheet.yaml", code=2)
    assert {error["rule"] for error in said["errors"]} == {"missing-answer"}
    lines = sheet.out.split("\n")
    for error in said["errors"]:
        assert lines[error["line"] - 1] == f"  {error['pointer'].rpartition('/')[2]}:"
        assert error["column"] == 3


def test_last_years_answers_fill_this_years_sheet(tmp_path: Path) -> None:
    filled = care("assess", "blank", "careloop/impact@1", "--answers", ACME / "credit-decision.yaml", at=tmp_path)
    assert filled.code == 0
    (tmp_path / "again.yaml").write_text(filled.out, encoding="utf-8")
    again = score(tmp_path, "--answers", "again.yaml")
    before = score(tmp_path, "--answers", str(ACME / "credit-decision.yaml"))
    assert {**again, "commit": None} == {**before, "commit": None}


def test_an_authority_gets_its_part_and_nothing_else(tmp_path: Path) -> None:
    """R18: the profile of a jurisdiction gives a subset."""
    answers = ("--answers", str(ACME / "credit-decision.yaml"))
    said = care("assess", "share", "--profile", "eu-fria", *answers, "--format", "json", at=tmp_path)
    assert said.code == 0
    assert [part["id"] for part in said.answer["parts"]] == [f"27(1)({letter})" for letter in "abcdef"]
    assert said.answer["complete"] is True
    shown = care("assess", "share", "--profile", "eu-fria", *answers, at=tmp_path).out
    assert "A loan officer decides every case that is not clear" in shown
    assert "brokers try inputs" not in shown
    assert care("assess", "share", "--profile", "eu-frai", *answers, at=tmp_path).code == 2


# --- what is refused --------------------------------------------------------------------------------------------------

Edit = Callable[[str], str]


def swapped(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


WRONG: dict[str, tuple[Edit, str, str, str]] = {
    "an unknown question": (
        swapped("\n  autonomy:", "\n  autonmy:"),
        "13:3",
        "unknown-question",
        "did you mean 'autonomy'?",
    ),
    "an answer not offered": (swapped("supervised", "supervized"), "13:3", "not-offered", "did you mean 'supervised'?"),
    "a number for an answer": (
        swapped("autonomy: supervised", "autonomy: 3"),
        "13:3",
        "wrong-type",
        "text is needed, not 3",
    ),
    "a question left out": (swapped("  attestation: valid\n", ""), "9:1", "missing-answer", "'attestation' is shown"),
    "a question left open": (
        swapped("attestation: valid", "attestation:"),
        "17:3",
        "missing-answer",
        "add attestation: one of valid",
    ),
    "a list for one": (swapped("autonomy: supervised", "autonomy: [supervised]"), "13:3", "wrong-type", "not a list"),
    "one for a list": (swapped("[model, orchestration]", "model"), "11:3", "wrong-type", "write [model]"),
    "a reason left out": (
        swapped(
            "{answer: not_applicable, reason: The weights run in our own zone in Frankfurt; no data leaves it}",
            "not_applicable",
        ),
        "27:3",
        "missing-reason",
        "needs a reason",
    ),
    "a key of the heading misspelt": (swapped("subject:", "subjekt:"), "2:1", "unknown-key", "did you mean 'subject'?"),
    "another questionnaire": (swapped("supplier@1", "supplier@2"), "1:1", "wrong-questionnaire", "careloop/supplier@2"),
    "a key twice": (swapped("  services:", "  layer: [model]\n  services:"), "12:3", "duplicate-key", "second time"),
    "no YAML": (lambda _: "answers: [\n", "2:1", "yaml-syntax", ""),
    "nothing": (lambda _: "", "1:1", "empty-file", "empty"),
}


@pytest.mark.parametrize("name", WRONG)
def test_answers_that_do_not_fit_end_with_2_and_their_place(name: str, tmp_path: Path) -> None:
    edit, place, code, says = WRONG[name]
    text = (ACME / "lumen-language.yaml").read_text(encoding="utf-8")
    (tmp_path / "answers.yaml").write_text(edit(text), encoding="utf-8")
    of = ("--questionnaire", "careloop/supplier@1", "--answers", "answers.yaml")
    said = care("assess", "score", *of, "--format", "json", at=tmp_path)
    assert said.code == 2
    assert f"answers.yaml:{place}  error  " in said.err
    assert f"[{code}]" in said.err
    assert says in said.err
    errors = said.answer["errors"]
    assert [f"{one['line']}:{one['column']}" for one in errors if one["rule"] == code] == [place]


def test_as_text_errors_go_to_where_errors_go_and_nothing_else_is_said(tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").write_text("frist: yes\n", encoding="utf-8")
    said = care("assess", "score", "--questionnaire", "careloop/supplier@1", "--answers", "answers.yaml", at=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("answers.yaml:1:1  error  ")
    assert "[unknown-question]" in said.err


def test_a_survey_with_a_broken_condition_is_refused_at_the_column_within_the_condition(tmp_path: Path) -> None:
    text = json.dumps(SURVEY).replace('{a} = \\"item1-3\\"', '{a} = \\"item9-3\\"')
    (tmp_path / "survey.json").write_text(text, encoding="utf-8")
    (tmp_path / "answers.json").write_text("{}", encoding="utf-8")
    of = ("--questionnaire", "survey.json", "--answers", "answers.json")
    (error,) = score(tmp_path, *of, code=2)["errors"]
    assert (error["file"], error["rule"], error["line"]) == ("survey.json", "condition", 1)
    assert text[error["column"] - 1 :].startswith('\\"item9-3')
    assert "question 'b': 'item9-3' is no answer of 'a'" in error["message"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["score", "--answers", "nowhere.yaml"], "there is no file nowhere.yaml"),
        (["score", "--answers", "."], "cannot be read"),
        (["score", "--answers", "plain.yaml"], "name no questionnaire"),
        (["score", "--answers", "plain.yaml", "--questionnaire", "impact"], "there is no file impact"),
        (
            ["score", "--answers", "plain.yaml", "--questionnaire", "careloop/impact@9"],
            "no questionnaire 'careloop/impact@9'",
        ),
        (["blank", "careloop/impact@1", "--answers", "plain.yaml"], "plain.yaml:1:1"),
        (["blank", "plain.yaml"], "the questionnaire cannot be used"),
        (
            ["share", "--profile", "eu-fria", "--answers", "plain.yaml", "--questionnaire", "careloop/impact@1"],
            "do not fit",
        ),
    ],
)
def test_what_has_no_meaning_ends_with_2_and_the_next_step(arguments: list[str], says: str, tmp_path: Path) -> None:
    (tmp_path / "plain.yaml").write_text("frist: yes\n", encoding="utf-8")
    said = care("assess", *arguments, at=tmp_path)
    assert said.code == 2
    assert says in said.err
