"""The cases that rules speak about: each is judged on its own facts."""

from pathlib import Path

from careloop import wiring
from careloop.checks.subjects import Cases
from careloop.checks.vocabulary import vocabulary_for
from careloop.documents.compile import compile_tree
from careloop.domain.rule import Subject

ACME = Path(__file__).resolve().parents[3] / "examples" / "acme"


def test_each_document_is_judged_on_its_own_facts_and_not_on_those_of_another() -> None:
    cases = Cases(compile_tree(wiring.repository_source(ACME).work_tree()).repository, None)
    vocabulary = vocabulary_for(Subject.DOCUMENT, clock=False)
    wrong = 0
    for case in cases.of(Subject.DOCUMENT):
        wrong += cases.bound(case, vocabulary).facts["document"]["file"] != case.path
    assert wrong == 0


def test_what_facts_are_remembered_of_lives_as_long_as_they_do() -> None:
    cases = Cases(compile_tree(wiring.repository_source(ACME).work_tree()).repository, None)
    first = [case.values["document"] for case in cases.of(Subject.DOCUMENT)]
    again = [case.values["document"] for case in cases.of(Subject.DOCUMENT)]
    assert len(first) > 30
    assert all(one is other for one, other in zip(first, again, strict=True))
