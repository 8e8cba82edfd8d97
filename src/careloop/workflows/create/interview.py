"""The interview: questions one after another, each answer kept at once, the repository written as it goes (R14).

What was answered lies in `.care/interview.json` beside the digests of what was written, so that an interrupted
interview goes on where it stopped and a document that somebody has changed meanwhile is left alone.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import yaml

from careloop.domain.check import TreeCheck
from careloop.errors import Conflict, InvalidInput
from careloop.ports.document_folder import DocumentFolder
from careloop.ports.repository_source import RepositorySource
from careloop.ports.result_cache import ResultCache
from careloop.ports.standards_library import StandardsLibrary
from careloop.ports.workspace import Author, Workspace
from careloop.workflows.create.check_repository import check_repository
from careloop.workflows.create.interview_documents import interview_documents, lead_of
from careloop.workflows.create.interview_questions import QUESTIONS, Question, names_in, settled

__all__ = ["BURN_DOWN_DAYS", "STATE", "Interview", "InterviewDesk", "read_answers"]

STATE = ".care/interview.json"
BURN_DOWN_DAYS = 90
"""How long the debt that the interview leaves may stand in the baseline."""
_FIRST_WRITTEN = "top"
"""Once it is known who is there, the repository is started."""


@dataclass(frozen=True, slots=True)
class InterviewDesk:
    """What the interview needs from outside."""

    workspace: Workspace
    folder: DocumentFolder
    source: RepositorySource
    standards: StandardsLibrary
    cache: ResultCache
    now: datetime


@dataclass(slots=True)
class _State:
    answers: dict[str, str] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    """Path to SHA-256 of what the interview wrote there."""
    started: str = ""
    """Day of the first answer; documents are dated by it, so that going on the next day changes none of them."""


class Interview:
    """One interview about one folder. Raises Conflict for a repository that was not made by it."""

    def __init__(self, desk: InterviewDesk) -> None:
        self._desk = desk
        self._state = _read_state(desk.folder.read(STATE))
        self.kept: set[str] = set()
        """Paths that somebody else has changed, and which are left alone."""
        if not self._state.written and desk.folder.read("care.yaml") is not None:
            raise Conflict(
                "this is a governance repository already; the interview is for those who start with nothing",
                hint="run `care gap` without --interview",
            )
        self._state.started = self._state.started or desk.now.date().isoformat()

    @property
    def answered(self) -> int:
        """How many questions have an answer already."""
        return len(self._state.answers)

    def left(self) -> tuple[Question, ...]:
        """Questions still to ask, as far as can be told now."""
        systems = self._state.answers.get("systems")
        wanted = (one for one in QUESTIONS if one.id not in self._state.answers)
        return tuple(one for one in wanted if not one.about_system or systems is None or names_in(systems))

    def text_of(self, question: Question) -> str:
        """The question with the name of the system it is about."""
        first = names_in(self._state.answers.get("systems", ""))
        return question.text.replace("{system}", first[0] if first else "the system")

    def answer(self, question: Question, said: str) -> None:
        """Keep an answer and write what follows from it. Raises InvalidInput for one that is none."""
        self._state.answers[question.id] = settled(question, said)
        self._keep()
        ids = [one.id for one in QUESTIONS]
        if ids.index(question.id) >= ids.index(_FIRST_WRITTEN):
            self._write(interview_documents(self._state.answers, date.fromisoformat(self._state.started)))

    def finish(self) -> int:
        """Put what the check still finds into a baseline with an end, so that new mistakes show; says how many."""
        found = self._check()
        owner = "responsible-ai-lead"
        until = date.fromisoformat(self._state.started) + timedelta(days=BURN_DOWN_DAYS)
        items = {
            finding.id: {
                "finding": finding.id,
                "rule": finding.rule,
                "file": finding.place.file,
                "owner": owner,
                "burn_down": until,
            }
            for finding in found.findings
            if finding.blocking
        }
        if items:
            values = {"recorded": date.fromisoformat(self._state.started), "items": list(items.values())}
            text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
            self._write({"baseline.yaml": f"# What the interview left open, with an end; it may only shrink.\n{text}"})
        return len(items)

    def _check(self) -> TreeCheck:
        return check_repository(self._desk.source, standards=self._desk.standards, cache=self._desk.cache).checked

    def _keep(self) -> None:
        state = {"started": self._state.started, "answers": self._state.answers, "written": self._state.written}
        self._desk.folder.write(STATE, json.dumps(state, indent=2, ensure_ascii=False) + "\n")

    def _write(self, files: Mapping[str, str]) -> None:
        if not self._state.written:
            who = lead_of(self._state.answers) or self._desk.workspace.author() or _NOBODY
            message = "Start the AI management system from an interview"
            made = self._desk.workspace.create(files, author=who, message=message, now=self._desk.now)
            self.kept.update(made.kept)
            self._state.written.update({path: _digest(files[path]) for path in made.written})
        else:
            for path, text in self._changed(files):
                self._desk.folder.write(path, text)
                self._state.written[path] = _digest(text)
        self._keep()

    def _changed(self, files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        for path, text in files.items():
            there = self._desk.folder.read(path)
            if there is not None and _digest(there) != self._state.written.get(path):
                self.kept.add(path)
            elif there != text:
                yield path, text


_NOBODY = Author("unassigned", "unassigned@example.invalid")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read_state(text: str | None) -> _State:
    if text is None:
        return _State()
    try:
        found = json.loads(text)
        parts = [found["answers"], found["written"]]
        date.fromisoformat(found["started"])
        if not all(isinstance(part, dict) and all(isinstance(one, str) for one in part.values()) for part in parts):
            raise TypeError
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput(
            f"{STATE} cannot be read", hint="delete it to start again, after a look at the rest"
        ) from error
    known = {question.id for question in QUESTIONS}
    return _State({key: said for key, said in parts[0].items() if key in known}, dict(parts[1]), found["started"])


def read_answers(text: str) -> Mapping[str, str]:
    """Answers from a YAML file, by question id. Raises InvalidInput for anything but known ids with plain answers."""
    try:
        found = yaml.load(text, yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise InvalidInput(f"the answers are no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict):
        raise InvalidInput("the answers are no mapping of question ids to answers", hint=_ids())
    for key, said in found.items():
        if key not in {question.id for question in QUESTIONS}:
            raise InvalidInput(f"there is no question '{key}'", hint=_ids())
        if not isinstance(said, str):
            raise InvalidInput(f"the answer to `{key}` is no text", hint="write names with commas between them")
    return found


def _ids() -> str:
    return f"questions: {', '.join(question.id for question in QUESTIONS)}"
