"""The interview without a terminal: few questions, each answer kept, nothing of others overwritten (R14)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from careloop import wiring
from careloop.documents.compile import compile_tree
from careloop.domain.source_tree import SourceTree
from careloop.domain.system import System
from careloop.errors import Conflict, InvalidInput
from careloop.ports.repository_source import Head
from careloop.ports.workspace import Author, WrittenRepository
from careloop.testing.document_folder_fake import DocumentFolderFake
from careloop.testing.repository_fake import RepositoryFake
from careloop.testing.result_cache_fake import ResultCacheFake
from careloop.testing.workspace_fake import WorkspaceFake
from careloop.workflows.create.interview import STATE, Interview, InterviewDesk, read_answers
from careloop.workflows.create.interview_documents import interview_documents
from careloop.workflows.create.interview_questions import QUESTIONS

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Room(RepositoryFake):
    """One folder seen through every port that the interview uses."""

    def __init__(self, files: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.folder = DocumentFolderFake(files or {})
        self.space = WorkspaceFake()
        self.space.files = self.folder.files

    def work_tree(self) -> SourceTree:
        return SourceTree({path: text.encode() for path, text in self.folder.files.items()})

    def head(self) -> Head:
        return Head(None, None)

    def interview(self, *, days_later: int = 0) -> Interview:
        standards = wiring.standards_library()
        now = NOW + timedelta(days=days_later)
        return Interview(InterviewDesk(self.space, self.folder, self, standards, ResultCacheFake(), now))


def answered(room: Room, answers: Mapping[str, str]) -> Interview:
    interview = room.interview()
    while left := interview.left():
        interview.answer(left[0], answers.get(left[0].id, ""))
    return interview


def test_there_are_25_questions_at_most_and_12_without_a_system() -> None:
    assert len(QUESTIONS) == 25
    assert sum(not question.about_system for question in QUESTIONS) == 12
    asked = Room().interview()
    count = 0
    while left := asked.left():
        asked.answer(left[0], "")
        count += 1
    assert count == 12


def test_every_question_has_a_default_that_is_an_answer() -> None:
    room = Room()
    interview = answered(room, {"systems": "a"})
    assert interview.left() == ()
    assert compile_tree(room.work_tree()).errors == ()


def test_the_repository_is_started_once_it_is_known_who_is_there_and_then_written_as_it_goes() -> None:
    room = Room()
    interview = room.interview()
    given = {"name": "Harbour", "lead": "Ada Byron <ada@harbour.example>"}
    seen = []
    while left := interview.left():
        interview.answer(left[0], given.get(left[0].id, ""))
        seen.append((left[0].id, "care.yaml" in room.folder.files))
    assert [name for name, written in seen if not written] == ["name", "sector", "country", "lead"]
    ((who, _, _),) = room.space.commits
    assert who == Author("Ada Byron", "ada@harbour.example")


def test_what_was_answered_is_kept_and_going_on_the_next_day_changes_nothing_written() -> None:
    room = Room()
    first = room.interview()
    for question in QUESTIONS[:6]:
        first.answer(question, "")
    before = {path: text for path, text in room.folder.files.items() if path != STATE}
    second = room.interview(days_later=1)
    assert second.answered == 6
    second.answer(second.left()[0], "")
    assert {path: room.folder.files[path] for path in before} == before


def test_a_document_changed_by_somebody_is_left_and_named() -> None:
    room = Room()
    interview = room.interview()
    for question in QUESTIONS[:6]:
        interview.answer(question, "")
    room.folder.files["roles.yaml"] += "# mine\n"
    interview.answer(QUESTIONS[6], "Priya Raman")
    assert room.folder.files["roles.yaml"].endswith("# mine\n")
    assert interview.kept == {"roles.yaml"}


def test_a_repository_of_somebody_else_is_refused() -> None:
    with pytest.raises(Conflict):
        Room({"care.yaml": "schema: 1\n"}).interview()


@pytest.mark.parametrize("text", ["{", "[]", '{"answers": {}}', '{"started": "x", "answers": {}, "written": {}}'])
def test_a_broken_memory_is_told_and_not_passed_over(text: str) -> None:
    with pytest.raises(InvalidInput):
        Room({STATE: text}).interview()


def test_a_system_of_which_only_the_name_is_known_counts_as_the_worse_case() -> None:
    room = Room()
    answered(room, {"systems": "Scorer, Chat Bot", "rights": "no", "personal": "no"})
    systems = {one.id: one for one in compile_tree(room.work_tree()).repository.nouns(System)}
    assert systems["scorer"].tier == "low"
    assert (systems["chat-bot"].tier, systems["chat-bot"].affects_rights) == ("high", True)
    assert "guess" in systems["chat-bot"].tier_reason


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("naem: x\n", "no question 'naem'"),
        ("- a\n", "no mapping"),
        ("name: [a]\n", "no text"),
        ("a: b: c\n", "no YAML"),
    ],
)
def test_a_file_that_holds_no_answers_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        read_answers(text)


@pytest.mark.parametrize(
    ("question", "answer"),
    [("country", "Germany"), ("lead", "<x>"), ("systems", "a, A"), ("systems", "!!"), ("name", "x" * 1001)],
)
def test_an_answer_that_is_none_is_refused_and_not_kept(question: str, answer: str) -> None:
    interview = Room().interview()
    asked = next(one for one in QUESTIONS if one.id == question)
    with pytest.raises(InvalidInput, match=question):
        interview.answer(asked, answer)
    assert interview.answered == 0


_WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from([question.id for question in QUESTIONS]), _WORDS))
def test_whatever_is_answered_the_documents_can_be_read_and_say_it(given_answers: dict[str, str]) -> None:
    answers: dict[str, str] = {"systems": "A system"}
    interview = Room().interview()
    for question in QUESTIONS:
        if question.id in given_answers:
            try:
                interview.answer(question, given_answers[question.id])
            except InvalidInput:
                continue
            answers[question.id] = " ".join(given_answers[question.id].split()) or str(question.default)
    files = interview_documents(answers, NOW.date())
    compiled = compile_tree(SourceTree({path: text.encode() for path, text in files.items()}))
    assert compiled.errors == ()
    organisation = compiled.repository.organisation
    assert organisation is not None
    assert organisation.organisation.name == answers.get("name", "our organisation").strip()


def test_what_was_left_open_stands_in_the_baseline_and_a_sound_one_needs_none() -> None:
    room = Room()
    left = answered(room, {"systems": "Scorer", "lead": "Ada Byron"}).finish()
    items = yaml.safe_load(room.folder.files["baseline.yaml"])["items"]
    assert left == len(items) > 5
    empty = Room()
    assert answered(empty, {"lead": "Ada Byron", "top": "Ben Okri"}).finish() == 0
    assert "baseline.yaml" not in empty.folder.files


def test_the_fake_workspace_and_the_folder_are_one_place() -> None:
    room = Room()
    made = room.space.create({"care.yaml": "x"}, author=Author("a", "b"), message="m", now=NOW)
    assert isinstance(made, WrittenRepository)
    assert room.folder.read("care.yaml") == "x"
