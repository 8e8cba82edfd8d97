"""`care card`: draft a card that fills itself, asking at most six questions; and show what checks its fields."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.terminal import Format, FormatOption, RepoOption, a_command, print_json, repository_root, say
from careloop.documents.card_draft import MOST_QUESTIONS, DraftedCard
from careloop.errors import UsageError
from careloop.reports.card_draft_report import card_draft_json, card_draft_lines
from careloop.reports.card_link_report import card_links_json, card_links_lines
from careloop.wiring import way_in
from careloop.workflows.create.draft_card import CardTerms, CardToDraft, card_to_draft, write_card
from careloop.workflows.create.link_card import link_card

__all__ = ["app", "card", "draft", "links"]

app = a_command()

_EPILOG = """
Examples:  care card draft credit --from mlflow:mlruns  ·  care card draft credit --from mlflow:http://localhost:5000 \
--model credit-scoring  ·  care card draft credit --from hf:README.md  ·  care card draft credit --from \
sklearn:model.joblib --answer out_of_scope_use="Deciding about insolvency"

Files are read without running anything in them. What was guessed is marked in the card, figures are references to
results, and what is missing stays a placeholder that `care check` finds.
"""


@app.callback()
def card() -> None:
    """Draft a system's model card, and show which checks stand behind each of its fields."""


@app.command(epilog="Examples:  care card links credit-decision  ·  care card links credit-decision --format json")
def links(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Id of a system of the inventory.")],
    repo: RepoOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show each field of a card: stated or not, required at this tier or not, and the checks behind it."""
    root = repository_root(None, repo)
    source = wiring.repository_source(root)
    found = link_card(source, system, standards=wiring.standards_library(), cache=wiring.result_cache())
    if output_format is Format.JSON:
        print_json(card_links_json(system, found))
        return
    for style, line in card_links_lines(found):
        say(line, style)


@app.command(epilog=_EPILOG)
def draft(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Id of a system of the inventory.")],
    origin: Annotated[
        str | None,
        typer.Option("--from", metavar="KIND:PLACE", help="mlflow:FOLDER|FILE|URL, hf:README.md or sklearn:FILE."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="Name of the model in the registry; else the system's.")] = None,
    answer: Annotated[
        list[str] | None, typer.Option(metavar="FIELD=TEXT", help="Answer a question beforehand; may be repeated.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Else systems/<id>/card.md.")] = None,
    repo: RepoOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Draft the card of a system; what only a person can say is asked, at most six questions, on a terminal only."""
    root = repository_root(None, repo)
    registry = way_in.model_registry(origin) if origin else None
    terms = CardTerms(system=system, model=model)
    known = card_to_draft(wiring.repository_source(root), registry, terms)
    answers = dict(_answer(text) for text in answer or ())
    if sys.stdin.isatty() and sys.stdout.isatty() and output_format is Format.TEXT:
        answers |= _asked(known, answers)
    made = known.drafted(answers)
    path = out.name if out else f"systems/{system}/card.md"
    write_card(made, way_in.document_folder(out.parent if out else root), path)
    shown = str(out or (repo / path if repo else path))
    if output_format is Format.JSON:
        print_json(card_draft_json(made, shown))
        return
    for style, line in card_draft_lines(made, shown):
        say(line, style)


def _answer(text: str) -> tuple[str, str]:
    field, found, answer = text.partition("=")
    if not found or not answer.strip():
        raise UsageError(
            f"--answer {text} gives no answer", hint="write it like --answer users='Trained loan officers'"
        )
    return field.strip(), answer.strip()


def _asked(known: CardToDraft, answers: dict[str, str]) -> dict[str, str]:
    """Ask what is still open, once; an empty answer leaves it open."""
    made: DraftedCard = known.drafted(answers)
    say(f"{min(len(made.questions), MOST_QUESTIONS)} questions; leave one empty to answer it later", "heading")
    told = {one.field: typer.prompt(one.text, default="", show_default=False) for one in made.questions}
    return {field: text for field, text in told.items() if text.strip()}
