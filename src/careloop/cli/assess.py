"""`care assess`: questionnaires about impact, suppliers and legal class, from a blank sheet to score and level."""

import re
from pathlib import Path
from typing import Annotated

import typer

from careloop import __version__, wiring
from careloop.checks.questionnaire_shelf import NamedFile, QuestionnaireShelf
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, say
from careloop.errors import InvalidInput, NotFound
from careloop.ports.standards_library import standards_digest
from careloop.reports.assessment_report import assessment_json, assessment_lines
from careloop.reports.extract_report import extract_json, extract_lines
from careloop.workflows.create.fill_questionnaire import answer_sheet_for
from careloop.workflows.create.score_assessment import extract_assessment, score_assessment

__all__ = ["app", "blank", "listing", "score", "share"]

app = a_command()

_NAME = re.compile(r"[a-z0-9-]+/[a-z0-9-]+@\d+")

QuestionnaireOption = Annotated[
    str | None,
    typer.Option(
        "--questionnaire",
        metavar="NAME|FILE",
        help="One that ships (`care assess list`), or a file: our YAML form, or a survey of SurveyJS in JSON.",
    ),
]
AnswersOption = Annotated[Path, typer.Option("--answers", metavar="FILE", help="Answers in YAML or JSON.")]

_SCORE_EPILOG = """
Examples:  care assess score --answers impact.yaml  ·
care assess score --questionnaire survey.json --answers answers.json --format json

Exit codes:  0 scored  ·  1 not the score that the answers expect  ·  2 something cannot be read or does not fit
"""


@app.callback()
def _assess() -> None:
    """Fill in questionnaires about impact, suppliers and legal class, and score them."""


@app.command(epilog=_SCORE_EPILOG)
def score(
    answers: AnswersOption,
    questionnaire: QuestionnaireOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Score answers: raw risk, mitigation, what is left, the level, what raised it, and what follows from it."""
    result = score_assessment(
        _file(answers),
        _named(questionnaire),
        standards=wiring.standards_library(),
        source=wiring.repository_source(answers.resolve().parent),
        own=_own(answers),
    )
    if output_format is Format.JSON:
        print_json(assessment_json(result))
    elif not result.errors:
        for style, line in assessment_lines(result):
            say(line, style)
    for error in result.errors:
        typer.echo(f"{error.place}  error  {error.message}   [{error.rule}]", err=True)
        if error.remedy:
            typer.echo(f"    mend: {error.remedy}", err=True)
    raise typer.Exit(result.exit_code)


@app.command("list")
def listing(output_format: FormatOption = Format.TEXT) -> None:
    """List the questionnaires that ship, with their levels and profiles."""
    files = wiring.standards_library().read_all()
    shelf = QuestionnaireShelf(files)
    shipped = [
        {
            "id": one.id,
            "title": one.title,
            "questions": sum(len(section.questions) for section in one.sections),
            "levels": [level.id for level in one.levels],
            "profiles": [profile.id for profile in one.profiles],
        }
        for one in shelf.shipped
    ]
    if output_format is Format.JSON:
        head = {"schema": "careloop/assess-list/v1", "careloop_version": __version__}
        print_json({**head, "standards_digest": standards_digest(files), "commit": None, "questionnaires": shipped})
        return
    for one in shelf.shipped:
        say(f"{one.id:<24} {one.title}")
        say(f"{'':<24} levels {', '.join(level.id for level in one.levels)}", "detail")
        if one.profiles:
            say(f"{'':<24} profiles {', '.join(profile.id for profile in one.profiles)}", "detail")


@app.command()
def blank(
    questionnaire: Annotated[str, typer.Argument(metavar="NAME|FILE", help="The questionnaire.")],
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="FILE", help="Fill in these answers, such as last year's.")
    ] = None,
) -> None:
    """Print an answers file to fill in, with every question as a comment."""
    filled = _file(answers) if answers is not None else None
    sheet = answer_sheet_for(_wanted(questionnaire), filled, standards=wiring.standards_library())
    typer.echo(sheet, nl=False)


@app.command()
def share(
    answers: AnswersOption,
    profile: Annotated[str, typer.Option("--profile", metavar="ID", help="For whom: see `care assess list`.")],
    questionnaire: QuestionnaireOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Print the part of an assessment that a reader asks for, and nothing else; exit 1 while it is not complete."""
    standards = wiring.standards_library()
    found = extract_assessment(_file(answers), _named(questionnaire), profile, standards=standards, own=_own(answers))
    if output_format is Format.JSON:
        commit = wiring.repository_source(answers.resolve().parent).head().commit
        print_json(extract_json(found, standards_digest=standards_digest(standards.read_all()), commit=commit))
    else:
        for style, line in extract_lines(found):
            say(line, style)
    raise typer.Exit(0 if found.complete else 1)


def _file(path: Path) -> NamedFile:
    try:
        return NamedFile(str(path), path.read_bytes())
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path}") from error
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error


def _own(answers: Path) -> tuple[NamedFile, ...]:
    """Questionnaires of the governance repository that the answers lie in."""
    roots = (folder for folder in answers.resolve().parents if (folder / "care.yaml").is_file())
    root = next(roots, None)
    return tuple(_file(path) for path in sorted((root / "questionnaires").glob("*.yaml"))) if root else ()


def _named(text: str | None) -> str | NamedFile | None:
    return None if text is None else _wanted(text)


def _wanted(text: str) -> str | NamedFile:
    """A file where there is one, else the name of one that ships."""
    path = Path(text)
    if path.is_file():
        return _file(path)
    if _NAME.fullmatch(text):
        return text
    raise NotFound(f"there is no file {text}", hint="name a file, or one that `care assess list` shows")
