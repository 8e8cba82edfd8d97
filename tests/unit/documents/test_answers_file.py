"""Files of answers: YAML and JSON, with a heading and without, one set and a list."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.answers_file import AnswersReading, read_answers
from careloop.domain.answer_set import Answer, AnswerHeader, AnswerSet


def read(text: str, name: str = "answers.yaml") -> AnswersReading:
    found = read_answers(name, text.encode())
    assert isinstance(found, AnswersReading), found
    return found


def test_a_file_with_a_heading_says_what_it_is_about() -> None:
    text = "questionnaire: acme/x@1\nsubject: credit\nby: ada\non: 2026-03-31\nanswers:\n  a: yes\n  b: [x, y]\n  c:\n"
    (found,) = read(text).sets
    assert found.header.questionnaire == "acme/x@1"
    assert str(found.header.on) == "2026-03-31"
    assert found.answers == {"a": Answer(("yes",)), "b": Answer(("x", "y"), listed=True), "c": Answer(())}
    assert found.at == ("answers",)


def test_a_file_without_a_heading_holds_the_answers_themselves() -> None:
    reading = read('{"a": "item1-2", "b": ["item2"]}', "answers.json")
    assert reading.listed is False
    assert reading.sets == (AnswerSet({"a": Answer(("item1-2",)), "b": Answer(("item2",), listed=True)}),)


def test_a_list_holds_sets_of_either_form() -> None:
    reading = read('[{"a": "x"}, {"answers": {"a": "y"}, "expected": {"raw": 3}}]', "answers.json")
    assert reading.listed is True
    assert [one.answers["a"].values for one in reading.sets] == [("x",), ("y",)]
    assert [one.at for one in reading.sets] == [(0,), (1, "answers")]
    assert reading.sets[1].header.expected == {"raw": 3}


def test_evidence_and_reasons_stand_beside_the_answer() -> None:
    (found,) = read('a: {answer: yes, evidence: page 3}\nb: {answer: "no", reason: none needed, evidence: ""}\n').sets
    assert found.answers == {
        "a": Answer(("yes",), evidence="page 3"),
        "b": Answer(("no",), reason="none needed"),
    }


@pytest.mark.parametrize(
    ("text", "code", "line", "says"),
    [
        ("a: 3\n", "wrong-type", 1, "a: text is needed, not 3"),
        ("b: x\na: true\n", "wrong-type", 2, "not true"),
        ("a:\n  - x\n  - [y]\n", "wrong-type", 3, "not a list"),
        ("a: {evidence: x}\n", "missing-key", 1, "'answer' is missing"),
        ("a: {answer: x, proof: y}\n", "unknown-key", 1, "known are answer, evidence, reason"),
        ("a: {answer: x, reason: 4}\n", "wrong-type", 1, "reason: text is needed"),
        ("answers: [a]\n", "wrong-type", 1, "a mapping"),
        ("answers: {}\nsubjct: x\n", "unknown-key", 2, "did you mean 'subject'?"),
        ("answers: {}\non: 2026-02-30\n", "bad-date", 2, "no day of the calendar"),
        ("answers: {}\nexpected: {score: 3}\n", "unknown-key", 2, "a score has no 'score'"),
        ("- a: x\n- b\n", "wrong-type", 2, "answers are a mapping"),
        ("[]\n", "empty-file", 1, "no answers"),
        ("3\n", "wrong-type", 1, "answers are a mapping"),
        ("", "empty-file", 1, "empty"),
        ("a: x\na: y\n", "duplicate-key", 2, "second time"),
        ("a: [x\n", "yaml-syntax", 2, ""),
    ],
)
def test_what_is_wrong_with_the_form_is_told_at_its_line(text: str, code: str, line: int, says: str) -> None:
    found = read_answers("answers.yaml", text.encode())
    assert isinstance(found, tuple)
    assert [(error.rule, error.place.line) for error in found] == [(code, line)]
    assert says in found[0].message


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ('{"a": 1}', "wrong-type", "answers.json:1:2"),
        ('{\n "a": tru}', "json-syntax", "answers.json:2:7"),
        ('{"a": "\\ud800"}', "not-utf8", "answers.json:1:1"),
        ('[{"a": "x"},\n {"b": ["x", 2]}]', "wrong-type", "answers.json:2:14"),
        (" " * 5_000_001, "too-large", "answers.json:1:1"),
    ],
)
def test_json_has_places_as_well(text: str, code: str, place: str) -> None:
    found = read_answers("answers.json", text.encode())
    assert isinstance(found, tuple)
    assert [(error.rule, str(error.place)) for error in found] == [(code, place)]


_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,6}", fullmatch=True).filter(lambda name: name != "answers")
_WORDS = st.text(min_size=1, max_size=6).filter(lambda text: bool(text.strip()) and _fits(text))


def _fits(text: str) -> bool:
    return not any(0xD800 <= ord(one) <= 0xDFFF for one in text)


@given(st.dictionaries(_NAMES, _WORDS | st.lists(_WORDS, max_size=3), min_size=1, max_size=4))
def test_json_and_yaml_say_the_same(values: dict[str, str | list[str]]) -> None:
    in_json = read(json.dumps({"answers": values}), "answers.json")
    in_yaml = read(yaml.safe_dump({"answers": values}, sort_keys=False, default_style='"'), "answers.yaml")
    assert in_json.sets == in_yaml.sets
    assert in_json.sets[0].header == AnswerHeader()
    assert list(in_json.sets[0].answers) == list(values)
