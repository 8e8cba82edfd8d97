"""`care dataset draft`: a data sheet from a published description of a data set."""

from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.checks.questionnaire_shelf import NamedFile
from careloop.cli.terminal import Format, FormatOption, RepoOption, a_command, print_json, repository_root, say
from careloop.domain.dataset import UsedFor
from careloop.errors import InvalidInput, NotFound, UsageError
from careloop.reports.dataset_draft_report import dataset_draft_json, dataset_draft_lines
from careloop.wiring import way_in
from careloop.workflows.create.draft_dataset import DatasetTerms, draft_dataset, write_sheet

__all__ = ["app", "dataset", "draft"]

app = a_command()

_EPILOG = """
Examples:  care dataset draft credit --from croissant:metadata.json  ·  care dataset draft credit \
--from croissant:adult.json --name adult-census --used-for training --used-for validation

Nothing is fetched. What was guessed is marked, and what the description does not say stays TBD, which `care check`
finds.
"""


@app.callback()
def dataset() -> None:
    """Draft the sheet of a data set from a description that its maker published."""


@app.command(epilog=_EPILOG)
def draft(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Id of a system of the inventory.")],
    origin: Annotated[str, typer.Option("--from", metavar="croissant:FILE", help="The description, in JSON-LD.")],
    name: Annotated[str | None, typer.Option("--name", metavar="ID", help="Id of the data set; else its name.")] = None,
    used_for: Annotated[
        list[UsedFor] | None, typer.Option("--used-for", help="What it serves; may be repeated.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Else systems/<system>/data/<id>.yaml.")] = None,
    repo: RepoOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Draft the data sheet: columns, licence, source, digests of the files, and what its maker says about the data."""
    root = repository_root(None, repo)
    terms = DatasetTerms(system=system, id=name, used_for=tuple(used_for or ()))
    made = draft_dataset(wiring.repository_source(root), _description(origin), terms)
    path = out.name if out else made.path
    write_sheet(made, way_in.document_folder(out.parent if out else root), path)
    shown = str(out or (repo / path if repo else path))
    if output_format is Format.JSON:
        print_json(dataset_draft_json(made.sheet, shown))
        return
    for style, line in dataset_draft_lines(made.sheet, shown):
        say(line, style)


def _description(origin: str) -> NamedFile:
    kind, _, place = origin.partition(":")
    if kind != "croissant" or not place:
        raise UsageError(f"--from {origin} is not known", hint="write it like --from croissant:metadata.json")
    try:
        return NamedFile(place, Path(place).read_bytes())
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {place}") from error
    except OSError as error:
        raise InvalidInput(f"{place} cannot be read: {error.strerror}") from error
