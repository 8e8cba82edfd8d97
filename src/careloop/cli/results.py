"""`care results`: turn reports of other tools into results that the gate reads."""

import json
import re
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.release_arguments import RepoOnlyOption, read_file
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.errors import Unavailable, UsageError
from careloop.gates.read_files import read_lock
from careloop.reports.model_runs_report import model_runs_json, model_runs_lines
from careloop.reports.results_report import results_lines
from careloop.wiring.way_in import model_runs, run_store
from careloop.workflows.run.find_runs import evaluation_run, find_runs, fits_lock
from careloop.workflows.run.import_results import ImportAsk, import_results
from careloop.workflows.run.read_reports import results_bytes

__all__ = ["ManifestOption", "app", "import_", "runs"]

app = a_command()

_EPILOG = """
Examples:  care results import target/run_results.json --manifest target/manifest.json --system shop --out r.json
·  care results import report.json --system credit-decision --lock lock.json --data holdout.parquet --out r.json
·  care results import mlflow:mlflow.db --run 3fda8c2b6df74e61 --system credit-decision --out r.json
·  care results import mlflow:https://mlflow.example --model models:/credit/7 --lock lock.json --system credit-decision

Reads:  dbt run_results.json, Evidently 0.7 JSON, Fairlearn (MetricFrame.by_group as JSON), garak report.jsonl, JUnit
XML, MLflow runs (folder, database, server, runs/get as JSON), promptfoo results JSON, scikit-learn
(classification_report, metrics).

Exit codes:  0 imported  ·  1 a server is away  ·  2 something cannot be read

Nothing is guessed: what the report does not say and no option states stays open, and the gate says so.
"""
_RUNS_EPILOG = """
Examples:  care results runs mlflow:https://mlflow.example --model models:/credit/7
·  care results runs mlflow:http://localhost:5000 --model models:/credit@champion --format json

Runs that logged metrics of the version's model (`model_id`, MLflow 3), whose tag `careloop.model` names the version, or
that made it. MLFLOW_TRACKING_TOKEN is shown to a server that asks who you are.

Exit codes:  0 a run evaluated it  ·  1 none did, or the server is away  ·  2 something cannot be read
"""
_RunOption = Annotated[str | None, typer.Option("--run", metavar="ID", help="Run in an MLflow store.")]
_ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="MODEL", help="The run that evaluated models:/NAME/3 or models:/NAME@ALIAS."),
]
_NewestOption = Annotated[bool, typer.Option("--newest", help="With --model: of several runs, the newest.")]
_LockOption = Annotated[
    str | None, typer.Option("--lock", metavar="LOCK", help="What was measured: lock file, or its sha256:… digest.")
]
_DataOption = Annotated[
    str | None, typer.Option("--data", metavar="FILE", help="Evaluation data: a file, or its sha256:… digest.")
]
_ConfigOption = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="How it was evaluated: a file, or its sha256:… digest.")
]
ManifestOption = Annotated[
    Path | None,
    typer.Option("--manifest", metavar="FILE", help="dbt's manifest.json: of which model and column the tests are."),
]
_WhenOption = Annotated[
    str | None, typer.Option("--measured-at", metavar="INSTANT", help="When, like 2026-03-31T12:00:00Z.")
]
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@app.callback()
def _results() -> None:
    """Turn reports of other tools into results that the gate reads."""


@app.command(name="import", epilog=_EPILOG)
def import_(
    report: Annotated[str, typer.Argument(metavar="REPORT", help="A report's file, or mlflow:PLACE with --run.")],
    system: Annotated[str, typer.Option("--system", metavar="SYSTEM", help="Id of the system.")],
    run: _RunOption = None,
    model: _ModelOption = None,
    newest: _NewestOption = False,
    lock: _LockOption = None,
    data: _DataOption = None,
    config: _ConfigOption = None,
    measured_at: _WhenOption = None,
    manifest: ManifestOption = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the results here.")] = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Read a report, name its figures as the gate knows them, and say which release they were measured on."""
    root = repository_root(None, repo)
    run = run if model is None else _evaluation(report, model, run, newest, lock)
    ask = ImportAsk(
        system=system,
        raw=_raw(report, run),
        name=report if run is None else f"{report}#{run}",
        lock=_lock(lock),
        data_digest=_digest(data, "--data"),
        config_digest=_digest(config, "--config"),
        measured_at=_instant(measured_at),
        manifest=None if manifest is None else (read_file(manifest), str(manifest)),
    )
    found = import_results(ask, wiring.repository_source(root))
    written = results_bytes(found)
    if out is not None:
        try:
            out.write_bytes(written)
        except OSError as error:
            raise Unavailable(f"{out} cannot be written: {error.strerror}") from error
    if output_format is Format.JSON:
        print_json(json.loads(written))
        return
    for style, line in results_lines(found):
        say(line, style)


@app.command(epilog=_RUNS_EPILOG)
def runs(
    server: Annotated[str, typer.Argument(metavar="mlflow:URL", help="The tracking server.")],
    model: Annotated[str, typer.Option("--model", metavar="MODEL", help="models:/NAME/3 or models:/NAME@ALIAS.")],
    output_format: FormatOption = Format.TEXT,
) -> None:
    """List the runs of a registered model's version: what each measured, with which parameters, under which tags."""
    found = find_runs(model, model_runs(server), run_store(server))
    if output_format is Format.JSON:
        print_json(model_runs_json(found.of, found.runs))
    else:
        for style, line in model_runs_lines(found.of, found.runs):
            say(line, style)
    raise typer.Exit(0 if any(one.evaluates for one in found.runs) else 1)


def _evaluation(server: str, model: str, run: str | None, newest: bool, lock: str | None) -> str:
    """Id of the run that evaluated the version, which must be the version that a lock file names."""
    if run is not None:
        raise UsageError("--model looks for the run that --run names", hint="give one of them")
    found = find_runs(model, model_runs(server), run_store(server))
    if lock is not None and not lock.startswith("sha256:"):
        fits_lock(found.of, read_lock(read_file(Path(lock)), lock))
    return evaluation_run(found, newest=newest).run_id


def _raw(report: str, run: str | None) -> bytes:
    if run is None:
        if report.startswith("mlflow:"):
            raise UsageError("an MLflow store holds many runs", hint="name one with --run ID")
        return read_file(Path(report))
    return run_store(report).run(run)


def _lock(text: str | None) -> str | None:
    if text is None or _DIGEST.fullmatch(text):
        return text
    return read_lock(read_file(Path(text)), text).digest


def _digest(text: str | None, option: str) -> str | None:
    if text is None or _DIGEST.fullmatch(text):
        return text
    if text.startswith("sha256:"):
        raise UsageError(f"{option} {text} is no SHA-256: 64 hex digits are needed")
    return f"sha256:{sha256(read_file(Path(text))).hexdigest()}"


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--measured-at {text} is no instant", hint="write it like 2026-03-31T12:00:00Z") from error
    if found.tzinfo is None:
        raise UsageError(f"--measured-at {text} does not say its time zone", hint="write it like 2026-03-31T12:00:00Z")
    return found
