"""`care gap --interview`: a few questions for those who start with nothing, and a repository from the answers."""

import sys
from pathlib import Path

import typer

from careloop import wiring
from careloop.cli.terminal import say
from careloop.errors import InvalidInput, UsageError
from careloop.workflows.create.interview import BURN_DOWN_DAYS, Interview, read_answers
from careloop.workflows.create.interview_questions import QUESTIONS, Question

__all__ = ["hold_interview"]


def hold_interview(root: Path, answers: Path | None) -> None:
    """Ask on a terminal, or take the answers from a file; then the repository lies in the folder.

    Raises UsageError without either. An interrupted interview ends with 130 and keeps what was answered.
    """
    interview = Interview(wiring.interview_desk(root))
    if answers is not None:
        _from_file(interview, answers)
    elif sys.stdin.isatty() and sys.stdout.isatty():
        _ask(interview, root)
    else:
        raise UsageError("the interview asks on a terminal, and there is none", hint="give --answers FILE")
    debt = interview.finish()
    for path in sorted(interview.kept):
        say(f"kept  {root / path}: it is not as the interview wrote it", "warn")
    say(f"the repository lies in {root}; look at it, then commit it", "good")
    if debt:
        say(
            f"{debt} findings stand in baseline.yaml for {BURN_DOWN_DAYS} days; `care check {root}` shows them grey",
            "grey",
        )
    say()


def _from_file(interview: Interview, path: Path) -> None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path}: the answers cannot be read: {error}") from error
    given = read_answers(text)
    while left := interview.left():
        interview.answer(left[0], given.get(left[0].id, ""))


def _ask(interview: Interview, root: Path) -> None:
    before = interview.answered
    shortest = sum(not question.about_system for question in QUESTIONS)
    count = f"{shortest} questions, {len(QUESTIONS)} when there is an AI system"
    say(f"{count}: about ten minutes. Enter takes what is shown.")
    say(f"Each answer is kept at once; stop with Ctrl-C and go on later.{f' {before} are answered.' if before else ''}")
    try:
        while left := interview.left():
            _ask_one(interview, left[0], len(left))
    except (typer.Abort, KeyboardInterrupt) as stop:
        say()
        say(f"kept: run `care gap {root} --interview` again to go on", "warn")
        raise typer.Exit(130) from stop


def _ask_one(interview: Interview, question: Question, left: int) -> None:
    number = interview.answered + 1
    while True:
        default = str(question.default)
        text = f"[{number}/{interview.answered + left}] {interview.text_of(question)}"
        said = typer.prompt(text, default=default, show_default=bool(default))
        try:
            interview.answer(question, said)
        except InvalidInput as error:
            say(f"  {error.hint or error.message}", "bad")
            continue
        return
