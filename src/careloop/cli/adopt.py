"""`care adopt`: drafts of systems from what an existing project already says."""

from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.errors import UsageError
from careloop.ports.standards_library import standards_digest
from careloop.reports.adopt_report import adopted_json, adopted_lines
from careloop.wiring import way_in
from careloop.workflows.create.adopt import AdoptionSource, Project
from careloop.workflows.create.adopt import adopt as adopt_project

__all__ = ["adopt", "app"]

app = a_command()

_EPILOG = """
Examples:  care adopt . --from mlflow  ·  care adopt . --from mlflow --source http://localhost:5000  ·
care adopt ../shop --from workflows --into .  ·  care adopt warehouse --from dbt  ·  care adopt gateway --from litellm

Nothing of the project is run. Each guess is marked `# guessed: why`; a draft passes `care check`, and what is wrong
with it goes to its owner until somebody takes out `draft`.
"""


@app.command(epilog=_EPILOG)
def adopt(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the existing project.")],
    origin: Annotated[AdoptionSource, typer.Option("--from", help="What to read systems from.")],
    source: Annotated[
        str | None, typer.Option(metavar="PLACE", help="For mlflow: a folder, a database file or a URL; else DIR.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Governance repository; else DIR or a parent of it.")
    ] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Draft systems/<id>/ for each AI system that a project gives away, with the reason beside each guess."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", hint="name the folder of the project")
    here = folder.resolve()
    near = next((place for place in (here, *here.parents) if (place / "care.yaml").is_file()), here)
    root = repository_root(into, None) if into else near
    standards = wiring.standards_library()
    project = Project(way_in.project_files(folder), origin, lambda: way_in.model_registry(f"mlflow:{source or folder}"))
    made = adopt_project(project, wiring.repository_source(root), way_in.document_folder(root), standards=standards)
    rows = [(one.id, one.found_in, one.written, one.notes) for one in made.systems]
    if output_format is Format.JSON:
        digest = standards_digest(standards.read_all())
        print_json(adopted_json(rows, commit=made.commit, standards_digest=digest))
        return
    for style, line in adopted_lines(rows):
        say(line, style)
