"""`care data`: a data sheet held against the data, in the pipeline that makes it."""

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from careloop import __version__, wiring
from careloop.cli.release_arguments import RepoOnlyOption, read_file
from careloop.cli.results import ManifestOption
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, progress_bar, repository_root, say
from careloop.documents.compile import compile_tree
from careloop.documents.tool_reports.dbt_manifest import resolved_by_manifest
from careloop.documents.tool_reports.read import read_tool_report
from careloop.domain.data_check import DataCheck
from careloop.domain.repository import Repository
from careloop.domain.source_tree import SourceTree
from careloop.domain.tool_report import Tool, ToolReport
from careloop.errors import InvalidInput, NotFound, Unavailable, UsageError
from careloop.ports.data_files import DataFiles
from careloop.ports.ledger import Receipt
from careloop.reports.data_report import data_json, data_lines, lineage_event
from careloop.wiring.rows import data_folder
from careloop.workflows.run.check_data import DataAsk, check_data, find_sheet
from careloop.workflows.run.record_data_check import record_data_check

__all__ = ["app", "check"]

app = a_command()

_EPILOG = """
Examples:  care data check adult-census --files build/data --data adult.parquet  ·  care data check
systems/credit-decision/data/adult-census.yaml --files build/data --results expectations.json --openlineage event.json
·  care data check orders --files build/data --results target/run_results.json --manifest target/manifest.json

The sheet says what is good enough: `quality` with target and `take` (a measure of `care measure list`), a `digest` and
`file` for each step of `provenance`, `accept` for each step of `preparation`. What has no target fails, and so does
what cannot be told. Reports of dbt, Great Expectations, pandera and OpenLineage are read beside it (--results).

Exit codes:  0 all is met  ·  1 something is not  ·  2 something cannot be read
"""


@app.callback()
def _data() -> None:
    """Hold data sheets against the data they speak of: quality, provenance, preparation."""


_Sheet = Annotated[str, typer.Argument(metavar="DATASHEET", help="Id of a data set, or the path of its sheet.")]
_Data = Annotated[
    list[str] | None,
    typer.Option("--data", metavar="FILES", help="The rows, below --files; else what the last step made."),
]
_Folder = Annotated[Path, typer.Option("--files", metavar="DIR", help="Folder of the data.")]
_Reference = Annotated[
    list[str] | None, typer.Option("--reference", metavar="FILES", help="Rows to compare with, or a trusted copy.")
]
_Results = Annotated[
    list[Path] | None, typer.Option("--results", metavar="REPORT", help="What another tool found; repeat.")
]
_Event = Annotated[
    Path | None, typer.Option("--openlineage", metavar="FILE", help="Write what was found as an OpenLineage event.")
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Record nothing; take the sheet as it lies.")]


@app.command(epilog=_EPILOG)
def check(
    sheet: _Sheet,
    data: _Data = None,
    files: _Folder = Path(),
    reference: _Reference = None,
    results: _Results = None,
    manifest: ManifestOption = None,
    openlineage: _Event = None,
    dry_run: _DryRun = False,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Measure the data against its sheet: quality targets, digests of each step, criteria of preparation."""
    if not files.is_dir():
        raise NotFound(f"there is no folder {files}", hint="say where the data lies: --files DIR")
    root = repository_root(None, repo)
    commit, tree = _documents(root, dry_run=dry_run)
    folder, repository = data_folder(files, told=progress_bar), _repository(tree)
    document = find_sheet(repository, sheet)
    ask = DataAsk(
        sheet=document,
        raw=tree.files[document.path],
        repository=repository,
        files=folder,
        data=_named(folder, data),
        reference=_named(folder, reference),
        reports=_reports(results or (), manifest),
        today=wiring.now().date(),
    )
    found = _checked(ask)
    receipts = _record(root, found, commit) if commit is not None else ()
    if openlineage is not None:
        _write_event(openlineage, found, repository)
    _show(found, [one.index for one in receipts], output_format)
    raise typer.Exit(0 if found.passed() else 1)


def _checked(ask: DataAsk) -> DataCheck:
    try:
        return check_data(ask)
    finally:
        progress_bar(None)


def _documents(root: Path, *, dry_run: bool) -> tuple[str | None, SourceTree]:
    """The documents of the last commit, since a record must say what the sheet was; the work tree for a dry run."""
    source = wiring.repository_source(root)
    if dry_run:
        return None, source.work_tree()
    commit = source.head().commit
    if commit is None:
        raise NotFound(
            "there is no commit, so nobody could tell later what the sheet said", hint="commit it, or give --dry-run"
        )
    return commit, source.at(commit)


def _repository(tree: SourceTree) -> Repository:
    compiled = compile_tree(tree)
    broken = [one for one in compiled.errors if "/data/" in one.place.file]
    if broken:
        said = "\n".join(f"{one.place}: {one.message}" for one in broken)
        raise InvalidInput(said, hint="`care check` shows everything that is wrong")
    return compiled.repository


def _named(folder: DataFiles, given: Sequence[str] | None) -> tuple[str, ...]:
    found: list[str] = []
    for pattern in given or ():
        names = folder.names(pattern)
        if not names:
            raise NotFound(
                f"no file matches {pattern} below the folder of the data", hint="give its folder: --files DIR"
            )
        found += names
    return tuple(dict.fromkeys(found))


def _reports(paths: Sequence[Path], manifest: Path | None) -> tuple[ToolReport, ...]:
    """What the tools found; dbt's tests by model and column where its manifest is given."""
    found = tuple(map(_report, paths))
    if manifest is None:
        return found
    if not any(one.tool is Tool.DBT for one in found):
        raise UsageError("--manifest is dbt's", hint="give its run too: --results target/run_results.json")
    raw = read_file(manifest)
    return tuple(resolved_by_manifest(one, raw, manifest.name) if one.tool is Tool.DBT else one for one in found)


def _report(path: Path) -> ToolReport:
    found = read_tool_report(read_file(path), path.name)
    if found is None:
        raise InvalidInput(f"{path.name}: these are results about a model", hint="pass them to `care gate --results`")
    return found


def _record(root: Path, found: DataCheck, commit: str) -> tuple[Receipt, ...]:
    with closing(wiring.ledger_to_write(root)) as ledger:
        return record_data_check(found, ledger, commit=commit, now=wiring.now())


def _write_event(path: Path, found: DataCheck, repository: Repository) -> None:
    now, organisation = wiring.now(), repository.organisation
    event = lineage_event(
        found,
        run=wiring.new_id(now),
        at=now,
        producer=f"urn:careloop:{__version__}",
        namespace=organisation.organisation.name if organisation else "careloop",
    )
    try:
        path.write_text(json.dumps(event, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from error


def _show(found: DataCheck, recorded: Sequence[int], output_format: Format) -> None:
    if output_format is Format.JSON:
        headed = {"schema": "careloop/data-check/v1", "careloop_version": __version__}
        print_json({**headed, **data_json(found), "recorded": list(recorded)})
        return
    for style, line in data_lines(found):
        say(line, style)
    if recorded:
        say(f"recorded as {'entry' if len(recorded) == 1 else 'entries'} {', '.join(map(str, recorded))}", "detail")
